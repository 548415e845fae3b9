// Code 128, set B (ISO/IEC 15417), as a drawing.

import { draw } from "./dom.js";

// Widths of bars and gaps, six for each sign; 103 to 105 are start signs.
const WIDTHS =
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222" +
  "123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321" +
  "232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121" +
  "313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224" +
  "111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111" +
  "111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113" +
  "114311411113411311113141114131311141411131211412211214211232";
const START_B = 104;
const STOP = "2331112";
const QUIET = 10;

/** The widths of bars and gaps, a bar first, that a text has as a bar code. */
export function widthsOf(text) {
  const values = [...text].map((sign) => sign.charCodeAt(0) - 32);
  if (values.some((value) => value < 0 || value > 94)) throw new Error("no sign of Code 128, set B");
  const sum = values.reduce((total, value, place) => total + value * (place + 1), START_B);
  const signs = [START_B, ...values, sum % 103];
  const all = signs.map((value) => WIDTHS.slice(value * 6, value * 6 + 6)).join("") + STOP;
  return Array.from(all, Number);
}

/** A drawing of the bar code of a text. */
export function barcode(text) {
  const widths = widthsOf(text);
  const length = widths.reduce((total, width) => total + width, 2 * QUIET);
  const drawing = draw("svg", { viewBox: `0 0 ${length} 40`, preserveAspectRatio: "none", class: "barcode" });
  let at = QUIET;
  widths.forEach((width, place) => {
    if (place % 2 === 0) drawing.append(draw("rect", { x: at, y: 0, width, height: 40 }));
    at += width;
  });
  return drawing;
}
