// How far this station's clock is from the server's.

const SAMPLES = 5;

/** Milliseconds to add to this clock for the server's: the sample that came back fastest is the
 * one that is least wrong, by half of its way at most. `ask` gives the server's milliseconds. */
export async function measuredOffset(ask, now = Date.now) {
  let best = null;
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    const sent = now();
    const server = await ask();
    const received = now();
    const way = received - sent;
    if (way >= 0 && (best === null || way < best.way)) {
      best = { way, offset: Math.round(server - (sent + received) / 2) };
    }
  }
  if (best === null) throw new Error("The clock of this computer was set back meanwhile.");
  return best.offset;
}
