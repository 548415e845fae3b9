// The overview for whoever is in charge: what each station has sent, and closing the session.

import { byId, make, show } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { wordsOf } from "./pairing.js";
import { applyTheme } from "./preferences.js";
import { ask, Refusal } from "./server.js";
import { openStore } from "./store.js";
import { currentLanguage, loadTexts, text } from "./texts.js";
import { clockTime, day, dayInWords, knownZone } from "./zone.js";

const EVERY_MS = 5_000;
const SILENT_MS = 2 * 60_000;
const COLUMNS = ["station", "loans", "returns", "voided", "refused", "late", "unsent", "last scan",
  "last seen", "clock", "version"];
const NUMBERS = new Set(["loans", "returns", "voided", "refused", "late", "unsent"]);

let token = "";
let store;
let shown = "";

async function start() {
  store = await openStore();
  // A desk's browser may look without the code: what is shown names no patron.
  token = (await store.kept("overview token")) ?? (await store.kept("token")) ?? "";
  byId("code-form").onsubmit = giveCode;
  byId("close-session").onclick = closeSession;
  if (token) await refresh();
  else askForCode();
  setInterval(() => token && refresh(), EVERY_MS);
  document.documentElement.classList.add("ready");
}

function askForCode() {
  show(byId("asking"), true);
  show(byId("overview"), false);
  byId("code-form").elements.code.focus();
}

async function giveCode(event) {
  event.preventDefault();
  const { code } = byId("code-form").elements;
  const problem = byId("code-problem");
  problem.textContent = "";
  try {
    ({ token } = await ask("/api/overview", { body: { code: code.value.trim() } }));
    code.value = "";
    await store.keep({ "overview token": token });
    await refresh();
  } catch (error) {
    problem.textContent = wordsOf(error);
    code.focus();
  }
}

async function refresh() {
  try {
    showAll(await ask("/api/overview", { token }));
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) {
      token = "";
      await store.keep({ "overview token": undefined });
      askForCode();
      return;
    }
    showState("down", text("overview.down"));
  }
}

function showState(state, words) {
  const element = byId("state");
  show(element, true);
  element.dataset.state = state;
  if (element.textContent !== words) element.textContent = words;
}

function showAll(said) {
  const { session } = said;
  const zone = knownZone(session.timezone);
  const { stations } = said;
  show(byId("asking"), false);
  show(byId("overview"), true);
  byId("where").textContent = session.name;
  showState(session.closed ? "training" : "done", session.closed
    ? text("overview.closed at", { time: timeOf(session.closed_ms, said.now_ms, zone) })
    : text("overview.at", { time: clockTime(said.now_ms, zone, true) }));
  // What has not changed is not written anew: a reader of the screen would begin again.
  const now = JSON.stringify([stations, session, currentLanguage(), Math.floor(said.now_ms / 30_000)]);
  if (now === shown) return;
  shown = now;
  showCounts(stations);
  byId("columns").replaceChildren(...COLUMNS.map((name) =>
    make("th", { scope: "col", class: NUMBERS.has(name) ? "number" : undefined }, text(`column ${name}`))));
  byId("stations").replaceChildren(...stations.map((each) => rowOf(each, said, zone)));
  show(byId("close-session"), !session.closed);
  showNext(stations, said);
}

function showCounts(stations) {
  const sum = (name) => stations.reduce((total, each) => total + each[name], 0);
  const counts = ["loans", "returns", "unsent"].map((name) => [name, sum(name)]);
  byId("counts").replaceChildren(
    ...[["stations", stations.length], ...counts].map(([name, count]) =>
      make("div", { class: name === "unsent" && count ? "wrong" : undefined },
        make("dt", {}, text(`count ${name}`)), make("dd", {}, String(count)))));
}

/** A time today as a clock's, else with its day. */
function timeOf(ms, now, zone) {
  if (ms === null) return "–";
  const time = clockTime(ms, zone);
  if (day(ms, zone) === day(now, zone)) return time;
  return `${dayInWords(day(ms, zone), currentLanguage())}, ${time}`;
}

function rowOf(each, { now_ms: now, page_version: version }, zone) {
  const isSilent = now - each.last_seen_ms > SILENT_MS;
  const offset = each.clock_offset_ms;
  const cells = {
    "last scan": timeOf(each.last_scan_ms, now, zone),
    "last seen": isSilent ? text("silent since", { time: timeOf(each.last_seen_ms, now, zone) }) : text("seen now"),
    clock: offset === null ? "–" : clockWords(Math.round(offset / 1000)),
    version: each.version || "–",
  };
  const wrong = {
    unsent: each.unsent > 0, late: each.late > 0, "last seen": isSilent,
    version: each.version && each.version !== version,
  };
  const place = [each.library, each.circ_desk].filter(Boolean).join("/");
  const clerks = each.clerks.length ? text("clerks", { clerks: each.clerks.join(", ") }) : "";
  return make("tr", {},
    make("th", { scope: "row" }, each.name, make("small", {}, [place, clerks].filter(Boolean).join(" · "))),
    COLUMNS.slice(1).map((name) => make("td", {
      class: [NUMBERS.has(name) && "number", wrong[name] && "wrong"].filter(Boolean).join(" ") || undefined,
    }, String(cells[name] ?? each[name]))));
}

/** How far a station's clock is from the server's, which is what is added to it. */
function clockWords(seconds) {
  if (Math.abs(seconds) < 2) return text("clock right");
  const size = Math.abs(seconds);
  const words = size < 120 ? `${size} s` : `${Math.round(size / 60)} min`;
  return text(seconds > 0 ? "clock slow" : "clock fast", { words });
}

const isOpen = (each, now) => each.unsent > 0 || now - each.last_seen_ms > SILENT_MS;

function showNext(stations, said) {
  show(byId("next"), said.session.closed);
  if (!said.session.closed) return;
  const open = stations.filter((each) => isOpen(each, said.now_ms));
  byId("open-stations").textContent = open.length
    ? text("overview.open", { names: open.map(openWords).join(", ") }) : text("overview.none open");
  byId("steps").replaceChildren(...said.next.map((command) => make("li", {}, make("code", {}, command))));
}

const openWords = ({ name, unsent }) => (unsent ? `${name} (${text("overview.unsent", { count: unsent })})` : name);

async function closeSession() {
  const answer = await openDialog({
    title: text("overview.close"),
    parts: [make("p", {}, text("overview.close how")),
      make("label", {}, make("span", {}, text("pair.code")), make("input", { name: "code", required: true, maxlength: "100" }))],
    choices: [["ok", text("overview.close")]],
  });
  if (!answer) return;
  try {
    showAll(await ask("/api/close", { token, body: { code: answer.code.trim() } }));
  } catch (error) {
    await openDialog({ title: text("overview.not closed"), parts: [make("p", {}, wordsOf(error))] });
  }
}

applyTheme();
await loadTexts();
document.title = text("overview.title");
await start();
