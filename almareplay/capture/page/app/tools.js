// The buttons of the desk.

import { byId } from "./dom.js";
import { asDat, asJsonLines, saveAs } from "./export.js";
import * as forms from "./forms.js";
import { printCommands } from "./printing.js";
import { practice } from "./session.js";
import { SENT } from "./store.js";
import { loadTexts, text } from "./texts.js";

const COMMANDS = {
  "mode-loan": "LOAN", "mode-return": "RETURN", "end-patron": "END", undo: "UNDO", yes: "YES", no: "NO",
};

/** Listen to the buttons. `page`: `work()`, `history()`, `isTraining()`, `clerk()`, `setClerk(words)`,
 * `toggleTraining()`, `aboutBrowser()`, `textsChanged()`; `station`; `focus()` gives the field the
 * focus back. */
export function listenToTools(page, station, focus) {
  const session = () => station.session() ?? practice();
  const act = (id, run) => byId(id).addEventListener("click", async () => {
    await run();
    focus();
  });
  for (const [id, name] of Object.entries(COMMANDS)) act(id, () => page.work().command(name));
  act("tool-clerk", async () => {
    const given = await forms.askClerk(page.clerk());
    if (given !== null) await page.setClerk(given);
  });
  act("tool-due", async () => {
    const { dueDate } = page.work().desk();
    const given = await forms.askDueDate(dueDate, station.now(), session().timezone);
    if (given !== null) await page.work().give({ dueDate: given });
  });
  act("tool-drop", async () => {
    const { givenTime } = page.work().desk();
    const given = await forms.askDropTime(givenTime, station.now(), session().timezone);
    if (given !== null) await page.work().give({ givenTime: given ?? null });
  });
  act("tool-reprint", () => page.work().reprint());
  act("tool-export", () => exportRows(page, station));
  act("tool-commands", () => printCommands(session()));
  act("tool-training", page.toggleTraining);
  act("tool-help", forms.showHelp);
  act("tool-settings", async () => {
    if (!await forms.askSettings(page.aboutBrowser())) return;
    await loadTexts();
    page.textsChanged();
  });
  act("keyboard", () => {
    const field = byId("field");
    field.inputMode = field.inputMode === "none" ? "text" : "none";
    field.blur();
  });
  // A keyboard over half of the screen helps nobody who has a scanner.
  if (matchMedia("(pointer: coarse)").matches) byId("field").inputMode = "none";
}

async function exportRows(page, station) {
  const history = page.history();
  if (page.isTraining()) return;
  const chosen = await forms.askExport(history.notSent());
  if (!chosen) return;
  const about = { station: station.about(), session: station.session() };
  const all = await station.store.rows(about.session.name);
  const rows = chosen.what === "all" ? all : all.filter((row) => row.sending !== SENT);
  if (chosen.format === "jsonl") {
    saveAs("jsonl", asJsonLines(rows, about), about);
    return;
  }
  const { text: lines, left } = asDat(rows, about, history.isOpen);
  saveAs("dat", lines, about);
  if (left) await page.work().say({ level: "warning", name: "left out of dat", values: { count: left } });
}
