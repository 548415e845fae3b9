// The page: its tables, its filter, and the numbers of what was found and what is done.

/** A section of the page with its table. `printed` are the columns on paper, `isTask` tells which
 * rows leave something to do. */
function listOf(section) {
  const name = section.id;
  const source = { "pull-list": pulls, fines, "fines-by-day": fines }[name] ?? rows;
  // What staff have nothing to do about is folded.
  const isToDo = section.querySelector("details") === null;
  const isOfRows = isToDo
    ? { columns: toDoColumns, printed: printedColumns, task: IS_PREDICTED ? undefined : taskOfRow, details: rowDetails }
    : { columns: restColumns, details: rowDetails };
  const shapes = {
    "pull-list": { columns: pullColumns, printed: printedPullColumns, task: taskOfPull },
    fines: { columns: fineColumns, printed: fineColumns, task: taskOfFine, details: fineDetails },
    "fines-by-day": { columns: fineColumnsByDay, details: fineDetails },
  };
  const { printed, ...shape } = shapes[name] ?? isOfRows;
  const title = section.querySelector("h3").textContent;
  const places = source === rows ? sections.get(name) : placesOf(source, name);
  return {
    name,
    section,
    source,
    isToDo,
    printed,
    title,
    advice: section.querySelector(".advice").textContent,
    fold: section.querySelector("details"),
    count: section.querySelector(".count"),
    counted: section.querySelector(".count").textContent,
    table: new Table({ ...shape, name, label: title, places }),
    tasks: isToDo && shape.task ? (source === fines ? places.filter(isOpenFine) : places) : [],
  };
}

/** The places of the rows of a list, by the name of its section. */
function placesOf(source, name) {
  const all = Array.from({ length: source.size }, (_, place) => place);
  return source === fines ? all.filter((fine) => (fines.wrong[fine] === "none") === (name === "fines-by-day")) : all;
}

const lists = [...document.querySelectorAll("section.rows")].map(listOf);

function showList(list) {
  if (!list.fold || list.fold.open) list.table.fill(list.section.querySelector(".table"));
}

function countTicks() {
  for (const list of lists) {
    list.done = list.tasks.filter((place) => isTicked(list.table.task, place)).length;
  }
}

function showCount({ table, count, counted, done }) {
  const found = table.found.length < table.places.length ? `${number(table.found.length)} of ` : "";
  count.textContent = `${found}${counted}${done ? `, ${number(done)} ticked` : ""}`;
}

function showTicked() {
  const all = lists.reduce((sum, list) => sum + list.tasks.length, 0);
  const done = lists.reduce((sum, list) => sum + list.done, 0);
  document.getElementById("ticked").textContent = all ? `${number(done)} of ${number(all)} ticked` : "";
}

function showFound(filter) {
  const ofRows = lists.filter((list) => list.source === rows);
  const found = ofRows.reduce((sum, list) => sum + list.table.found.length, 0);
  const toDo = ofRows.filter((list) => list.isToDo).reduce((sum, list) => sum + list.table.found.length, 0);
  const what = isAsked(filter) ? `${number(found)} of ${counted(rows.size, "row")} found` : counted(rows.size, "row");
  document.getElementById("found").textContent = `${what}, ${number(toDo)} to ${IS_PREDICTED ? "settle" : "do"}`;
  document.getElementById("nothing-found").hidden = !isAsked(filter) || lists.some((list) => !list.section.hidden);
}

function applyFilter() {
  const filter = asked();
  const asking = isAsked(filter);
  const accepts = rowFilter(filter);
  for (const list of lists) {
    list.table.filter(list.source === rows ? accepts : listFilter(list.source, filter));
    const { length } = list.table.found;
    list.section.hidden = asking && !length;
    // Somebody looks for a row: it is shown, even among those with nothing to do.
    if (list.fold && asking) list.fold.open = length > 0;
    showList(list);
    showCount(list);
  }
  showFound(filter);
}

function begin() {
  fillFilter();
  for (const list of lists) {
    list.fold?.addEventListener("toggle", () => showList(list));
    list.section.addEventListener("tick", ({ detail }) => {
      list.done += detail;
      showCount(list);
      showTicked();
    });
  }
  form.addEventListener("input", applyFilter);
  form.elements.clear.addEventListener("click", () => {
    form.reset();
    applyFilter();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.elements.paper.addEventListener("click", () => window.print());
  // Another window with this report has ticked something.
  window.addEventListener("storage", ({ key }) => {
    if (key !== null && !key.startsWith(TASKS)) return;
    readTicks();
    countTicks();
    applyFilter();
    showTicked();
  });
  countTicks();
  applyFilter();
  showTicked();
  if (!storage && !IS_PREDICTED) {
    document.getElementById("storage").textContent =
      "This browser keeps no ticks for this page: they are gone when it is closed or opened anew.";
    document.getElementById("storage").classList.add("strong");
  }
  document.getElementById("storage").hidden = IS_PREDICTED;
  form.hidden = false;
  document.documentElement.classList.add("ready");
}

begin();
