// What the explorers play: one sound at a time, and only after a click.
import { choice } from "./shared.js";

/** Band-limited interpolation by a whole factor, since browsers refuse rates below 3 to 8 kHz. */
export function upsample(x, factor) {
  const half = 12, y = new Float32Array(x.length * factor);
  const weight = (t) =>
    t === 0 ? 1 : Math.abs(t) >= half ? 0 : (Math.sin(Math.PI * t) / (Math.PI * t)) * Math.cos((Math.PI * t) / (2 * half)) ** 2;
  for (let phase = 0; phase < factor; phase++) {
    const taps = Array.from({ length: 2 * half }, (_, j) => weight(j - half + 1 - phase / factor));
    for (let k = 0; k < x.length; k++) {
      let sum = 0;
      for (let j = 0; j < 2 * half; j++) sum += taps[j] * (x[k + j - half + 1] ?? 0);
      y[k * factor + phase] = sum;
    }
  }
  return y;
}

/** Sounds of a model's trait `clips`: [{name, x}], samples between -1 and 1. */
export function readClips(model) {
  return model.get("clips").map(({ name, samples }) => {
    const view = new DataView(samples.buffer ?? samples, samples.byteOffset ?? 0, samples.byteLength);
    return { name, x: Float64Array.from({ length: view.byteLength / 2 }, (_, k) => view.getInt16(2 * k, true) / 32767) };
  });
}

// [value, text] of how fast to play: slow hearts lie where small speakers are silent.
const SPEEDS = [["1", "at its own pitch"], ["2", "twice as high"], ["4", "four times as high"]];

/** A list of the speeds, at first the highest; `state.speed` is the one that is chosen. */
export function speedChoice(state) {
  const pick = choice("Playback", SPEEDS, (value) => (state.speed = Number(value)));
  pick.set((state.speed = 4));
  return pick;
}

/** A list of the sounds in `state.clips`, at first the first; `state.clip` is the place of the one that is chosen. */
export function clipChoice(state, changed) {
  const pick = choice("Sound", state.clips.map(({ name }, i) => [i, name]), (value) => ((state.clip = Number(value)), changed()));
  pick.set((state.clip = 0));
  return pick;
}

// One sound at a time, brought to the same peak and with soft ends.
function makePlayer() {
  let audio = null, source = null;
  const stop = () => (source?.stop(), (source = null));
  const play = (x, sampleRate, speed, ended) => {
    stop();
    audio ??= new AudioContext();
    const factor = Math.max(1, Math.ceil(8000 / sampleRate)), y = upsample(x, factor);
    const peak = y.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9), fade = 0.01 * sampleRate * factor;
    const buffer = audio.createBuffer(1, y.length, Math.round(sampleRate * factor));
    buffer.copyToChannel(y.map((v, k) => (0.8 * v * Math.min(1, k / fade, (y.length - 1 - k) / fade)) / peak), 0);
    source = new AudioBufferSourceNode(audio, { buffer, playbackRate: speed });
    source.connect(audio.destination);
    const mine = source;
    source.onended = () => (source === mine && (source = null), ended());
    source.start();
    return buffer.duration / speed;
  };
  return { play, stop, close: () => (stop(), audio?.close()) };
}

/**
 * Buttons that play and stop, one sound at a time. `sources` is {what: {text, sound}}, where sound() gives
 * {x, sampleRate, speed} when it is pressed; `started(seconds)` and `stopped()` move a cursor.
 */
export function playButtons(sources, started, stopped) {
  const player = makePlayer(), buttons = {};
  let playing = null;
  const label = () => {
    for (const [what, node] of Object.entries(buttons))
      node.textContent = playing === what ? "■ Stop" : `▶ ${sources[what].text}`;
  };
  const stop = () => (player.stop(), (playing = null), stopped(), label());
  const play = (what) => {
    stop();
    const { x, sampleRate, speed } = sources[what].sound();
    const seconds = player.play(x, sampleRate, speed, () => playing === what && stop());
    playing = what;
    label();
    started(seconds, what);
  };
  for (const what of Object.keys(sources)) {
    buttons[what] = document.createElement("button");
    buttons[what].type = "button";
    buttons[what].addEventListener("click", () => (playing === what ? stop() : play(what)));
  }
  label();
  return { buttons, play, stop, close: player.close };
}
