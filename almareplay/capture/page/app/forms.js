// The dialogs of the desk.

import { make } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { applyTheme, prefer, preference } from "./preferences.js";
import { LEVELS, play } from "./sounds.js";
import { LANGUAGES, text } from "./texts.js";
import { day, momentOf, stamp } from "./zone.js";

const field = (words, input) => make("label", {}, make("span", {}, words), input);

const options = (pairs, chosen) => pairs.map(([value, words]) =>
  make("option", { value, selected: value === chosen }, words));

const scanned = () => {
  play("refused");
  document.querySelector("dialog .problem").textContent = text("dialog scan");
};

const dialog = (about) => openDialog({ ...about, onScan: scanned });

/** Ask who is at the desk; null where that was left. */
export async function askClerk(clerk) {
  const answer = await dialog({
    title: text("clerk.title"),
    parts: [field(text("clerk.initials"), make("input", { name: "clerk", maxlength: "8", value: clerk, spellcheck: "false" })),
      make("p", { class: "hint" }, text("clerk.why"))],
    choices: [["ok", text("ok")]],
    check: (values) => (/^[\p{L} .-]{0,8}$/u.test(values.clerk) ? "" : text("clerk.wrong")),
  });
  return answer && answer.clerk.trim();
}

/** Ask for a provisional due date: YYYY-MM-DD, empty for none, null where that was left. */
export async function askDueDate(dueDate, now, zone) {
  const answer = await dialog({
    title: text("due.title"),
    parts: [field(text("due.date"), make("input", { type: "date", name: "date", value: dueDate, min: day(now, zone) })),
      make("p", { class: "hint" }, text("due.why"))],
    choices: [["ok", text("ok")], ["none", text("due.none")]],
    check: ({ date }) => (!date || date >= day(now, zone) ? "" : text("due.past")),
  });
  return answer && (answer.choice === "none" ? "" : answer.date);
}

/** Ask when the books of a batch were brought: milliseconds, `undefined` for now, null where that was
 * left. */
export async function askDropTime(givenTime, now, zone) {
  const local = (ms) => stamp(ms, zone).replace(/(....)(..)(..)(..)(..)/, "$1-$2-$3T$4:$5");
  const isPast = (value) => momentOf(value, zone) <= now;
  const answer = await dialog({
    title: text("drop.title"),
    parts: [field(text("drop.time"), make("input", {
      type: "datetime-local", name: "time", value: local(givenTime ?? now), max: local(now),
    })), make("p", { class: "hint" }, text("drop.why"))],
    choices: [["ok", text("ok")], ["none", text("drop.none")]],
    check: ({ time }) => (isPast(time) ? "" : text("drop.future")),
  });
  if (!answer) return null;
  return answer.choice === "none" ? undefined : momentOf(answer.time, zone);
}

/** Ask why a scan is voided: the reason, null where it stays. */
export async function askReason(code) {
  const reasons = ["wrong item", "wrong card", "scanned twice", "not lent after all", "other"];
  const answer = await dialog({
    title: text("void.title", { code }),
    parts: [
      make("fieldset", {}, make("legend", {}, text("void.why")), reasons.map((reason, place) =>
        make("label", { class: "choice" },
          make("input", { type: "radio", name: "reason", value: reason, checked: place === 0 }),
          make("span", {}, text(`reason ${reason}`))))),
      field(text("void.words"), make("input", { name: "words", maxlength: "150" })),
    ],
    choices: [["ok", text("void")]],
  });
  if (!answer) return null;
  const words = answer.words.trim();
  return answer.reason === "other" && words ? words : [answer.reason, words].filter(Boolean).join(": ");
}

/** Let the settings of this browser be changed; whether they were. */
export async function askSettings(about) {
  const languages = Object.entries(LANGUAGES);
  const themes = ["system", "light", "dark"].map((each) => [each, text(`theme ${each}`)]);
  const receipts = ["none", "narrow", "a4"].map((each) => [each, text(`receipts ${each}`)]);
  const sounds = ["on", "off"].map((each) => [each, text(`sounds ${each}`)]);
  const select = (name, pairs, chosen) => field(text(name), make("select", { name }, options(pairs, chosen)));
  const answer = await dialog({
    title: text("settings"),
    parts: [
      select("language", languages, document.documentElement.lang),
      select("theme", themes, preference("theme", "system")),
      select("sounds", sounds, preference("sounds", "on")),
      select("receipts", receipts, preference("receipts", "none")),
      make("p", { class: "hint" }, about),
    ],
    choices: [["ok", text("ok")]],
  });
  if (!answer) return false;
  for (const name of ["language", "theme", "sounds", "receipts"]) prefer(name, answer[name]);
  applyTheme();
  return true;
}

/** Show the keys and let the sounds be heard. */
export async function showHelp() {
  const keys = [["F2", "loan"], ["F4", "return"], ["F8", "end patron"], ["F9", "undo"]];
  await dialog({
    title: text("help"),
    parts: [
      make("p", {}, text("help.how")),
      make("dl", { class: "keys" }, keys.flatMap(([key, name]) =>
        [make("dt", {}, make("kbd", {}, key)), make("dd", {}, text(name))])),
      make("h3", {}, text("help.sounds")),
      make("ul", { class: "levels" }, LEVELS.map((level) => make("li", { "data-level": level },
        make("button", { type: "button", class: "small", onclick: () => play(level) }, text(`level.${level}`)),
        " ", text(`help.level ${level}`)))),
    ],
  });
}

/** Ask what is to be saved as a file: `{what, format}`, null for nothing. */
export function askExport(unsent) {
  const choice = (name, value, words, checked) => make("label", { class: "choice" },
    make("input", { type: "radio", name, value, checked }), make("span", {}, words));
  return dialog({
    title: text("export.title"),
    parts: [
      make("p", { class: "hint" }, text("export.why")),
      make("fieldset", {}, make("legend", {}, text("export.what")),
        choice("what", "unsent", text("export.unsent", { count: unsent }), unsent > 0),
        choice("what", "all", text("export.all"), unsent === 0)),
      make("fieldset", {}, make("legend", {}, text("export.format")),
        choice("format", "jsonl", text("export.jsonl"), true),
        choice("format", "dat", text("export.dat"), false)),
    ],
    choices: [["ok", text("export.save")]],
  });
}

/** Ask a plain question; whether the answer is yes. */
export async function confirmed(title, words, yes) {
  const answer = await dialog({ title, parts: [make("p", {}, words)], choices: [["ok", yes]] });
  return answer !== null;
}

