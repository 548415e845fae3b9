// What the desk shows.

import { byId, draw, make, show } from "./dom.js";
import { masked } from "./identifiers.js";
import { REFUSED, UNSENT } from "./store.js";
import { currentLanguage, text } from "./texts.js";
import { clockTime, day, dayInWords } from "./zone.js";

const SHOWN = 30;
// Drawn, since not every computer has letters for them.
const SIGNS = {
  ready: "M9 5l7 7-7 7",
  saved: "M4 13l6 6 10-14",
  warning: "M12 3v12M12 19v2",
  blocked: "M8 2h8l6 6v8l-6 6H8l-6-6V8zM7 12h10",
  refused: "M5 5l14 14M19 5L5 19",
  failed: "M12 2a10 10 0 1 0 .01 0zM8 8l8 8M16 8l-8 8",
};

/** Show one of the pages: starting, pairing, elsewhere, desk. */
export function showPage(name) {
  document.body.dataset.page = name;
  for (const each of ["pairing", "elsewhere", "desk"]) show(byId(each), each === name);
}

/** Say what became of a scan. */
export function tell({ level, name, values = {} }) {
  const result = byId("result");
  result.dataset.level = level;
  result.replaceChildren(
    draw("svg", { class: "sign", viewBox: "0 0 24 24", "aria-hidden": "true" }, draw("path", { d: SIGNS[level] })),
    make("span", { class: "words" },
      make("strong", {}, text(`level.${level}`)), " ",
      text(`result.${name}`, values),
      values.code ? [" ", make("span", { class: "code" }, values.code)] : null),
  );
}

/** Show the desk. `model`: `desk`, `session`, `history`, `items` (of this patron), `isTraining`,
 * `clerk`, `listDate`, `onVoid`. */
export function showDesk(model) {
  const { desk, isTraining, session } = model;
  const { body } = document;
  body.dataset.mode = desk.mode;
  body.toggleAttribute("data-training", isTraining);
  for (const mode of ["loan", "return"]) {
    byId(`mode-${mode}`).setAttribute("aria-pressed", String(desk.mode === mode));
  }
  byId("prompt").textContent = text(promptOf(desk));
  byId("field").disabled = Boolean(session.closed) && !isTraining;
  showPatron(model);
  showQuestion(model);
  showGiven(model);
  showTools(model);
  showScans(model);
}

function promptOf(desk) {
  if (desk.question) return "prompt question";
  if (desk.mode === "return") return "prompt return";
  return desk.patron ? "prompt item" : "prompt card";
}

function showPatron({ desk, items, listDate }) {
  const patron = desk.question?.patron ?? desk.patron;
  show(byId("patron"), patron !== null && patron !== undefined);
  show(byId("end-patron"), desk.patron !== null);
  if (!patron) return;
  byId("patron-id").textContent = patron.id;
  byId("patron-count").textContent = desk.patron ? text("items", { count: items }) : "";
  const standing = byId("patron-standing");
  show(standing, patron.standing !== "");
  standing.dataset.standing = patron.standing;
  standing.textContent = patron.standing && text(`standing ${patron.standing}`, { date: listDate });
}

function showQuestion({ desk, listDate }) {
  const { question } = desk;
  show(byId("question"), question !== null);
  if (!question) return;
  const isStanding = question.patron !== undefined;
  byId("question").dataset.level = isStanding ? "blocked" : "warning";
  const about = isStanding ? `standing ${question.about}` : question.about;
  byId("question-words").textContent = text(`question ${about}`, { code: question.code, date: listDate });
  byId("yes-words").textContent = text(isStanding ? "answer allow" : "answer yes");
  byId("no-words").textContent = text(isStanding ? "answer refuse" : "answer no");
  byId("yes-key").textContent = text("letter YES");
  byId("no-key").textContent = text("letter NO");
}

function showGiven({ desk, session }) {
  const zone = session.timezone;
  let words = "";
  if (desk.mode === "loan" && desk.dueDate) {
    words = text("due is", { date: dayInWords(desk.dueDate, currentLanguage()) });
  } else if (desk.mode === "return" && desk.givenTime !== null) {
    const date = dayInWords(day(desk.givenTime, zone), currentLanguage());
    words = text("drop is", { date, time: clockTime(desk.givenTime, zone) });
  }
  byId("given").textContent = words;
}

function showTools({ desk, clerk, isTraining }) {
  byId("tool-clerk").textContent = clerk ? text("clerk is", { clerk }) : text("clerk");
  byId("tool-due").textContent = text("due date");
  byId("tool-drop").textContent = text("book drop");
  show(byId("tool-due"), desk.mode === "loan");
  show(byId("tool-drop"), desk.mode === "return");
  byId("tool-training").textContent = text(isTraining ? "training.stop" : "training.start");
}

function showScans({ history, session, onVoid }) {
  const rows = history.recent(SHOWN);
  show(byId("nothing-yet"), rows.length === 0);
  const list = byId("scans");
  // Whoever works by keyboard keeps the place in the list when the server confirms a scan.
  const place = list.contains(document.activeElement) ? document.activeElement.dataset.event : null;
  list.replaceChildren(...rows.map((row) => scanOf(row, history, session, onVoid)));
  if (place) [...list.querySelectorAll("button")].find((each) => each.dataset.event === place)?.focus();
}

function scanOf(row, history, session, onVoid) {
  const { event, sending, duplicateOf, why } = row;
  const reason = history.voidedBecause(event.id);
  const isVoided = reason !== undefined;
  const isRefusal = event.decision === "refused";
  const notes = [
    isVoided ? text("voided", { reason: text(`reason ${reason}`) === `reason ${reason}` ? reason : text(`reason ${reason}`) }) : "",
    isRefusal ? text("not lent") : "",
    event.decision === "allowed" ? text("allowed") : "",
    event.given_time ? text("time given") : "",
    duplicateOf ? text("also at", { place: duplicateOf }) : "",
    sending === UNSENT ? text("unsent") : "",
    sending === REFUSED ? text("refused by server", { why }) : "",
  ].filter(Boolean);
  const classes = [event.kind, isVoided && "voided", isRefusal && "not-lent", sending === REFUSED && "wrong"];
  return make("li", { class: classes.filter(Boolean).join(" ") },
    make("time", {}, clockTime(event.captured_ms, session.timezone, true)),
    make("span", { class: "kind" }, text(event.kind)),
    make("span", { class: "code" }, event.item_barcode || "–"),
    make("span", { class: "whose" }, event.patron_id ? masked(event.patron_id) : ""),
    make("span", { class: "notes" }, notes.join(" · ")),
    isVoided || isRefusal ? make("span") : make("button", {
      type: "button", class: "small", onclick: () => onVoid(row), "data-event": event.id,
      "aria-label": text("void this", { code: event.item_barcode }),
    }, text("void")));
}
