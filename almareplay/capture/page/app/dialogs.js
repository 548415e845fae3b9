// A dialog over the page. While one is open nothing is scanned: what a scanner types then goes into
// no field that would take it, and the page says so.

import { make } from "./dom.js";
import { text } from "./texts.js";

const FASTEST_FINGERS_MS = 50;
const SCAN_LENGTH = 6;

/** Show a dialog and answer what was chosen: the values of its fields, with the `choice` of its
 * button; null where it was left. `parts` are elements; `choices` are `[value, words]`, the first is
 * what Enter chooses. `onScan` is called when a scanner seems to have typed into it. */
export function openDialog({ title, parts = [], choices = [], onScan, check = () => "" }) {
  const problem = make("p", { class: "problem", role: "alert" });
  const heading = make("h2", { id: "dialog-title", tabindex: "-1" }, title);
  const buttons = choices.map(([value, words], place) => make(
    "button", { value, name: "choice", class: place === 0 ? "main" : undefined }, words,
  ));
  const leave = make("button", { type: "button", onclick: () => dialog.close() },
    choices.length ? text("cancel") : text("close"));
  const form = make("form", { method: "dialog", class: "fields", autocomplete: "off" },
    heading, ...parts, problem, make("p", { class: "buttons" }, ...buttons, leave));
  const dialog = make("dialog", { "aria-labelledby": "dialog-title" }, form);
  watchForScans(dialog, () => onScan?.());
  document.body.append(dialog);
  dialog.showModal();
  (form.querySelector("input, select, textarea") ?? heading).focus();

  return new Promise((resolve) => {
    let answer = null;
    form.addEventListener("submit", (event) => {
      const values = Object.fromEntries(new FormData(form));
      const wrong = check(values);
      problem.textContent = wrong;
      if (wrong) event.preventDefault();
      else answer = { ...values, choice: event.submitter?.value ?? choices[0]?.[0] };
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
  });
}

/** Keys faster than fingers, and then Enter: a scan, which must not close the dialog as an answer. */
function watchForScans(dialog, onScan) {
  let last = -Infinity;
  let fast = 0;
  dialog.addEventListener("keydown", (event) => {
    const isFast = event.timeStamp - last < FASTEST_FINGERS_MS;
    last = event.timeStamp;
    if (event.key.length === 1) fast = isFast ? fast + 1 : 0;
    const isScan = event.key === "Enter" && isFast && fast >= SCAN_LENGTH - 1;
    if (event.key === "Enter" || event.key === "Tab") fast = 0;
    if (!isScan) return;
    event.preventDefault();
    const { target } = event;
    if (target.matches("input, textarea")) target.value = "";
    onScan();
  }, { capture: true });
}
