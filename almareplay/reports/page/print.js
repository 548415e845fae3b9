// On paper: what there is to do at each desk, a page for each, then what to fetch in each library.

const paper = document.getElementById("print");

function sheet(title, ...parts) {
  const asking = askedInWords();
  const lines = [document.querySelector(".top .run").textContent, asking && `Only: ${asking}`];
  const small = lines.filter((words) => words).map((words) => node("p", { class: "run" }, prose(words)));
  const head = [node("p", { class: "mark" }, prose(MARK)), ...small, node("h2", {}, prose(title))];
  return node("section", { class: "sheet" }, ...head, ...parts);
}

/** The rows of a list at `places`, all of them, with its heading. */
function printedList(list, places) {
  const table = new Table({ ...list.table, places, columns: list.printed, details: undefined });
  table.append(places.length);
  const title = `${list.title} (${number(places.length)})`;
  const kind = list.source === rows ? { class: "of-rows" } : {};
  return node("div", kind, node("h3", {}, title), node("p", { class: "advice" }, list.advice), table.table);
}

/** The places by what they have in common, in the order of its name. */
function grouped(places, nameOf) {
  const groups = new Map();
  for (const place of places) {
    const name = nameOf(place);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(place);
  }
  return [...groups].sort(([one], [other]) => compared(one, other, false));
}

function deskOfFine(fine) {
  const row = placeOfRow.get(fines.row[fine]);
  return row === undefined ? "No desk" : desks[deskOf[row]];
}

function sheets() {
  const tasks = lists
    .filter((list) => list.isToDo && list.name !== "pull-list")
    .flatMap((list) => list.table.found.map((place) => [list, place]));
  const open = tasks.filter(([list, place]) => list.name !== "fines" || isOpenFine(place));
  const deskOfTask = ([list, place]) => (list.name === "fines" ? deskOfFine(place) : desks[deskOf[place]]);
  const made = grouped(open, deskOfTask).map(([name, atDesk]) => {
    const byList = new Map();
    for (const [list, place] of atDesk) {
      if (!byList.has(list)) byList.set(list, []);
      byList.get(list).push(place);
    }
    return sheet(name, ...[...byList].map(([list, places]) => printedList(list, places)));
  });
  const pullList = lists.find((list) => list.name === "pull-list");
  for (const [library, places] of grouped(pullList?.table.found ?? [], (pull) => pulls.library[pull])) {
    made.push(sheet(`Library ${library}`, printedList(pullList, places)));
  }
  return made.length ? made : [sheet(IS_PREDICTED ? "Nothing to settle" : "Nothing to do")];
}

function printSheets() {
  paper.replaceChildren(...sheets());
}

window.addEventListener("beforeprint", printSheets);
window.addEventListener("afterprint", () => paper.replaceChildren());
// Browsers that ask for the paper's style without an event of their own.
matchMedia("print").addEventListener("change", ({ matches }) => {
  if (matches) printSheets();
  else paper.replaceChildren();
});
