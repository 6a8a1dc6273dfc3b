// The segment explorer: one cycle of a heart with its four states, and a murmur of chosen shape, band and loudness.
// It mirrors spectnet.synthesis; the random numbers come from Python, so that both make the same sound.
import * as dsp from "./dsp.js";
import * as shared from "./shared.js";
import * as sound from "./sound.js";

const { element } = shared, { decibels } = dsp;
const MEASURE = 0, LOOK = 1; // stages of a redraw
const RANGE_DB = 60, TOP_HZ = 700, BEATS = 4, WARM_UP_S = 0.2, NOISE_ORDER = 4;
const STATES = ["S1", "systole", "S2", "diastole"], COLORS = ["#0072B2", "#E69F00", "#009E73", "#999999"];
const MURMUR = ["shape", "f_min", "f_max", "murmur_db"];
const SHAPES = {
  none: { text: "no murmur" },
  diamond: { text: "systole: swells, fades", knots: [[0, 0], [0.45, 1], [1, 0]] },
  plateau: { text: "systole: level", knots: [[0, 0], [0.08, 1], [0.92, 1], [1, 0]] },
  decrescendo: { text: "diastole: fades", knots: [[0, 0], [0.06, 1], [1, 0]] },
  rumble: { text: "diastole: swells twice", knots: [[0, 0], [0.2, 1], [0.65, 0.45], [0.93, 0.9], [1, 0]] },
};
const amplitude = (db) => 10 ** (db / 20);
const minus = (text) => String(text).replace("-", "−");
const ms = (s) => (1000 * s).toFixed(0);

// ---- every number that is drawn and heard ----

/** Start of each state in seconds, and the end of the cycle. */
export function statesAt(heartRate, { systole, s1_length, s2_length }) {
  const length = 60 / heartRate, s2 = systole[0] + systole[1] * length;
  return [0, s1_length, s2, s2 + s2_length, length];
}

/** Sounds a valve into `track`: modes that rise and die, the higher the sooner. */
export function addThud(track, { onset, level, rise, decay, modes }, sampleRate) {
  const first = Math.max(0, Math.ceil(onset * sampleRate));
  const last = Math.min(track.length, Math.trunc((onset + rise + 8 * decay) * sampleRate) + 1);
  for (const { frequency, level: share, phase } of modes) {
    const pace = Math.sqrt(frequency / modes[0].frequency);
    for (let k = first; k < last; k++) {
      const t = k / sampleRate - onset, own = t * pace;
      const envelope = Math.sin((Math.PI / 2) * Math.min(own / rise, 1)) ** 2 * Math.exp(-Math.max(own - rise, 0) / decay);
      track[k] += level * share * envelope * Math.cos(2 * Math.PI * frequency * t + phase);
    }
  }
}

/** Start and end of a murmur of this shape, in seconds. */
export function murmurInterval(shape, [, , s2, , length]) {
  if (shape === "diamond") return [0.06, s2 - 0.02];
  if (shape === "plateau") return [0.01, s2 + 0.02];
  return shape === "decrescendo" ? [s2 + 0.01, s2 + 0.65 * (length - s2)] : [s2 + 0.09, length];
}

/** A broken line through `knots` at x. */
export function along(knots, x) {
  const i = Math.max(1, knots.findIndex(([at]) => x <= at)), [[x0, y0], [x1, y1]] = [knots[i - 1], knots[i]];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}

