// What a scanner typed, without what it puts around a code: the rules by which captures are read.

const AROUND = "[\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u061c\\u1680\\u180e\\u2000-\\u200f\\u2028-\\u202f" +
  "\\u205f-\\u206f\\u3000\\ufe0f\\ufeff]";
const ENDS = new RegExp(`^${AROUND}+|${AROUND}+$`, "g");
const UNSEEN = /[\p{Cc}\p{Cf}\ufe00-\ufe0f]/gu;

const STRIPE_UNREAD = /[%;+]E\?/i;
const STRIPE = new RegExp(
  "^(?:%(?:[A-Za-z]?(\\d{5,19})\\^[^?^]*(?:\\^[^?]*)?|(\\d{5,19}))\\?)?" +
  "(?:[;+](\\d{5,19})(?:=[^?]*)?\\?)?.?$",
);
const LIKE_A_STRIPE = /%[A-Za-z]?\d{5,}\S*\?|;\d{5,}[=?]|\^|\d{5,}=\d*\?/;

// Which kind of bar code was read (ISO/IEC 15424), and the start and stop signs of Codabar.
const CODE_IDENTIFIER = /^\][A-Za-z][0-9A-Za-z]\s*(\S.{4,})$/;
const CODABAR = /^[A-DTNE*]\s*(\d{3,})\s*[A-DTNE*]$/i;

// Signs that keys of digits make on keyboards of other countries: France, Belgium, Czechia, Slovakia.
const OTHER_KEYBOARD = /[&é"'(\-è_çà§!+ěščřžýáíľť]{3,}/;

const ODD = /[^\p{L}\p{N}\-._/:+$@#&~ ]/u;

/** The text without blanks, marks and control characters around it. */
export const bare = (text) => text.replace(ENDS, "");

/** Whether the last digit is what the others demand (modulus 10). */
export function hasCheckDigit(digits) {
  let total = 0;
  [...digits].reverse().forEach((digit, place) => {
    const value = Number(digit) * (1 + (place % 2));
    total += value > 9 ? value - 9 : value;
  });
  return total % 10 === 0;
}

/** What was scanned without what the scanner was set to put around it. */
export function trimmed(scanned, { scanner_prefix: prefix, scanner_suffix: suffix }) {
  let text = bare(scanned);
  if (prefix && text.startsWith(prefix)) text = bare(text.slice(prefix.length));
  if (suffix && text.endsWith(suffix)) text = bare(text.slice(0, -suffix.length));
  return text;
}

/** The code in what was scanned: `{code}`, or `{problem}` with the name of what is wrong. `options`
 * are those of the session. Of a magnetic stripe only the number is left, never the name on it. */
export function codeIn(scanned, options) {
  if (/[\t\r\n]/.test(bare(scanned))) return { problem: "odd" };
  let code = trimmed(scanned.replace(UNSEEN, ""), options);
  if (STRIPE_UNREAD.test(code)) return { problem: "stripe" };
  const stripe = STRIPE.exec(code);
  const numbers = new Set(stripe ? stripe.slice(1).filter(Boolean) : []);
  if (numbers.size === 1) [code] = numbers;
  else if (LIKE_A_STRIPE.test(code)) return { problem: "stripe" };
  code = CODE_IDENTIFIER.exec(code)?.[1] ?? code;
  const between = CODABAR.exec(code)?.[1];
  if (between && hasCheckDigit(between)) code = between;
  return judged(code, options);
}

function judged(code, { min_length: shortest, max_length: longest }) {
  if (code.length < shortest) return { problem: "short" };
  if (code.length > longest) return { problem: "long" };
  if (!/\p{N}/u.test(code)) {
    const typed = OTHER_KEYBOARD.exec(code);
    if (typed && /[^\x00-\x7f]/.test(typed[0])) return { problem: "keyboard" };
  }
  if (ODD.test(code) || / {2}/.test(code)) return { problem: "odd" };
  return { code };
}
