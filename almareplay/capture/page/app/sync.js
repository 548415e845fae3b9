// Events go to the server in their order, as soon as it can be reached; none is forgotten before the
// server has said that it has it.

import { ask, Refusal, Unreachable } from "./server.js";
import { REFUSED, SENT } from "./store.js";

const AT_ONCE = 200;
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 15_000];
const SIGN_OF_LIFE_MS = 30_000;

/** Whether a refusal is about what was sent, so that sending it again would bring the same. */
const isAboutContent = (error) => error instanceof Refusal && [400, 413, 422].includes(error.status);

/** Sends what `station` keeps. `station`: `store`, `token()`, `session()`, `offset()`, `version`;
 * and what it is told: `changed(changes, said)` after rows were confirmed or refused, `reached(isUp)`,
 * `shutOut()` when the token is not known. Answers `wake`, to be called after each new event. */
export function startSync(station) {
  let failures = 0;
  let timer = 0;
  let isRunning = false;
  let isWanted = false;

  async function send(rows) {
    const said = await ask("/api/events", {
      token: station.token(),
      body: {
        clock_offset_ms: station.offset(),
        unsent: await station.store.count(station.session(), 0) - rows.length,
        version: station.version,
        events: rows.map(({ event }) => event),
      },
    });
    const bySequence = changesOf(rows, said);
    if (rows.length && !bySequence.size) throw new Unreachable("the server confirmed nothing");
    if (bySequence.size) await station.store.change(bySequence);
    station.changed(bySequence, said);
  }

  /** Of many events one may be such that the server refuses them all: each goes by itself then. */
  async function sendOneByOne(rows) {
    for (const row of rows) {
      try {
        await send([row]);
      } catch (error) {
        if (!isAboutContent(error)) throw error;
        const refused = new Map([[row.sequence, { sending: REFUSED, why: error.message }]]);
        await station.store.change(refused);
        station.changed(refused, {});
      }
    }
  }

  async function sendAll() {
    for (let isFirst = true; ; isFirst = false) {
      const rows = await station.store.unsent(station.session(), AT_ONCE);
      // An empty request is a sign of life, and tells whether the session was closed.
      if (!rows.length && !isFirst) return;
      try {
        await send(rows);
      } catch (error) {
        if (!rows.length || !isAboutContent(error)) throw error;
        await sendOneByOne(rows);
      }
      station.reached(true);
      if (rows.length < AT_ONCE) return;
    }
  }

  async function run() {
    clearTimeout(timer);
    if (!station.token()) return;
    isRunning = true;
    isWanted = false;
    let pause = SIGN_OF_LIFE_MS;
    try {
      await sendAll();
      failures = 0;
    } catch (error) {
      pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)];
      failures += 1;
      if (error instanceof Refusal && error.status === 401) station.shutOut();
      else station.reached(false);
      if (error.retryAfter) pause = error.retryAfter * 1000;
    }
    isRunning = false;
    if (isWanted && failures === 0) run();
    else timer = setTimeout(run, pause);
  }

  /** Send now, or after what is being sent. While the server cannot be reached, the pauses hold. */
  function wake({ atOnce = false } = {}) {
    isWanted = true;
    if (isRunning) return;
    if (failures === 0 || atOnce) run();
  }

  window.addEventListener("online", () => wake({ atOnce: true }));
  return { wake };
}

/** What changes of rows by what the server said, by their sequences. */
function changesOf(rows, said) {
  const stored = new Set(said.stored ?? []);
  const duplicates = new Map((said.duplicates ?? []).map(({ id, of }) => [id, of]));
  const refused = new Map((said.refused ?? []).map(({ id, why }) => [id, why]));
  const changes = new Map();
  for (const { sequence, event: { id } } of rows) {
    if (stored.has(id)) {
      changes.set(sequence, { sending: SENT, ...(duplicates.has(id) ? { duplicateOf: duplicates.get(id) } : {}) });
    } else if (refused.has(id)) {
      changes.set(sequence, { sending: REFUSED, why: String(refused.get(id)) });
    }
  }
  return changes;
}