/** Poles of a digital Butterworth band-pass in the upper half plane (each stands for a pair): [re, im]. */
function bandPoles(low, high, sampleRate) {
  const wl = Math.tan((Math.PI * low) / sampleRate), wh = Math.tan((Math.PI * high) / sampleRate), poles = [];
  for (let m = 1; m < NOISE_ORDER; m += 2) {
    const angle = (Math.PI * m) / (2 * NOISE_ORDER), half = (wh - wl) / 2;
    const re = -Math.cos(angle) * half, im = Math.sin(angle) * half;
    // The root of (re + j im)^2 - wl wh.
    const a = re * re - im * im - wl * wh, b = 2 * re * im, size = Math.hypot(a, b);
    const rootRe = Math.sqrt((size + a) / 2), rootIm = Math.sign(b) * Math.sqrt((size - a) / 2);
    for (const sign of [1, -1]) {
      const sRe = re + sign * rootRe, sIm = im + sign * rootIm, d = (1 - sRe) ** 2 + sIm * sIm;
      poles.push([(1 - sRe * sRe - sIm * sIm) / d, (2 * sIm) / d]); // (1 + s) / (1 - s)
    }
  }
  return poles;
}

/** White noise between two frequencies, falling by 6 dB an octave, with an effective value of 1. */
export function bandNoise(white, low, high, count, sampleRate) {
  const tilt = Math.tan((Math.PI * low) / sampleRate), warmUp = Math.trunc(WARM_UP_S * sampleRate);
  const sections = bandPoles(low, Math.min(high, 0.45 * sampleRate), sampleRate).map(([re, im]) =>
    ({ b: [1, 0, -1], a: [-2 * re, re * re + im * im] }));
  sections.push({ b: [1, 1, 0], a: [-(1 - tilt) / (1 + tilt), 0] });
  let energy = 0;
  for (let k = 0; k < 2048; k++) {
    const c = Math.cos((Math.PI * k) / 2048), s = Math.sin((Math.PI * k) / 2048), c2 = 2 * c * c - 1, s2 = 2 * s * c;
    const size = (x, y, z) => (x + y * c + z * c2) ** 2 + (y * s + z * s2) ** 2;
    energy += sections.reduce((product, { a, b }) => (product * size(...b)) / size(1, ...a), 1) / 2048;
  }
  let y = Float64Array.from(white.subarray(0, count + warmUp));
  for (const { a, b } of sections) {
    let x1 = 0, x2 = 0, y1 = 0, y2 = 0;
    y = y.map((x) => {
      const out = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
      [x2, x1, y2, y1] = [x1, x, y1, out];
      return out;
    });
  }
  const gain = Math.sqrt(energy);
  return y.subarray(warmUp).map((v) => v / gain);
}

/** The heart, the murmur and both together with the room; over the height of a normal S1. */
export function makeCycle({ shape, f_min, f_max, murmur_db }, starts, { thuds, heart, white, room }, sampleRate) {
  const count = Math.trunc(starts[4] * sampleRate), own = heart.length > 0;
  const valves = own ? heart.slice(0, count) : new Float64Array(count), murmur = new Float64Array(count);
  if (!own) for (const thud of thuds) addThud(valves, { ...thud, onset: (thud.of === "S2" ? starts[2] : 0) + thud.delay }, sampleRate);
  const clean = valves.map((v, k) => v + (own ? 0 : room[k])), interval = shape === "none" ? null : murmurInterval(shape, starts);
  if (interval) {
    const noise = bandNoise(white, f_min, f_max, count, sampleRate), loud = amplitude(murmur_db), [from, to] = interval;
    for (let k = 0; k < count; k++) {
      const t = k / sampleRate;
      if (t >= from && t < to) murmur[k] = loud * along(SHAPES[shape].knots, (t - from) / (to - from)) * noise[k];
    }
  }
  return { clean, murmur, whole: clean.map((v, k) => v + murmur[k]), interval, starts, sampleRate };
}

/** Effective value of each state in dB. */
export function levels(x, starts, sampleRate) {
  return STATES.map((_, i) => {
    const [from, to] = [starts[i], starts[i + 1]].map((t) => Math.min(x.length, Math.ceil(t * sampleRate)));
    let sum = 0;
    for (let k = from; k < to; k++) sum += x[k] * x[k];
    return decibels(sum / (to - from));
  });
}

