// What is printed: receipts, and the sheet of commands.

import { barcode } from "./barcodes.js";
import { COMMANDS, KEYS } from "./commands.js";
import { byId, make } from "./dom.js";
import { masked } from "./identifiers.js";
import { currentLanguage, text } from "./texts.js";
import { clockTime, day, dayInWords } from "./zone.js";

function print(kind, ...parts) {
  const paper = byId("print");
  paper.replaceChildren(...parts);
  paper.dataset.kind = kind;
  window.print();
}

/** Print a receipt: `{kind, patron, rows, session, station, now, training}` on `narrow` or `a4`
 * paper. */
export function printReceipt(receipt, paper) {
  const { session, station, now } = receipt;
  const when = `${dayInWords(day(now, session.timezone), currentLanguage())}, ${clockTime(now, session.timezone)}`;
  const place = [station.library || session.library, station.name].filter(Boolean).join(" · ");
  print(paper,
    receipt.training ? make("p", { class: "training" }, text("training.mark")) : "",
    make("h1", {}, text(`receipt.${receipt.kind}`)),
    make("p", {}, place),
    make("p", {}, when),
    receipt.patron ? make("p", {}, `${text("patron")} ${masked(receipt.patron)}`) : "",
    make("ol", {}, receipt.rows.map(({ event }) => itemOf(event, session))),
    make("p", { class: "total" }, text("receipt.count", { count: receipt.rows.length })),
    make("p", { class: "provisional" }, text(`receipt.provisional ${receipt.kind}`)),
  );
}

function itemOf({ item_barcode: item, due_date: due, captured_ms: at, given_time: isGiven }, session) {
  const words = due ? text("receipt.due", { date: dayInWords(due, currentLanguage()) }) : "";
  const given = isGiven ? text("receipt.given", { time: clockTime(at, session.timezone) }) : "";
  return make("li", {}, make("span", { class: "code" }, item),
    words || given ? make("span", { class: "due" }, words || given) : "");
}

/** Print the commands as bar codes, to lie at the desk. */
export function printCommands(session) {
  print("commands",
    make("h1", {}, text("commands.title")),
    make("p", {}, session.name),
    make("p", {}, text("commands.how")),
    make("div", { class: "codes" }, COMMANDS.map((name) => make("figure", { class: name.toLowerCase() },
      make("figcaption", {}, make("b", {}, text(`command.${name}`)), ` ${keyOf(name)}`),
      barcode(`%${name}`),
      make("code", {}, `%${name}`)))),
  );
}

function keyOf(name) {
  return Object.keys(KEYS).find((key) => KEYS[key] === name) ?? "";
}
