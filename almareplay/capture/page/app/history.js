// What this station scanned, in memory: the last scans, what was voided, what came twice.

import { SENT, UNSENT } from "./store.js";

/** A history of the rows of the store, which it takes over and keeps up to date. */
export function newHistory(rows = []) {
  const bySequence = new Map();
  const scans = [];
  const voided = new Map();
  const latest = new Map();
  const byId = new Map();
  const cards = new Set();

  const isSettled = ({ event }) => !voided.has(event.id) && event.decision !== "refused";

  function add(row) {
    bySequence.set(row.sequence, row);
    const { event } = row;
    if (event.event === "void") {
      voided.set(event.voids, event.reason);
      return;
    }
    byId.set(event.id, row);
    scans.push(row);
    if (event.patron_id) cards.add(event.patron_id);
    if (event.item_barcode) latest.set(event.item_barcode, [...(latest.get(event.item_barcode) ?? []), row]);
  }

  rows.forEach(add);

  return {
    add,

    /** Take over what changed of a row; answers the row, undefined where there is none. */
    change(sequence, change) {
      const row = bySequence.get(sequence);
      return row && Object.assign(row, change);
    },

    /** The last scan that was not voided. */
    last: () => scans.findLast(isSettled),

    /** The last scan of an item that was not voided. */
    lastOf: (item) => latest.get(item)?.findLast(isSettled),

    wasItem: (code) => latest.has(code),

    wasCard: (code) => cards.has(code),

    /** The last scans, newest first. */
    recent: (count) => scans.slice(-count).reverse(),

    /** Why a scan was voided; undefined where it was not. */
    voidedBecause: (id) => voided.get(id),

    /** Scans since a sequence that hold: not voided, not refused. */
    since: (sequence, isWanted) => scans.filter(
      (row) => row.sequence > sequence && isSettled(row) && isWanted(row.event),
    ),

    isOpen: (id) => byId.has(id) && !voided.has(id),
    lastSequence: () => Math.max(0, ...bySequence.keys()),
    unsent: () => [...bySequence.values()].filter((row) => row.sending === UNSENT).length,
    notSent: () => [...bySequence.values()].filter((row) => row.sending !== SENT).length,
  };
}
