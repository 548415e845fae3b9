// The words of the page, a table for each language. A new language is a table beside the others
// and an entry here.

import { preference } from "./preferences.js";

export const LANGUAGES = { en: "English", de: "Deutsch" };

let words = {};
let fallback = {};
let language = "en";
let plural = new Intl.PluralRules("en");

/** The language of the page: as preferred here, else the first of the browser's that is there. */
function chosenLanguage() {
  const wanted = [preference("language"), ...navigator.languages].map((each) => each.split("-")[0]);
  return wanted.find((each) => each in LANGUAGES) ?? "en";
}

async function table(name) {
  const answer = await fetch(`/texts/${name}.json`);
  if (!answer.ok) throw new Error(`/texts/${name}.json: ${answer.status}`);
  return answer.json();
}

/** Read the words and put them into the page. */
export async function loadTexts() {
  language = chosenLanguage();
  plural = new Intl.PluralRules(language);
  fallback = await table("en");
  words = language === "en" ? fallback : await table(language);
  document.documentElement.lang = language;
  fillIn(document);
}

/** Put words where `data-text` and `data-label` name them. */
export function fillIn(part) {
  for (const element of part.querySelectorAll("[data-text]")) {
    element.textContent = text(element.dataset.text);
  }
  for (const element of part.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
  }
}

/** The words of a name, with values in the places of `{value}`. A `count` chooses between
 * `name.one` and `name.other`. */
export function text(name, values = {}) {
  let found = words[name] ?? fallback[name];
  if (found === undefined && "count" in values) {
    const form = `${name}.${plural.select(values.count)}`;
    const other = `${name}.other`;
    found = words[form] ?? words[other] ?? fallback[form] ?? fallback[other];
  }
  if (found === undefined) return name;
  return found.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

export const currentLanguage = () => language;
