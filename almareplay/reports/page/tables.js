// A table of rows: its columns, its order, as many of its rows as were asked for, their details.

const FIRST_ROWS = 50;
const MORE_ROWS = 200;
const COPIED_MILLISECONDS = 1500;
const spokenAloud = document.getElementById("said");

function say(words) {
  spokenAloud.textContent = words;
}

async function copy(text, button) {
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copied = copyBySelection(text);
    button.focus();
  }
  say(copied ? `Copied ${shortened(text, LONGEST_ID)}` : "This browser does not let the page copy.");
  if (!copied) return;
  button.classList.add("copied");
  setTimeout(() => button.classList.remove("copied"), COPIED_MILLISECONDS);
}

/** The way to copy where a browser has no clipboard for a page from a file. */
function copyBySelection(text) {
  const field = node("textarea", { class: "unseen", "aria-hidden": "true" });
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}

/** A barcode or patron id with a button that copies all of it. */
function copyable(text, what) {
  if (!text) return "";
  const label = `Copy ${what} ${shortened(text, LONGEST_ID)}`;
  const button = node("button", { type: "button", class: "copy", "aria-label": label, title: "Copy" });
  button.addEventListener("click", () => copy(text, button));
  return node("span", { class: "copyable" }, identifier(text), button);
}

/** The box of a row of a list; the table's section hears of each tick. */
function tickBox(task, place, label) {
  const box = node("input", { type: "checkbox", "aria-label": label });
  box.checked = isTicked(task, place);
  box.addEventListener("change", () => {
    if (!keepTick(task(place), box.checked)) say("This browser has no room to keep the tick.");
    box.closest("tr").classList.toggle("ticked", box.checked);
    box.dispatchEvent(new CustomEvent("tick", { bubbles: true, detail: box.checked ? 1 : -1 }));
  });
  return box;
}

function compared(one, other, down) {
  if (one === other) return 0;
  // What is not known stands last in either order.
  if (one === null || one === "") return 1;
  if (other === null || other === "") return -1;
  return one < other === down ? 1 : -1;
}

class Table {
  /** `columns`: name, label, cell(place), key(place), the last two for what to show and to sort by;
   * `task(place)` names the tick of a row, `details(place)` lists what else is known of it. */
  constructor({ name, label, places, columns, task, details }) {
    Object.assign(this, { name, label, columns, task, details });
    this.places = [...places];
    this.inOrder = places;
    this.found = this.places;
    this.accepts = () => true;
    this.sorted = { column: null, down: false };
    this.body = node("tbody", { role: "rowgroup" });
    this.more = node("button", { type: "button", class: "more" });
    this.more.addEventListener("click", () => this.showMore());
    this.table = node("table", { role: "table", "aria-label": label }, this.head(), this.body);
  }

  fill(place) {
    place.replaceChildren(this.table, this.more);
    this.show();
  }

  filter(accepts) {
    this.accepts = accepts;
    this.found = this.places.filter(accepts);
  }

  head() {
    const line = node("tr", { role: "row" });
    for (const column of this.columns) {
      const head = node("th", { role: "columnheader", scope: "col", class: column.name });
      const button = node("button", { type: "button" }, column.label);
      button.addEventListener("click", () => this.sort(column));
      head.append(button);
      line.append(head);
    }
    if (this.details) {
      const words = node("span", { class: "unseen" }, "Details");
      line.append(node("th", { role: "columnheader", scope: "col", class: "open" }, words));
    }
    return node("thead", { role: "rowgroup" }, line);
  }

  sort(column) {
    const down = this.sorted.column === column && !this.sorted.down;
    this.sorted = { column, down };
    const keyed = this.inOrder.map((place) => [column.key(place), place]);
    keyed.sort(([one], [other]) => compared(one, other, down));
    this.places = keyed.map(([, place]) => place);
    this.found = this.places.filter(this.accepts);
    for (const head of this.table.tHead.rows[0].cells) head.removeAttribute("aria-sort");
    const head = this.table.tHead.querySelector(`th.${column.name}`);
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    this.show();
    say(`${this.label}: sorted by ${column.label}, ${down ? "descending" : "ascending"}.`);
  }

  show() {
    this.body.replaceChildren();
    this.append(FIRST_ROWS);
  }

  showMore() {
    const before = this.shown;
    this.append(MORE_ROWS);
    this.lines[before].querySelector("button, input")?.focus();
  }

  append(amount) {
    if (!this.body.firstChild) this.lines = [];
    const from = this.lines.length;
    const until = Math.min(from + amount, this.found.length);
    for (let at = from; at < until; at += 1) this.lines.push(this.line(this.found[at]));
    this.body.append(...this.lines.slice(from));
    this.shown = until;
    const rest = this.found.length - until;
    this.more.hidden = rest === 0;
    this.more.textContent = `Show ${number(Math.min(rest, MORE_ROWS))} more of ${number(rest)}`;
  }

  line(place) {
    const line = node("tr", { role: "row" });
    for (const column of this.columns) {
      const about = { class: column.name, "data-label": column.label };
      const cell = column.name === "row"
        ? node("th", { ...about, role: "rowheader", scope: "row" })
        : node("td", { ...about, role: "cell" });
      cell.append(column.cell(place));
      line.append(cell);
    }
    if (this.task) line.classList.toggle("ticked", isTicked(this.task, place));
    if (this.details) line.append(node("td", { role: "cell", class: "open" }, this.opener(place, line)));
    return line;
  }

  opener(place, line) {
    const id = `${this.name}-${place}`;
    const about = { type: "button", "aria-expanded": "false", "aria-label": this.details.label(place) };
    const button = node("button", { ...about, class: "opener" });
    button.addEventListener("click", () => {
      const opens = button.getAttribute("aria-expanded") === "false";
      button.setAttribute("aria-expanded", String(opens));
      if (!opens) {
        button.removeAttribute("aria-controls");
        line.nextElementSibling.remove();
        return;
      }
      button.setAttribute("aria-controls", id);
      line.after(this.detail(place, id));
    });
    return button;
  }

  detail(place, id) {
    const list = node("dl");
    for (const [name, value] of this.details.list(place)) {
      if (value !== "" && value !== null) list.append(node("div", {}, node("dt", {}, name), node("dd", {}, value)));
    }
    const width = this.columns.length + 1;
    return node("tr", { role: "row", class: "detail", id }, node("td", { role: "cell", colspan: width }, list));
  }
}
