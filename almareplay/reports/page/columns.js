// What staff see of a row, and what more there is to know of it.

function instant(moment) {
  return moment === null ? null : Date.parse(moment);
}

function lowered(value) {
  return typeof value === "string" ? value.toLowerCase() : value;
}

/** A column that shows the field `name` of `source`. */
function field(source, name, label, cell = (value) => prose(value, false), key = lowered) {
  return {
    name: name.replaceAll("_", "-"),
    label,
    cell: (place) => (source[name][place] === null ? "" : cell(source[name][place])),
    key: (place) => key(source[name][place]),
  };
}

function timeField(source, name, label) {
  return field(source, name, label, (moment) => clock(moment, HAS_YEARS), instant);
}

function doneColumn(task, label) {
  return {
    name: "done",
    label: "Done",
    cell: (place) => tickBox(task, place, `Done: ${label(place)}`),
    key: (place) => (isTicked(task, place) ? 1 : 0),
  };
}

const rowNumber = (source) => field(source, "row", "Row", String);
const item = (source) => field(source, "item_barcode", "Item", (text) => copyable(text, "item barcode"));
const patron = (source) => field(source, "patron_id", "Patron", (text) => copyable(text, "patron id"));
const desk = {
  name: "desk",
  label: "Desk",
  cell: (row) => prose(desks[deskOf[row]], false),
  key: (row) => lowered(desks[deskOf[row]]),
};

/** A column of words from several fields, those that say something, a paragraph each. */
function wordsColumn(name, label, fields, whole = false) {
  const words = (row) => fields.map((each) => rows[each][row]).filter((text) => text);
  return {
    name,
    label,
    cell(row) {
      const paragraphs = words(row).map((text) => node("p", {}, prose(text, whole)));
      return paragraphs.length ? node("div", { class: "words" }, ...paragraphs) : "";
    },
    key: (row) => lowered(words(row).join(" ")),
  };
}

const rowLabel = (row) => `row ${rows.row[row]}`;
const rowTick = doneColumn(taskOfRow, rowLabel);
const rowStart = [
  rowNumber(rows),
  timeField(rows, "captured_at", "Captured"),
  field(rows, "kind", "Kind", titled),
  item(rows),
  patron(rows),
];
// What is foreseen cannot be done yet.
const rowTicks = IS_PREDICTED ? [] : [rowTick];
const toDoColumns = [...rowTicks, ...rowStart, desk, wordsColumn("reason", "Reason", ["alma_message", "note"])];
const restColumns = [
  ...rowStart,
  desk,
  field(rows, "outcome", "Outcome", titled),
  wordsColumn("reason", "Destination, note", ["destination", "note"]),
];
const printedColumns = [...rowTicks, ...rowStart, wordsColumn("reason", "Reason", ["alma_message", "note"], true)];

const pullLabel = (pull) => `item ${shortened(pulls.item_barcode[pull], LONGEST_ID)}`;
const pullColumns = [
  doneColumn(taskOfPull, pullLabel),
  field(pulls, "library", "Library"),
  field(pulls, "location", "Location"),
  field(pulls, "call_number", "Call number"),
  field(pulls, "title", "Title"),
  item(pulls),
  field(pulls, "destination", "Where it must go"),
  timeField(pulls, "returned", "Returned"),
  field(pulls, "desk", "At desk", (codes) => prose(codes.replace("/", " / "), false)),
  rowNumber(pulls),
];

// On paper the library is the sheet's title.
const printedPullColumns = pullColumns.filter(({ name }) => name !== "library" && name !== "row");

const fineLabel = (fine) => `fine of row ${fines.row[fine]}`;
const fineTick = doneColumn(taskOfFine, fineLabel);
const fineColumnsByDay = [
  rowNumber(fines),
  field(fines, "patron_id", "Patron", (text) => copyable(text, "patron id")),
  item(fines),
  field(fines, "made_by", "Made by", titled),
  timeField(fines, "due_date", "Due"),
  timeField(fines, "captured_at", "Captured"),
  { ...field(fines, "amount", "Amount"), cell: amountOf, key: (fine) => Number(fines.amount[fine]) },
  field(fines, "advice", "What to do"),
];
// A fine that was waived leaves nothing to do.
const fineColumns = [
  { ...fineTick, cell: (fine) => (isOpenFine(fine) ? fineTick.cell(fine) : "") },
  ...fineColumnsByDay,
];

function isOpenFine(fine) {
  return fines.waived_at[fine] === null;
}

function amountOf(fine) {
  return prose(`${fines.amount[fine]} ${fines.currency[fine]}`, false);
}

/** All of an identifier that the table shows cut, and nothing of another. */
function cutOnly(text) {
  return text.length > LONGEST_ID ? identifier(text, true) : "";
}

const rowDetails = {
  label: (row) => `Details of row ${rows.row[row]}`,
  list(row) {
    const late = (moment) => (moment === null ? "" : clock(moment, true));
    return [
      ["Outcome", titled(rows.outcome[row])],
      // Where there is something to do, the section says it.
      ["What to do", rows.section[row] === rows.outcome[row] ? "" : rows.advice[row]],
      ["Item barcode", cutOnly(rows.item_barcode[row])],
      ["Patron id", cutOnly(rows.patron_id[row])],
      ["Alma's message", rows.alma_message[row] && prose(rows.alma_message[row])],
      ["Alma's code", rows.alma_code[row] && identifier(rows.alma_code[row], true)],
      ["Tracking id", rows.tracking_id[row] && identifier(rows.tracking_id[row], true)],
      ["Loan id", rows.loan_id[row] && identifier(rows.loan_id[row], true)],
      ["Due", late(rows.due_date[row])],
      ["Destination", rows.destination[row] && prose(rows.destination[row])],
      ["Note", rows.note[row] && prose(rows.note[row])],
      ["Read from", prose(`${rows.source_file[row]}, row ${rows.source_row[row]}`)],
      ["Attempts", String(rows.attempts[row])],
      ["Completed", late(rows.completed_at[row])],
    ];
  },
};

const fineDetails = {
  label: (fine) => `Details of the fine of row ${fines.row[fine]}`,
  list: (fine) => [
    ["Fee id", fines.fee_id[fine] && identifier(fines.fee_id[fine], true)],
    ["Waived", fines.waived_at[fine] && clock(fines.waived_at[fine], true)],
    ["What to do", fines.advice[fine]],
  ],
};
