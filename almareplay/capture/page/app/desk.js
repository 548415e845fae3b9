// What a desk does with scans and commands: pure functions from a state to the next one.
//
// An answer is `{ state, result, record, ended }`: `result` (`{level, name, values}`) is what the
// clerk is told; `record` is what is to be stored first; `ended` is the patron who was ended.

import { isRightCard, kindOf } from "./patterns.js";

/** A desk at the beginning. `patron` is `{id, standing, decision, at}`; `question` waits for yes or
 * no; `givenTime` (ms) is that of a book drop; `dueDate` is YYYY-MM-DD. */
export function newDesk(mode = "loan") {
  return {
    mode, patron: null, question: null, timedOut: false, givenTime: null, dueDate: "",
  };
}

const told = (state, level, name, values = {}, more = {}) => ({
  state, result: { level, name, values }, ...more,
});

/** Take a code. `about`: `options` of the session, `standingOf(id)`, `wasItem(code)`
 * and `wasCard(code)`: whether it was scanned as such before. */
export function takeScan(before, code, at, about) {
  const { state, ended } = afterTimeout(before, at, about.options);
  const answer = state.question
    ? told(state, "refused", "answer first")
    : (state.mode === "loan" ? scanInLoan : scanInReturn)(state, code, at, about);
  return ended && !answer.ended ? { ...answer, ended } : answer;
}

/** What a code is; where nothing else tells it, what it was when it was scanned before. */
function kindNow(code, { options, wasItem, wasCard }) {
  const kind = kindOf(code, options);
  if (kind !== "unclear" || wasItem(code) === wasCard(code)) return kind;
  return wasItem(code) ? "item" : "card";
}

function scanInReturn(state, code, at, about) {
  const kind = kindNow(code, about);
  if (kind === "card" || kind === "neither") {
    return asked(state, kind === "card" ? "card as item" : "odd item", code, at);
  }
  return recorded(state, code, at);
}

function scanInLoan(state, code, at, about) {
  const kind = kindNow(code, about);
  if (!state.patron) {
    if (kind === "item") return asked(state, "item as card", code, at);
    if (kind === "neither") return asked(state, "odd card", code, at);
    // After a timeout an item could be taken for the card of nobody.
    if (kind === "unclear" && state.timedOut) return asked(state, "card after timeout", code, at);
    return cardTaken(state, code, at, about);
  }
  if (code === state.patron.id) return told(state, "warning", "same card");
  if (kind === "card") {
    const next = cardTaken({ ...state, patron: null }, code, at, about);
    return next.result.name === "check digit" ? { ...next, state } : { ...next, ended: state.patron };
  }
  if (kind === "neither") return asked(state, "odd item", code, at);
  return recorded(state, code, at);
}

function cardTaken(state, code, at, { options, standingOf }) {
  if (!isRightCard(code, options)) return told(state, "refused", "check digit");
  const standing = standingOf(code);
  const patron = { id: code, standing, decision: "", at };
  const next = { ...state, timedOut: false, question: null };
  if (standing === "" || standing === "ok") {
    return told({ ...next, patron }, "ready", "card taken");
  }
  const question = { about: standing, code, at, patron };
  return told({ ...next, question }, "blocked", `standing ${standing}`);
}

function asked(state, about, code, at) {
  return told({ ...state, question: { about, code, at } }, "warning", `ask ${about}`);
}

function recorded(state, code, at) {
  const { patron } = state;
  const record = { kind: state.mode, item_barcode: code, at };
  if (state.mode === "return") {
    return told(state, "saved", "return saved", {}, { record: { ...record, givenTime: state.givenTime } });
  }
  const next = { ...state, patron: { ...patron, at } };
  return told(next, "saved", "loan saved", {}, {
    record: {
      ...record, patron_id: patron.id, patron_standing: patron.standing,
      decision: patron.decision, due_date: state.dueDate,
    },
  });
}

/** Answer the open question with yes or no. */
export function answerQuestion(before, isYes, at, about) {
  const { question } = before;
  if (!question) return told(before, "refused", "no question");
  const state = { ...before, question: null };
  if (question.patron) return decided(state, question, isYes, at);
  if (!isYes) return told(state, "refused", "not taken");
  const isCard = ["item as card", "odd card", "card after timeout"].includes(question.about);
  return isCard ? cardTaken(state, question.code, at, about) : recorded(state, question.code, question.at);
}

/** The clerk lends to a patron of doubtful standing all the same, or does not: both are stored, the
 * one with each item, the other by itself. */
function decided(state, { patron, code }, isYes, at) {
  if (isYes) {
    const allowed = { ...patron, decision: "allowed", at };
    return told({ ...state, patron: allowed }, "ready", "patron allowed");
  }
  const record = {
    kind: "loan", item_barcode: "", patron_id: code, patron_standing: patron.standing,
    decision: "refused", at,
  };
  return told(state, "ready", "patron refused", {}, { record });
}

/** Change to loans or returns; a patron is ended. */
export function changeMode(state, mode) {
  if (state.question) return told(state, "refused", "answer first");
  const next = { ...newDesk(mode), dueDate: state.dueDate };
  return told(next, "ready", `mode ${mode}`, {}, { ended: state.patron });
}

/** End the patron. */
export function endPatron(state) {
  if (state.question) return told(state, "refused", "answer first");
  if (!state.patron) return told({ ...state, timedOut: false }, "ready", "nobody to end");
  return told({ ...state, patron: null }, "ready", "patron ended", {}, { ended: state.patron });
}

/** The state when nothing was scanned for too long: the next items are not this patron's. */
export function afterTimeout(state, at, { patron_timeout_seconds: seconds }) {
  const isOver = state.patron && seconds > 0 && at - state.patron.at > seconds * 1000;
  if (!isOver || state.question) return { state };
  const next = { ...state, patron: null, timedOut: true };
  return told(next, "warning", "patron timed out", {}, { ended: state.patron });
}
