// The page of a desk, from its beginning.

import { byId, show } from "./dom.js";
import { askReason } from "./forms.js";
import { newHistory } from "./history.js";
import { notice, showHeader, unnotice } from "./notices.js";
import { askToPair } from "./pairing.js";
import { applyTheme, prefer } from "./preferences.js";
import { newRecorder, practiceStore } from "./recording.js";
import { newWork } from "./scanning.js";
import { watchField } from "./scanner.js";
import { practice } from "./session.js";
import { isShutOut, openStation } from "./station.js";
import { openStore, REFUSED } from "./store.js";
import { tellStranded } from "./stranded.js";
import { startSync } from "./sync.js";
import { loadTexts, text } from "./texts.js";
import { listenToTools } from "./tools.js";
import { askToKeepData, inOneWindow, keepPage } from "./updates.js";
import { showPage } from "./view.js";
import { clockTime } from "./zone.js";

const COMPARE_EVERY_MS = 5 * 60_000;

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
  listenToTools({
    work: () => work,
    history: () => history,
    isTraining: () => isTraining,
    clerk: () => clerk,
    setClerk,
    toggleTraining: () => (isTraining ? stopTraining() : train()),
    aboutBrowser,
    textsChanged: () => {
      work.render();
      refreshHeader();
    },
  }, station, scanner.focus);
  window.addEventListener("beforeunload", (event) => {
    if (!isTraining && history?.unsent()) event.preventDefault();
  });
  window.addEventListener("pagehide", () => prefer("mode", work?.desk().mode ?? "loan"));
  setInterval(tick, 1000);
  setInterval(compare, COMPARE_EVERY_MS);
  if (station.session()) await openDesk();
  else askToPair(station, { onPaired: openDesk, onTraining: train });
  document.documentElement.classList.add("ready");
  opensOffline = await keepPage((takeOver) => notice("newer", text("notice newer"), {
    actions: [[text("notice newer take"), takeOver]],
  }));
  if (!opensOffline) notice("online only", text("browser online only"), { level: "wrong" });
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
  unnotice("closed");
  if (!station.token()) shutOut();
  await tellStranded(store, station);
  await compare();
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
  const reason = await askReason(row.event.item_barcode);
  if (reason !== null) await work.takeBack(row, reason);
  scanner.focus();
}

function stored() {
  refreshHeader();
  sync.wake();
}

/** Rows were confirmed or refused by the server; `said` is its whole answer. */
function changed(changes, said) {
  if (isTraining || !history) return;
  for (const [sequence, change] of changes) {
    const row = history.change(sequence, change);
    // What the desk was told when it was scanned need not be told again.
    if (change.duplicateOf && row && !row.twice && history.isOpen(row.event.id)) {
      const values = { place: change.duplicateOf, code: row.event.item_barcode };
      work.say({ level: "warning", name: "elsewhere", values });
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
  if (isBack) compare();
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
  if (isAllSent) await store.forget((name) => name === station.session().name);
  notice("closed", text(isAllSent ? "notice closed" : "notice closed unsent"), {
    actions: [[text("pair"), () => askToPair(station, { onPaired: openDesk, onTraining: train, onBack: openDesk })]],
  });
}

/** Compare the clock and the session with the server's. */
async function compare() {
  if (!station.token()) return;
  try {
    await station.measure();
    await station.refresh();
    reached(true);
    if (station.session().closed) await closed();
    else if (!isTraining) work?.render();
  } catch (error) {
    // What was known last holds until the server is back.
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

async function setClerk(words) {
  clerk = words;
  await store.keep({ clerk });
  work.render();
}

function aboutBrowser() {
  return [
    text(opensOffline ? "browser offline" : "browser online only"),
    text(isPersistent ? "browser keeps" : "browser may clear"),
    text("browser version", { version: station.version || "–" }),
  ].join(" ");
}

applyTheme();
await loadTexts();
inOneWindow(() => start().catch((error) => {
  notice("broken", text("notice broken", { words: error.message }), { level: "wrong" });
}), () => showPage("elsewhere"));
