// What is done: an entry of the browser's storage for each tick, so that two windows agree.

const TASKS = `almareplay|${RUN}|`;

const storage = (() => {
  try {
    const probe = `${TASKS}probe`;
    localStorage.setItem(probe, "1");
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return null;
  }
})();

/** The names of what is ticked. */
const ticked = new Set();

function readTicks() {
  if (!storage) return;
  ticked.clear();
  for (let place = 0; place < storage.length; place += 1) {
    const name = storage.key(place);
    if (name.startsWith(TASKS)) ticked.add(name);
  }
}

/** A number for a text that tells it from others (FNV-1a): storage need not hold the ids itself. */
function digest(text) {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}

/** The name of a row's tick. A row that was replayed anew is another task, also in another run of
 * the same name. */
function taskOfRow(row) {
  const about = ["captured_at", "item_barcode", "patron_id", "completed_at"];
  const mark = digest(JSON.stringify(about.map((name) => rows[name][row])));
  return `${TASKS}${rows.row[row]}|${rows.outcome[row]}|${mark}`;
}

function taskOfPull(pull) {
  const mark = digest(JSON.stringify([pulls.returned[pull], pulls.item_barcode[pull]]));
  return `${TASKS}${pulls.row[pull]}|fetch|${mark}`;
}

function taskOfFine(fine) {
  const about = [fines.captured_at[fine], fines.item_barcode[fine], fines.amount[fine], fines.fee_id[fine]];
  return `${TASKS}${fines.row[fine]}|fine|${digest(JSON.stringify(about))}`;
}

/** Whether a row of a list is ticked; `task` names its tick. */
function isTicked(task, place) {
  return ticked.size > 0 && ticked.has(task(place));
}

/** Keep a tick, or take it back; false where there is no room to keep it. */
function keepTick(name, isDone) {
  if (isDone) ticked.add(name);
  else ticked.delete(name);
  try {
    if (isDone) storage?.setItem(name, "1");
    else storage?.removeItem(name);
    return true;
  } catch {
    return false;
  }
}

readTicks();
