// The page of a desk, from its beginning.

import { byId, show } from "./dom.js";
import { asDat, asJsonLines, saveAs } from "./export.js";
import * as forms from "./forms.js";
import { newHistory } from "./history.js";
import { notice, showHeader, unnotice } from "./notices.js";
import { askToPair } from "./pairing.js";
import { applyTheme, prefer } from "./preferences.js";
import { printCommands } from "./printing.js";
import { newRecorder, practiceStore } from "./recording.js";
import { newWork } from "./scanning.js";
import { watchField } from "./scanner.js";
import { practice } from "./session.js";
import { isShutOut, openStation } from "./station.js";
import { openStore, REFUSED, SENT } from "./store.js";
import { startSync } from "./sync.js";
import { loadTexts, text } from "./texts.js";
import { askToKeepData, inOneWindow, keepPage } from "./updates.js";
import { showPage } from "./view.js";
import { clockTime } from "./zone.js";

const MEASURE_EVERY_MS = 5 * 60_000;

let store;
let station;
let history;
let work = null;
let sync;
let scanner;
let clerk = "";
let isTraining = false;
let isUp = true;
let downSince = 0;
let isPersistent = false;
let opensOffline = false;

async function start() {
  store = await openStore();
  station = await openStation(store);
  clerk = (await store.kept("clerk")) ?? "";
  sync = startSync({ ...station, session: () => station.session().name, changed, reached, shutOut });
  scanner = watchField(byId("field"), {
    onScan: (scanned) => work.scan(scanned),
    onCommand: (name) => work.command(name),
    isActive: () => document.body.dataset.page === "desk" && work !== null,
  });
  listen();
  setInterval(tick, 1000);
  setInterval(measure, MEASURE_EVERY_MS);
  window.addEventListener("online", measure);
  if (station.session()) await openDesk();
  else askToPair(station, { onPaired: openDesk, onTraining: train });
  document.documentElement.classList.add("ready");
  opensOffline = await keepPage((takeOver) => notice("newer", text("notice newer"), {
    actions: [[text("notice newer take"), takeOver]],
  }));
}

/** Open the desk of the session that the station is paired with. */
async function openDesk() {
  isTraining = false;
  const session = station.session();
  history = newHistory(await store.rows(session.name));
  const about = { session: () => session.name, offset: station.offset, clerk: () => clerk };
  show(byId("desk"), true);
  work = newWork({
    ...station,
    station: station.about,
    history,
    recorder: newRecorder(store, about),
    isTraining: false,
    clerk: () => clerk,
    onVoid: voidScan,
    onChange: stored,
  });
  showPage("desk");
  work.render();
  scanner.focus();
  refreshHeader();
  unnotice("pair again");
  if (!station.token()) shutOut();
  await tellStranded();
  await measure();
  await refreshSession();
  sync.wake({ atOnce: true });
  isPersistent = await askToKeepData();
}

/** Practise: nothing is kept and nothing is sent. */
function train() {
  isTraining = true;
  const session = station.session() ?? practice();
  const about = { session: () => "", offset: station.offset, clerk: () => clerk };
  history = newHistory();
  work = newWork({
    now: station.now,
    session: () => ({ ...session, closed: false }),
    patrons: station.patrons,
    station: station.about,
    history,
    recorder: newRecorder(practiceStore(), about),
    isTraining: true,
    clerk: () => clerk,
    onVoid: voidScan,
    onChange: () => {},
  });
  showPage("desk");
  work.render();
  scanner.focus();
  refreshHeader();
}

function stopTraining() {
  if (station.session()) openDesk();
  else {
    isTraining = false;
    work = null;
    delete document.body.dataset.training;
    askToPair(station, { onPaired: openDesk, onTraining: train });
  }
}

async function voidScan(row) {
  const reason = await forms.askReason(row.event.item_barcode);
  if (reason !== null) await work.takeBack(row, reason);
  scanner.focus();
}

function stored() {
  refreshHeader();
  sync.wake();
}

/** Rows were confirmed or refused by the server; `said` is its whole answer. */
function changed(changes, said) {
  if (isTraining) return;
  for (const [sequence, change] of changes) {
    history.change(sequence, change);
    if (change.duplicateOf) {
      work.say({ level: "warning", name: "elsewhere", values: { place: change.duplicateOf } });
    } else if (change.sending === REFUSED) {
      work.say({ level: "failed", name: "refused by server", values: {} });
    }
  }
  if (said.closed) closed();
  work.render();
  refreshHeader();
}

function reached(now) {
  if (isUp && !now) downSince = station.now();
  const isBack = !isUp && now;
  isUp = now;
  refreshHeader();
  if (isBack) measure();
}

function shutOut() {
  station.shutOut();
  reached(false);
  notice("pair again", text("notice pair again"), {
    level: "wrong",
    actions: [[text("pair"), () => askToPair(station, { onPaired: openDesk, onTraining: train, onBack: openDesk })]],
  });
}

/** The session is over: what is sent is deleted here, when all is sent. */
async function closed() {
  await station.closed();
  const isAllSent = history.notSent() === 0;
  notice("closed", text(isAllSent ? "notice closed" : "notice closed unsent"), {
    actions: [[text("pair"), () => askToPair(station, { onPaired: openDesk, onTraining: train, onBack: openDesk })]],
  });
  if (isAllSent) await store.forget((name) => name === station.session().name);
}

