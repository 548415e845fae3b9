// Whether a code is a patron's card or an item.

import { hasCheckDigit } from "./codes.js";

const LIBRARY_BARCODE = /^[23]\d{13}$/;
const CHECKS = { mod10: (code) => !/^\d+$/.test(code) || hasCheckDigit(code) };

function matches(pattern, code) {
  if (!pattern) return false;
  try {
    return new RegExp(`^(?:${pattern})$`).test(code);
  } catch {
    // The pattern is one that browsers do not know: nothing is told by it.
    return false;
  }
}

/** `card`, `item`, `neither`, or `unclear` where nothing tells them apart. Without patterns those
 * barcodes are told apart that most libraries use: fourteen digits, 2 for a patron, 3 for an item,
 * with a check digit. */
export function kindOf(code, { card_pattern: card, item_pattern: item }) {
  const isCard = matches(card, code);
  const isItem = matches(item, code);
  if (isCard !== isItem) return isCard ? "card" : "item";
  if (isCard) return "unclear";
  if (card && item) return "neither";
  if (LIBRARY_BARCODE.test(code) && hasCheckDigit(code)) {
    const kind = code[0] === "2" ? "card" : "item";
    if (kind === "card" ? !card : !item) return kind;
  }
  return "unclear";
}

/** Whether a card's check digit is right, where the session checks it. */
export function isRightCard(code, { card_check: check }) {
  return CHECKS[check]?.(code) ?? true;
}
