// What the clerk must know besides the scans: how sending goes, and what is wrong.

import { byId, make, show } from "./dom.js";
import { text } from "./texts.js";
import { clockTime } from "./zone.js";

/** Show the header: whose station it is, and what the server has not yet. */
export function showHeader({ session, station, unsent, refused, isUp, downSince, isTraining }) {
  const where = byId("where");
  show(where, Boolean(session));
  if (session) {
    const place = [station.library || session.library, station.circ_desk || session.circ_desk];
    where.textContent = [session.name, station.name, place.filter(Boolean).join("/")].filter(Boolean).join(" · ");
  }
  const sending = byId("sending");
  show(sending, Boolean(session?.name));
  if (!session?.name) return;
  const state = isTraining ? "training" : refused ? "wrong" : !isUp ? "down" : unsent ? "busy" : "done";
  const words = {
    training: () => text("training.mark"),
    wrong: () => text("sending wrong", { count: refused }),
    down: () => text("sending down", { time: clockTime(downSince, session.timezone), count: unsent }),
    busy: () => text("sending busy", { count: unsent }),
    done: () => text("sending done"),
  }[state]();
  // A live region that is written anew each time is read anew each time.
  if (sending.textContent !== words) sending.textContent = words;
  sending.dataset.state = state;
}

const notices = new Map();

/** Show a notice under a name until it is taken away; `actions` are `[words, function]`. */
export function notice(name, words, { actions = [], level = "info" } = {}) {
  // What is said already stays as it is: somebody may be about to press its button.
  if (notices.get(name)?.firstChild.textContent === words) return;
  notices.get(name)?.remove();
  const line = make("div", { class: `notice ${level}` }, make("p", {}, words),
    actions.map(([label, act]) => make("button", { type: "button", class: "small", onclick: act }, label)));
  notices.set(name, line);
  byId("notices").append(line);
}

/** Take a notice away. */
export function unnotice(name) {
  notices.get(name)?.remove();
  notices.delete(name);
}
