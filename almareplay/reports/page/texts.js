"use strict";

// Whatever stands in the data becomes text here and nothing else: no markup is ever parsed.

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const LONGEST_ID = 40;
const LONGEST_PROSE = 280;

// Signs that nobody sees: controls, halves of characters, marks of direction, joiners, odd blanks.
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/gu;
// Prose has lines, and scripts and pictures that need joiners and variants.
const UNSEEN_IN_PROSE = /(?![\n\t\u00a0\u200c\u200d\ufe0e\ufe0f])(?:[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs})/gu;

function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function number(value) {
  return value.toLocaleString("en");
}

function counted(value, one, many = `${one}s`) {
  return `${number(value)} ${value === 1 ? one : many}`;
}

function titled(word) {
  const words = word.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The text as nodes, with a label in the place of each sign that cannot be seen. */
function marked(text, unseen) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(unseen)) {
    const code = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    nodes.push(text.slice(end, found.index), node("span", { class: "sign" }, `U+${code}`));
    end = found.index + found[0].length;
  }
  return [...nodes, text.slice(end)];
}

function shortened(text, longest) {
  return text.length > longest ? Array.from(text.slice(0, 2 * longest)).slice(0, longest).join("") : text;
}

/** A barcode or the id of a patron, every sign of it visible; a long one cut unless `whole`. */
function identifier(text, whole = false) {
  const shown = whole ? text : shortened(text, LONGEST_ID);
  const made = node("bdi", { class: "id" }, ...marked(shown, UNSEEN));
  if (shown !== text) made.append(node("span", { class: "cut" }, `… (${number(text.length)} characters)`));
  return made;
}

function prose(text, whole = true) {
  const shown = whole ? text : shortened(text, LONGEST_PROSE);
  return node("bdi", { class: "prose" }, ...marked(shown === text ? text : `${shown}…`, UNSEEN_IN_PROSE));
}

function spoken(date, withYear) {
  const day = `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
  const year = withYear ? ` ${date.getUTCFullYear()}` : "";
  return `${day}${year} ${date.toISOString().slice(-13, -8)}`;
}

/** A moment by the clock of the library, which is the clock of all times here. */
function clock(moment, withYear) {
  const local = new Date(`${moment.slice(0, 19)}Z`);
  const words = Number.isNaN(local.getTime()) ? moment : spoken(local, withYear);
  return node("time", { datetime: moment }, words);
}