/** Power of the short-time Fourier transform: windows of 64 ms every 4 ms, each at its middle, up to 700 Hz. */
export function cyclePicture(x, sampleRate) {
  const window = 2 * Math.round(0.032 * sampleRate), hop = Math.round(0.004 * sampleRate);
  let points = 2;
  while (points < 2 * window) points *= 2;
  const padded = new Float64Array(x.length + window), bins = Math.floor((Math.min(TOP_HZ, sampleRate / 2) * points) / sampleRate) + 1;
  padded.set(x, window / 2);
  const frames = 1 + Math.floor(x.length / hop), rows = Array.from({ length: bins }, () => new Float64Array(frames));
  let most = 0;
  dsp.stftPower(padded, window, hop, points, (i, power) => {
    for (let k = 0; k < bins; k++) (rows[k][i] = power[k]), (most = Math.max(most, power[k]));
  });
  return { rows, frames, hop, most, step: sampleRate / points };
}

// ---- the two pictures ----

function openFrame(canvas, cycle, top) {
  const { context, width, height } = shared.openCanvas(canvas), end = cycle.starts[4];
  const frame = { left: 48, top, right: width - 10, bottom: height - 40 };
  const xOf = (t) => frame.left + ((frame.right - frame.left) * t) / end;
  const x = shared.ticks(0, end, width < 420 ? 5 : 10).map((t) => [String(+t.toFixed(2)), xOf(t)]);
  return { context, frame, xOf, x, end };
}

function drawWave(canvas, { whole, murmur, interval, starts, sampleRate }, loud, shape, ink) {
  const { context, frame, xOf, x } = openFrame(canvas, { starts }, 34), middle = (frame.top + frame.bottom) / 2;
  const peak = whole.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9), high = (frame.bottom - frame.top) / 2;
  const yOf = (v) => middle - (v / peak) * high;
  context.textAlign = "center";
  context.textBaseline = "middle";
  STATES.forEach((name, i) => {
    const [from, to] = [xOf(starts[i]), xOf(starts[i + 1])];
    context.fillStyle = COLORS[i];
    context.fillRect(from, 22, to - from, 8);
    context.globalAlpha = 0.14;
    context.fillRect(from, frame.top, to - from, frame.bottom - frame.top);
    context.globalAlpha = 1;
    context.fillStyle = ink.text;
    context.fillText(name, (from + to) / 2, 12);
  });
  const y = shared.ticks(-peak, peak, 4).map((v) => [minus(+v.toFixed(2)), yOf(v)]);
  shared.drawFrame(context, frame, x, y, "time (s)", "amplitude", ink);
  const curve = (values, first, last, color) => {
    context.strokeStyle = color;
    context.beginPath();
    for (let k = first; k < last; k++) context.lineTo(xOf(k / sampleRate), yOf(values[k]));
    context.stroke();
  };
  curve(whole, 0, whole.length, ink.text);
  if (!interval) return;
  const [from, to] = interval;
  curve(murmur, Math.floor(from * sampleRate), Math.min(murmur.length, Math.ceil(to * sampleRate)), ink.accent);
  // Its outline: twice the effective value holds nearly all of it.
  context.lineWidth = 2;
  for (const sign of [2, -2]) {
    context.beginPath();
    for (const [at, share] of SHAPES[shape].knots) context.lineTo(xOf(from + (to - from) * at), yOf(sign * loud * share));
    context.stroke();
  }
}

