// What this browser is to the session: its id, its name, its token, its clock; kept in the store.

import { measuredOffset } from "./clock.js";
import { newId } from "./identifiers.js";
import { ask, Refusal, serverTime } from "./server.js";
import { completed } from "./session.js";

const VERSION = document.querySelector("meta[name=version]")?.content ?? "";

/** The station of a store. */
export async function openStation(store) {
  const station = (await store.kept("station")) ?? { id: newId(), name: "", library: "", circ_desk: "" };
  let token = (await store.kept("token")) ?? "";
  let offset = (await store.kept("offset")) ?? null;
  let patrons = (await store.kept("patrons")) ?? null;
  const said = await store.kept("session");
  let session = said ? completed(said) : null;

  /** Take over how the session stands, and its list of patrons where that is another one. */
  async function take(news) {
    session = completed(news);
    await store.keep({ session: news });
    const isOther = patrons?.salt !== news.patrons?.salt;
    if (!isOther) return;
    patrons = news.patrons ? await ask("/api/patrons", { token }) : null;
    await store.keep({ patrons: patrons ?? undefined });
  }

  return {
    version: VERSION,
    store,
    about: () => station,
    token: () => token,
    session: () => session,
    patrons: () => patrons,
    /** Milliseconds to add to this clock; null where it was never measured. */
    offset: () => offset,
    /** Milliseconds since 1970 by the server's clock. */
    now: (at = Date.now()) => at + (offset ?? 0),

    /** Pair with the session whose code this is. `given`: code, name, library, circ_desk. Throws
     * Refusal or Unreachable. */
    async pair(given) {
      const body = { ...given, station: station.id, version: VERSION };
      const answer = await ask("/api/pair", { body });
      ({ token } = answer);
      const { name, library, circ_desk: desk } = { ...given, ...answer.station };
      Object.assign(station, { name, library, circ_desk: desk });
      await store.keep({ station, token });
      await take(answer.session);
    },

    /** Ask how the session stands now, and take its list of patrons over. */
    async refresh() {
      const news = await ask("/api/session", { token });
      await take(news.session);
    },

    /** Measure the clock against the server's. */
    async measure() {
      offset = await measuredOffset(serverTime);
      await store.keep({ offset });
    },

    /** The session was closed: nobody's ids stay here longer than needed. */
    async closed() {
      session = { ...session, closed: true };
      patrons = null;
      await store.keep({ session, patrons: undefined });
    },

    /** The server does not know the token any more. */
    async shutOut() {
      token = "";
      await store.keep({ token: undefined });
    },
  };
}

/** Whether the server has refused the token. */
export const isShutOut = (error) => error instanceof Refusal && error.status === 401;
