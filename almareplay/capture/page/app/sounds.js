// A sound for each kind of result, told apart with closed eyes. Made here: no files.

import { preference } from "./preferences.js";

// Hertz, seconds from the beginning, seconds long; the shape of the wave.
const SOUNDS = {
  ready: { wave: "sine", tones: [[660, 0, 0.06]] },
  saved: { wave: "sine", tones: [[1320, 0, 0.09]] },
  warning: { wave: "triangle", tones: [[740, 0, 0.12], [740, 0.18, 0.12]] },
  blocked: { wave: "square", tones: [[220, 0, 0.18], [220, 0.26, 0.18], [220, 0.52, 0.18]] },
  refused: { wave: "square", tones: [[330, 0, 0.1], [165, 0.1, 0.25]] },
  failed: { wave: "sawtooth", tones: [[880, 0, 0.2], [440, 0.2, 0.2], [880, 0.4, 0.2], [440, 0.6, 0.4]] },
};

export const LEVELS = Object.keys(SOUNDS);

let context = null;

/** Play the sound of a level, once somebody has touched the page: browsers are silent before. */
export function play(level) {
  if (preference("sounds", "on") !== "on") return;
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume();
    const { wave, tones } = SOUNDS[level];
    for (const tone of tones) playTone(wave, ...tone);
  } catch {
    // Without a loudspeaker the colours and words are left.
  }
}

function playTone(wave, hertz, from, length) {
  const begin = context.currentTime + from;
  const source = new OscillatorNode(context, { type: wave, frequency: hertz });
  const loudness = new GainNode(context, { gain: 0 });
  // A wave that begins at once clicks.
  loudness.gain.linearRampToValueAtTime(0.25, begin + 0.005);
  loudness.gain.setValueAtTime(0.25, begin + length - 0.02);
  loudness.gain.linearRampToValueAtTime(0, begin + length);
  source.connect(loudness).connect(context.destination);
  source.start(begin);
  source.stop(begin + length);
}
