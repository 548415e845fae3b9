// The offline patron list: what was known of patrons before the outage, under keyed hashes.

import { sha256 } from "./sha256.js";

const DIGITS = 32;

/** The name of a patron id in a list: SHA-256 of salt, colon and id, over and over. */
export function hashOf(id, { salt, rounds }) {
  let digest = sha256(new TextEncoder().encode(`${salt}:${id.trim().toUpperCase()}`));
  for (let round = 1; round < rounds; round += 1) digest = sha256(digest);
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, DIGITS);
}

/** What the list says of an id: `ok`, `blocked`, `expired`, `unknown`; empty without a list. */
export function standingOf(id, list) {
  if (!list) return "";
  const hash = hashOf(id, list);
  const found = Object.hasOwn(list.entries, hash) ? list.entries[hash] : "unknown";
  return ["ok", "blocked", "expired"].includes(found) ? found : "unknown";
}