/** Rows of other sessions that the server never had are not forgotten. */
async function tellStranded() {
  const { name } = station.session();
  await store.forget((session) => session !== name);
  for (const { name: other, count } of await store.stranded(name)) {
    notice(`stranded ${other}`, text("notice stranded", { count, session: other }), {
      level: "wrong",
      actions: [
        [text("export.save"), () => saveStranded(other)],
        [text("delete"), () => deleteStranded(other, count)],
      ],
    });
  }
}

async function saveStranded(name) {
  const about = { station: station.about(), session: { ...station.session(), name } };
  const rows = (await store.rows(name)).filter((row) => row.sending !== SENT);
  saveAs("jsonl", asJsonLines(rows, about), about);
}

async function deleteStranded(name, count) {
  const words = text("delete stranded", { count, session: name });
  if (!await forms.confirmed(text("delete"), words, text("delete"))) return;
  await store.forget((session) => session === name, () => true);
  unnotice(`stranded ${name}`);
}

async function measure() {
  try {
    await station.measure();
  } catch {
    // The offset that was measured last holds until the server is back.
  }
}

async function refreshSession() {
  if (!station.token()) return;
  try {
    await station.refresh();
    reached(true);
    if (station.session().closed) await closed();
    work.render();
  } catch (error) {
    if (isShutOut(error)) shutOut();
    else reached(false);
  }
}

function refreshHeader() {
  const rows = isTraining ? 0 : history.notSent();
  const unsent = isTraining ? 0 : history.unsent();
  document.title = unsent ? `(${unsent}) ${text("title")}` : text("title");
  navigator.setAppBadge?.(unsent).catch(() => {});
  showHeader({
    session: station.session(), station: station.about(), unsent, refused: rows - unsent, isUp,
    downSince, isTraining,
  });
}

function tick() {
  const { session } = station;
  show(document.querySelector(".clock"), session() !== null);
  if (session()) byId("clock").textContent = clockTime(station.now(), session().timezone, true);
  work?.tick();
}

function listen() {
  const act = (id, run) => byId(id).addEventListener("click", async () => {
    await run();
    scanner.focus();
  });
  for (const [id, name] of [["mode-loan", "LOAN"], ["mode-return", "RETURN"], ["end-patron", "END"],
    ["undo", "UNDO"], ["yes", "YES"], ["no", "NO"]]) {
    act(id, () => work.command(name));
  }
  act("keyboard", () => {
    byId("field").inputMode = byId("field").inputMode === "none" ? "text" : "none";
    byId("field").blur();
  });
  if (matchMedia("(pointer: coarse)").matches) byId("field").inputMode = "none";
  act("tool-clerk", async () => {
    const given = await forms.askClerk(clerk);
    if (given === null) return;
    clerk = given;
    await store.keep({ clerk });
    work.render();
  });
  act("tool-due", async () => {
    const { dueDate } = work.desk();
    const given = await forms.askDueDate(dueDate, station.now(), zone());
    if (given !== null) await work.give({ dueDate: given });
  });
  act("tool-drop", async () => {
    const { givenTime } = work.desk();
    const given = await forms.askDropTime(givenTime, station.now(), zone());
    if (given !== null) await work.give({ givenTime: given ?? null });
  });
  act("tool-reprint", () => work.reprint());
  act("tool-export", exportRows);
  act("tool-commands", () => printCommands(station.session() ?? practice()));
  act("tool-training", () => (isTraining ? stopTraining() : train()));
  act("tool-help", forms.showHelp);
  act("tool-settings", async () => {
    if (!await forms.askSettings(aboutThisBrowser())) return;
    await loadTexts();
    work.render();
    refreshHeader();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isTraining && history && history.unsent() > 0) event.preventDefault();
  });
  window.addEventListener("pagehide", () => prefer("mode", work?.desk().mode ?? "loan"));
}

const zone = () => (station.session() ?? practice()).timezone;

function aboutThisBrowser() {
  return [
    text(opensOffline ? "browser offline" : "browser online only"),
    text(isPersistent ? "browser keeps" : "browser may clear"),
    text("browser version", { version: station.version || "–" }),
  ].join(" ");
}

async function exportRows() {
  if (isTraining) return;
  const chosen = await forms.askExport(history.notSent());
  if (!chosen) return;
  const all = await store.rows(station.session().name);
  const rows = chosen.what === "all" ? all : all.filter((row) => row.sending !== SENT);
  const about = { station: station.about(), session: station.session() };
  if (chosen.format === "jsonl") {
    saveAs("jsonl", asJsonLines(rows, about), about);
    return;
  }
  const { text: lines, left } = asDat(rows, about, history.isOpen);
  saveAs("dat", lines, about);
  if (left) await work.say({ level: "warning", name: "left out of dat", values: { count: left } });
}

applyTheme();
await loadTexts();
inOneWindow(() => start().catch((error) => {
  notice("broken", text("notice broken", { words: error.message }), { level: "wrong" });
}), () => showPage("elsewhere"));
