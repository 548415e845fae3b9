// Which rows are asked for: by desk, by outcome, by a part of the patron's id or the barcode.

const form = document.querySelector("form.filter");

function offer(select, names, numbers) {
  for (const [name, label] of names) {
    select.append(node("option", { value: name }, `${label} (${number(numbers.get(name))})`));
  }
}

function tally(values) {
  const numbers = new Map();
  for (const value of values) numbers.set(value, (numbers.get(value) ?? 0) + 1);
  return numbers;
}

function fillFilter() {
  const byDesk = tally(deskOf);
  const known = desks.map((name, place) => [place, name]);
  offer(form.elements.desk, known.sort(([, one], [, other]) => compared(one, other, false)), byDesk);
  const byOutcome = tally(rows.outcome ?? []);
  const inOrder = [...document.querySelectorAll("section.rows")].map((section) => section.id);
  const outcomes = [...byOutcome.keys()].map((name) => [name, titled(name)]);
  const rank = ([name]) => (inOrder.includes(name) ? inOrder.indexOf(name) : inOrder.length);
  offer(form.elements.outcome, outcomes.sort((one, other) => rank(one) - rank(other)), byOutcome);
}

const lowercase = {};

/** The lower case of a column, made when it is first searched. */
function searched(name) {
  return (lowercase[name] ??= (rows[name] ?? []).map((text) => text.toLowerCase()));
}

function asked() {
  const { desk, outcome, patron, barcode } = form.elements;
  return {
    desk: desk.value === "" ? null : Number(desk.value),
    outcome: outcome.value,
    patron: patron.value.trim().toLowerCase(),
    item: barcode.value.trim().toLowerCase(),
  };
}

function isAsked({ desk, outcome, patron, item }) {
  return desk !== null || Boolean(outcome || patron || item);
}

/** Whether a row is asked for, by its place; all that is asked must be true of it. */
function rowFilter({ desk, outcome, patron, item }) {
  const patrons = patron && searched("patron_id");
  const items = item && searched("item_barcode");
  return (row) =>
    (desk === null || deskOf[row] === desk) &&
    (!outcome || rows.outcome[row] === outcome) &&
    (!patron || patrons[row].includes(patron)) &&
    (!item || items[row].includes(item));
}

/** The same for the rows of a list: they are asked for with the row that they come from. A fine also
 * by its own patron, whose id may be another there. */
function listFilter(source, filter) {
  const others = rowFilter({ ...filter, patron: "" });
  const whole = rowFilter(filter);
  return (place) => {
    const row = placeOfRow.get(source.row[place]);
    const own = filter.patron && source.patron_id?.[place].toLowerCase().includes(filter.patron);
    return row === undefined ? !isAsked(filter) : own ? others(row) : whole(row);
  };
}

/** The filter in words, for a sheet of paper. */
function askedInWords() {
  const { desk, outcome, patron, item } = asked();
  return [
    desk !== null && `desk ${desks[desk]}`,
    outcome && `outcome ${titled(outcome)}`,
    patron && `patron id with “${form.elements.patron.value.trim()}”`,
    item && `item barcode with “${form.elements.barcode.value.trim()}”`,
  ].filter((words) => words).join(", ");
}
