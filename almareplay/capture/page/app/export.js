// The events of a station as a file, for when they cannot be sent.

import { save } from "./dom.js";
import { stamp } from "./zone.js";

const LETTERS = { loan: "L", return: "R" };
const WIDTH = 80;

/** All that is known, an event a line; the first line says whose they are. */
export function asJsonLines(rows, { station, session }) {
  const about = {
    almareplay_capture: 1, session: session.name, station: station.id, name: station.name,
    library: station.library || session.library, circ_desk: station.circ_desk || session.circ_desk,
    timezone: session.timezone,
  };
  return [about, ...rows.map(({ event }) => event)].map((each) => `${JSON.stringify(each)}\n`).join("");
}

/** The scans that hold as a file of fixed width: `{text, left}`. `left` events have no place in it:
 * codes that are too wide, and what voids a scan that is not among the rows. `isOpen(id)`: whether a
 * scan was not voided. */
export function asDat(rows, { session }, isOpen) {
  const lines = [];
  const here = new Set(rows.map(({ event }) => event.id));
  let left = 0;
  for (const { event } of rows) {
    if (event.event === "void" && !here.has(event.voids)) left += 1;
    if (event.event !== "scan" || event.decision === "refused" || !isOpen(event.id)) continue;
    const { kind, item_barcode: item, patron_id: patron } = event;
    if (item.length > WIDTH || /\s{2}/.test(item)) left += 1;
    else lines.push(`${stamp(event.captured_ms, session.timezone)}${LETTERS[kind]}${item.padEnd(WIDTH)}${patron}\r\n`);
  }
  return { text: lines.join(""), left };
}

/** Save as a file that is named after session and station. */
export function saveAs(ending, text, { station, session }) {
  const words = [session.name, station.name].map((each) => each.replace(/[^\p{L}\p{N}]+/gu, "-"));
  const type = ending === "dat" ? "text/plain" : "application/x-ndjson";
  save(`capture-${words.join("-")}.${ending}`, text, `${type};charset=utf-8`);
}