function drawPicture(canvas, { image, picture, cycle }, band, ink) {
  const { context, frame, xOf, x, end } = openFrame(canvas, cycle, 8), { frames, hop, rows, step } = picture;
  const top = (rows.length - 0.5) * step, yOf = (f) => frame.bottom - ((frame.bottom - frame.top) * f) / top;
  shared.clipTo(context, frame);
  const from = -hop / 2 / cycle.sampleRate, wide = (frames * hop) / cycle.sampleRate;
  context.drawImage(image, xOf(from), frame.top, xOf(wide) - frame.left, yOf(-step / 2) - frame.top);
  context.strokeStyle = "#ffffff";
  context.globalAlpha = 0.7;
  context.setLineDash([3, 4]);
  context.beginPath();
  for (const t of cycle.starts.slice(1, 4)) context.moveTo(xOf(t), frame.top), context.lineTo(xOf(t), frame.bottom);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
  if (cycle.interval) {
    const [a, b] = cycle.interval.map((t) => xOf(Math.min(t, end))), [low, high] = band.map(yOf);
    context.lineWidth = 2;
    context.strokeRect(a, high, b - a, low - high);
  }
  context.restore();
  const y = shared.ticks(0, top, 6).map((f) => [String(f), yOf(f), true]);
  shared.drawFrame(context, frame, x.map((t) => [...t, true]), y, "time (s)", "frequency (Hz)", ink);
  return { frame };
}

// ---- what is said in words ----

const kindOf = (kinds, { shape, f_min, f_max }) =>
  kinds.find((k) => k.shape === shape && (shape === "none" || (k.band[0] === f_min && k.band[1] === f_max)));

function summary(cycle, settings, kind, without, withIt) {
  const { starts, interval } = cycle, rate = Math.round(60 / starts[4]);
  const text = `${rate} beats a minute: a cycle of ${ms(starts[4])} ms, from S1 to S2 ${ms(starts[2])} ms. `;
  if (!interval) return `${text}No murmur.`;
  const phase = interval[0] < starts[2] ? 1 : 3, name = kind ? `the book's ${kind.name} murmur` : "a murmur of your own";
  return `${text}With ${name}, ${settings.f_min} to ${settings.f_max} Hz, from ${ms(interval[0])} to ${ms(interval[1])} ms: ` +
    `${STATES[phase]} rises from ${minus(without[phase].toFixed(1))} to ${minus(withIt[phase].toFixed(1))} dB.`;
}

// ---- the widget ----

function makeControls(model, kinds, change) {
  const top = Math.floor(Math.min(TOP_HZ, 0.45 * model.get("sample_rate")) / 10) * 10, gap = 20;
  const inHz = (v) => `${v} Hz`, band = { min: 20, max: top, step: 10 };
  const controls = {
    kind: shared.choice("A murmur of the book", [...kinds.map(({ name }) => [name, name]), ["own", "your own"]], (name) => {
      const kind = kinds.find((k) => k.name === name);
      change(kind.band ? { shape: kind.shape, f_min: kind.band[0], f_max: kind.band[1] } : { shape: kind.shape });
    }),
    shape: shared.choice("Shape and place", Object.entries(SHAPES).map(([v, { text }]) => [v, text]), (v) => change({ shape: v })),
    f_min: shared.slider("Lowest frequency", band, inHz, (v) => {
      const low = Math.min(v, top - gap);
      change({ f_min: low, f_max: Math.max(model.get("f_max"), low + gap) });
    }),
    f_max: shared.slider("Highest frequency", band, inHz, (v) => {
      const high = Math.max(v, 20 + gap);
      change({ f_max: high, f_min: Math.min(model.get("f_min"), high - gap) });
    }),
    murmur_db: shared.slider("Loudness", { min: -50, max: 0, step: 1 }, (v) => `${minus(v)} dB`, (v) => change({ murmur_db: v })),
    heart_rate: shared.slider("Heart rate", { min: 40, max: 150, step: 1 }, (v) => `${+v.toFixed(1)}`, (v) => change({ heart_rate: v })),
  };
  controls.kind.input.lastChild.disabled = true; // it says what is; nothing follows from choosing it
  return controls;
}

const HEAD = ["state", "starts (ms)", "ends (ms)", "level without murmur (dB)", "level with it (dB)"];

function readFloats(view) {
  return Float64Array.from({ length: view.byteLength / 4 }, (_, k) => view.getFloat32(4 * k, true));
}

