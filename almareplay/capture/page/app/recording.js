// From what a desk records to events that are stored and never changed.

import { newId } from "./identifiers.js";
import { SENT } from "./store.js";

/** What writes events into a store. `about`: `session()` (its name), `offset()`, `clerk()`. Both
 * functions answer the row once it is kept. */
export function newRecorder(store, about) {
  const event = (at, more) => ({
    id: newId(),
    event: "scan",
    kind: "",
    item_barcode: "",
    patron_id: "",
    station_time_ms: at,
    clock_offset_ms: about.offset() ?? 0,
    captured_ms: at + (about.offset() ?? 0),
    given_time: false,
    clerk: about.clerk(),
    patron_standing: "",
    decision: "",
    due_date: "",
    voids: "",
    reason: "",
    ...more,
  });

  return {
    /** Store a scan; `record` is what `desk.js` answers. */
    scan({ at, givenTime = null, ...record }) {
      const given = givenTime === null ? {} : { captured_ms: givenTime, given_time: true };
      return store.add(about.session(), event(at, { ...record, ...given }));
    },

    /** Take a scan back, with a reason. */
    takeBack(id, reason) {
      return store.add(about.session(), event(Date.now(), { event: "void", voids: id, reason }));
    },
  };
}

/** A store for training, which keeps nothing anywhere. */
export function practiceStore() {
  let sequence = 0;
  return {
    async add(session, event) {
      sequence += 1;
      return { sequence, session, sending: SENT, event: { ...event, sequence } };
    },
  };
}
