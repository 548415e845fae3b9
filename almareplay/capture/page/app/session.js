// The session that a station belongs to, and what holds where it says nothing.

import { knownZone } from "./zone.js";

const OPTIONS = {
  card_pattern: "", item_pattern: "", card_check: "none", scanner_prefix: "", scanner_suffix: "",
  min_length: 3, max_length: 40, patron_timeout_seconds: 120,
};

/** A session as the page needs it, from what the server says. */
export function completed(said) {
  return {
    ...said,
    timezone: knownZone(said.timezone),
    options: { ...OPTIONS, ...said.options },
  };
}

/** A session for training at a station that was never paired. */
export const practice = () => completed({ name: "", library: "", circ_desk: "", patrons: null });