function render({ model, el }) {
  const sampleRate = model.get("sample_rate"), kinds = model.get("kinds"), voice = model.get("voice"), own = model.get("own_states");
  const given = { thuds: voice.thuds };
  for (const name of ["heart", "white", "room"]) given[name] = readFloats(model.get(name));
  const state = {};
  const panels = {
    wave: shared.panel("Waveform", "of one cycle, the murmur in colour"),
    picture: shared.panel("Spectrogram", "windows of 64 ms; the box is the murmur's place"),
  };
  const numbers = shared.table("The four states in numbers", HEAD);
  const controls = makeControls(model, kinds, (values) => shared.setAll(model, values));
  const speed = sound.speedChoice(state);
  if (own.length) controls.heart_rate.node.hidden = true;

  const measure = () => {
    const settings = Object.fromEntries(MURMUR.map((name) => [name, model.get(name)]));
    const starts = own.length ? own : statesAt(model.get("heart_rate"), voice);
    const cycle = makeCycle(settings, starts, given, sampleRate), picture = cyclePicture(cycle.whole, sampleRate);
    const image = shared.heatMap(picture.rows, picture.frames, (v) => 1 + decibels(v / picture.most) / RANGE_DB);
    Object.assign(state, { settings, cycle, picture, image, kind: kindOf(kinds, settings) });
    for (const name of [...MURMUR, "heart_rate"]) controls[name].set(model.get(name));
    controls.kind.set(state.kind?.name ?? "own");
    state.levels = [cycle.clean, cycle.whole].map((x) => levels(x, starts, sampleRate));
    fillTable();
    view.say(summary(cycle, settings, state.kind, ...state.levels));
  };
  const fillTable = () => {
    const cell = (i) => [state.cycle.starts[i], state.cycle.starts[i + 1]].map((t) => (1000 * t).toFixed(1));
    const row = (name, i) => [name, ...cell(i), ...state.levels.map((list) => minus(list[i].toFixed(2)))];
    if (numbers.node.open) numbers.fill(STATES.map(row));
  };
  let place = {};
  const draw = (ink) => {
    const { settings, cycle, levels: [, loud] } = state;
    drawWave(panels.wave.canvas, cycle, amplitude(settings.murmur_db), settings.shape, ink);
    place = drawPicture(panels.picture.canvas, state, [settings.f_min, settings.f_max], ink);
    panels.wave.describe(STATES.map((name, i) => `${name} from ${ms(cycle.starts[i])} ms`).join(", ") + ".");
    panels.picture.describe(STATES.map((name, i) => `${name} ${minus(loud[i].toFixed(1))} dB`).join(", ") + ".");
  };

  const several = (x) => {
    const beats = new Float64Array(BEATS * x.length);
    for (let i = 0; i < BEATS; i++) beats.set(x, i * x.length);
    return { x: beats, sampleRate, speed: state.speed };
  };
  const sources = {
    whole: { text: "Play four beats", sound: () => several(state.cycle.whole) },
    clean: { text: "Without the murmur", sound: () => several(state.cycle.clean) },
  };
  const sweep = (seconds) => panels.picture.sweep(place.frame.left, place.frame.right, seconds / BEATS, BEATS);
  const player = sound.playButtons(sources, sweep, panels.picture.rest);

  const view = shared.openExplorer(el, "Segment explorer", [measure, draw]);
  view.root.append(
    element("div", { class: "sn-controls" }, ...Object.values(controls).map((c) => c.node), speed.node),
    panels.wave.node,
    panels.picture.node,
    view.said,
    element("div", { class: "sn-buttons" }, ...Object.values(player.buttons)),
    numbers.node,
  );
  panels.picture.canvas.addEventListener("click", () => player.play("whole"));
  numbers.node.addEventListener("toggle", fillTable);
  // The widget manager takes this off itself when the view goes.
  model.on([...MURMUR, "heart_rate"].map((name) => `change:${name}`).join(" "), () => view.refresh(MEASURE));
  return () => (view.close(), player.close());
}

export default { render };
