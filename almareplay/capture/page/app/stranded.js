// Scans of another session that the server never had: they stay until somebody has saved them.

import { asJsonLines, saveAs } from "./export.js";
import { confirmed } from "./forms.js";
import { notice, unnotice } from "./notices.js";
import { SENT } from "./store.js";
import { text } from "./texts.js";

/** Tell of the scans of other sessions than that of the station, and forget those that were sent. */
export async function tellStranded(store, station) {
  const { name } = station.session();
  await store.forget((session) => session !== name);
  for (const { name: other, count } of await store.stranded(name)) {
    notice(`stranded ${other}`, text("notice stranded", { count, session: other }), {
      level: "wrong",
      actions: [
        [text("export.save"), () => saveRows(store, station, other)],
        [text("delete"), () => deleteRows(store, other, count)],
      ],
    });
  }
}

async function saveRows(store, station, name) {
  const about = { station: station.about(), session: { ...station.session(), name } };
  const rows = (await store.rows(name)).filter((row) => row.sending !== SENT);
  saveAs("jsonl", asJsonLines(rows, about), about);
}

async function deleteRows(store, name, count) {
  const words = text("delete stranded", { count, session: name });
  if (!await confirmed(text("delete"), words, text("delete"))) return;
  await store.forget((session) => session === name, () => true);
  unnotice(`stranded ${name}`);
}
