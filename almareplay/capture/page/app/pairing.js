// Pairing a station with a session by its code.

import { byId, show } from "./dom.js";
import { Refusal } from "./server.js";
import { text } from "./texts.js";
import { showPage } from "./view.js";

/** Show the form; `onPaired()` when it is done, `onTraining()` to train without a session, `onBack()`
 * where there is something to go back to. */
export function askToPair(station, { onPaired, onTraining, onBack }) {
  const form = byId("pair-form");
  const problem = byId("pair-problem");
  const { name, library, circ_desk: desk } = station.about();
  Object.assign(form.elements.name, { value: name });
  Object.assign(form.elements.library, { value: library });
  Object.assign(form.elements.circ_desk, { value: desk });
  form.elements.code.value = codeInAddress();
  problem.textContent = "";
  show(byId("pair-back"), onBack !== undefined);
  byId("pair-back").onclick = onBack ?? null;
  byId("pair-training").onclick = onTraining;
  showPage("pairing");
  form.elements[form.elements.code.value ? "name" : "code"].focus();

  form.onsubmit = async (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(form));
    for (const key of Object.keys(given)) given[key] = given[key].trim();
    problem.textContent = "";
    form.inert = true;
    try {
      await station.pair(given);
      form.elements.code.value = "";
      onPaired();
    } catch (error) {
      problem.textContent = wordsOf(error);
    } finally {
      form.inert = false;
    }
    if (problem.textContent) form.elements.code.focus();
  };
}

/** The code that the square code of the terminal may have brought along; it is read once. */
function codeInAddress() {
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  if (code) history.replaceState(null, "", location.pathname);
  return code;
}

/** Why pairing failed, in the words of the page. */
export function wordsOf(error) {
  if (!(error instanceof Refusal)) return text("pair.unreachable");
  if (error.status === 403) return text("pair.wrong");
  if (error.status === 409) return text("pair.closed");
  if (error.status === 429) return text("pair.wait", { count: Math.ceil(error.retryAfter) || 10 });
  return error.message;
}
