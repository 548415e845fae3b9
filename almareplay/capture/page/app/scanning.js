// The work of a desk: what was scanned and typed, one after the other, stored before it is said.

import { codeIn, trimmed } from "./codes.js";
import { commandIn } from "./commands.js";
import { afterTimeout, answerQuestion, changeMode, endPatron, newDesk, takeScan } from "./desk.js";
import { preference } from "./preferences.js";
import { printReceipt } from "./printing.js";
import { standingOf } from "./patrons.js";
import { play } from "./sounds.js";
import { currentLanguage, text } from "./texts.js";
import { showDesk, tell } from "./view.js";
import { clockTime, day, dayInWords } from "./zone.js";

/** The work of one desk. `about`: `session()`, `patrons()` (list or null), `station()` (its name and
 * place), `now(at)` (server's time), `history`, `recorder`, `isTraining`, `clerk()`, `onVoid(row)`,
 * `onChange()` after something was stored. */
export function newWork(about) {
  const { history, recorder } = about;
  let desk = newDesk(preference("mode", "loan") === "return" ? "return" : "loan");
  let since = history.lastSequence();
  let receipt = null;
  let chain = Promise.resolve();

  const rules = () => ({
    options: about.session().options,
    standingOf: (id) => standingOf(id, about.patrons()),
    wasItem: history.wasItem,
    wasCard: history.wasCard,
  });

  /** One after the other, however fast they come. */
  function inTurn(work) {
    chain = chain.then(work).catch((error) => say({ level: "failed", name: "broken", values: { words: error.message } }));
    return chain;
  }

  function say(result) {
    tell(result);
    play(result.level);
    render();
  }

  function render() {
    const list = about.patrons();
    showDesk({
      desk,
      history,
      session: about.session(),
      items: rowsOf(desk.patron).length,
      isTraining: about.isTraining,
      clerk: about.clerk(),
      listDate: list ? dayInWords(list.made_at.slice(0, 10), currentLanguage()) : "",
      onVoid: about.onVoid,
    });
  }

  const rowsOf = (patron) => (patron
    ? history.since(since, ({ kind, patron_id: id }) => kind === "loan" && id === patron.id) : []);

  async function kept(work) {
    try {
      const row = await work();
      history.add(row);
      about.onChange();
      return row;
    } catch {
      return null;
    }
  }

  /** Store what is to be stored, and only then go on and say so. */
  async function follow(answer) {
    const before = desk;
    let { result } = answer;
    if (answer.record) {
      const twice = history.lastOf(answer.record.item_barcode);
      const row = await kept(() => recorder.scan(answer.record));
      if (!row) {
        say({ level: "failed", name: "not kept", values: { code: answer.record.item_barcode } });
        return;
      }
      result = { ...result, values: { code: answer.record.item_barcode } };
      if (twice?.event.kind === answer.record.kind) {
        row.twice = true;
        const time = clockTime(twice.event.captured_ms, about.session().timezone);
        result = { level: "warning", name: `${answer.record.kind} twice`, values: { ...result.values, time } };
      }
    }
    if (answer.ended) keepReceipt(answer.ended);
    desk = answer.state;
    if (desk.patron?.id !== before.patron?.id) since = history.lastSequence();
    say(result);
    // The browser's dialog takes the keys: it must not come while a scanner may be at work.
    const isPause = result.name === "patron ended" && receipt;
    if (isPause && preference("receipts", "none") !== "none") print();
  }

  function keepReceipt(patron) {
    const rows = rowsOf(patron);
    receipt = rows.length ? { kind: "loan", patron: patron.id, rows } : null;
  }

  function print() {
    const paper = preference("receipts", "none") === "a4" ? "a4" : "narrow";
    const now = about.now(Date.now());
    printReceipt({
      ...receipt, now, session: about.session(), station: about.station(), training: about.isTraining,
    }, paper);
  }

  /** Print the receipt of the patron at the desk, of the returns since the mode was chosen, or the
   * last one again. */
  function reprint() {
    if (desk.patron && rowsOf(desk.patron).length) keepReceipt(desk.patron);
    else if (desk.mode === "return") {
      const rows = history.since(since, ({ kind }) => kind === "return");
      if (rows.length) receipt = { kind: "return", patron: "", rows };
    }
    if (!receipt) say({ level: "refused", name: "no receipt" });
    else print();
  }

  async function takeBack(row, reason, name) {
    const { id, item_barcode: code } = row.event;
    if (isClosed()) return say({ level: "refused", name: "closed" });
    if (!history.isOpen(id)) return undefined;
    const isKept = await kept(() => recorder.takeBack(id, reason));
    return say({ level: isKept ? "ready" : "failed", name: isKept ? name : "not voided", values: { code } });
  }

  const isClosed = () => about.session().closed;

  async function run(name, at) {
    if (isClosed() && name !== "RECEIPT") return say({ level: "refused", name: "closed" });
    if (name === "YES" || name === "NO") return follow(answerQuestion(desk, name === "YES", at, rules()));
    if (name === "END") return follow(endPatron(desk));
    if (name === "LOAN" || name === "RETURN") return follow(changeMode(desk, name.toLowerCase()));
    if (name === "RECEIPT") return reprint();
    if (desk.question) return say({ level: "refused", name: "answer first", values: {} });
    const last = history.last();
    if (!last) return say({ level: "refused", name: "nothing to undo" });
    return takeBack(last, "undone", "undone");
  }

  async function take(scanned, at) {
    const { options } = about.session();
    const letters = { YES: text("letter YES"), NO: text("letter NO") };
    const command = commandIn(trimmed(scanned, options), letters);
    if (command) return run(command, at);
    const { code, problem } = codeIn(scanned, options);
    if (isClosed()) return say({ level: "refused", name: "closed" });
    if (problem) return say({ level: "refused", name: problem, values: lengths(options) });
    return follow(takeScan(desk, code, at, rules()));
  }

  return {
    scan(scanned) {
      const at = Date.now();
      return inTurn(() => take(scanned, at));
    },
    command(name) {
      const at = Date.now();
      return inTurn(() => run(name, at));
    },
    takeBack: (row, reason) => inTurn(() => takeBack(row, reason, "voided")),
    /** End a patron with whom nothing was done for too long. */
    tick: () => inTurn(() => {
      const answer = afterTimeout(desk, Date.now(), about.session().options);
      return answer.result ? follow(answer) : undefined;
    }),
    give: (values) => inTurn(() => {
      desk = { ...desk, ...values };
      render();
    }),
    say: (result) => inTurn(() => say(result)),
    reprint: () => inTurn(reprint),
    desk: () => desk,
    settled: () => chain,
    render,
  };
}

const lengths = ({ min_length: shortest, max_length: longest }) => ({ shortest, longest });
