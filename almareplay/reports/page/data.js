// The rows as columns: an array for each, all of them `size` long.

function unpacked(blocks) {
  const columns = { size: 0 };
  for (const block of document.querySelectorAll(`script.${blocks}`)) {
    const { size, columns: packed } = JSON.parse(block.textContent);
    for (const [name, column] of Object.entries(packed)) {
      const values = (columns[name] ??= []);
      for (let place = 0; place < size; place += 1) {
        values.push(column.each ? column.each[column.at ? column.at[place] : 0] : column[place]);
      }
    }
    columns.size += size;
  }
  return columns;
}

const rows = unpacked("all-rows");
const pulls = unpacked("pull-rows");
const fines = unpacked("fine-rows");

const { run: RUN, mark: MARK, predicted } = document.getElementById("work").dataset;
const IS_PREDICTED = predicted !== undefined;
const timed = (rows.captured_at ?? []).filter((moment) => moment !== null);
const HAS_YEARS = new Set(timed.map((moment) => moment.slice(0, 4))).size > 1;

/** The places of rows by the section of the page in which they stand. */
const sections = new Map();
for (let row = 0; row < rows.size; row += 1) {
  const name = rows.section[row];
  if (!sections.has(name)) sections.set(name, []);
  sections.get(name).push(row);
}

/** Where the row of a list stands among all rows, by its number. */
const placeOfRow = new Map();
if (pulls.size || fines.size) rows.row?.forEach((row, place) => placeOfRow.set(row, place));

const deskNames = new Map();
const deskOf = new Uint32Array(rows.size);
for (let row = 0; row < rows.size; row += 1) {
  const name = [rows.library[row], rows.circ_desk[row]].filter((code) => code).join(" / ") || "No desk";
  if (!deskNames.has(name)) deskNames.set(name, deskNames.size);
  deskOf[row] = deskNames.get(name);
}
const desks = [...deskNames.keys()];
