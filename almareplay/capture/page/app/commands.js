// The commands of a desk, for keys and for bar codes to print.

/** Keys that browsers leave to pages. */
export const KEYS = { F2: "LOAN", F4: "RETURN", F8: "END", F9: "UNDO" };

export const COMMANDS = ["LOAN", "RETURN", "END", "UNDO", "YES", "NO", "RECEIPT"];

/** The command that was scanned or typed; undefined for all else. Answers may be typed by one
 * letter, which no barcode is: `letters` gives them as `{YES: "Y", NO: "N"}`. */
export function commandIn(scanned, letters) {
  const typed = scanned.trim().toUpperCase();
  if (typed.startsWith("%")) return COMMANDS.find((name) => typed === `%${name}`);
  return Object.keys(letters).find((name) => letters[name] === typed);
}
