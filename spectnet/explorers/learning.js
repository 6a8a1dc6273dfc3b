// A filter learns: one gammatone looks for a tone in noise by going downhill, its place and width held as the layer holds
// them or in raw Hz. The whole landscape is drawn, the path on it, and what one step is made of.
import * as dsp from "./dsp.js";
import * as shared from "./shared.js";
import * as sound from "./sound.js";

const { element } = shared;
const COLUMNS = 56, ROWS = 36, POINTS = 301, MOST = 300;
const CEILING = 16; // of the loss in the pictures
const WATCHED = 20, STILL = 0.5; // so many steps that move less than so many Hz are the end
const MEASURE = 0, DESCEND = 1; // stages of a redraw
const SOUND = ["tone", "noise_db"];
const WAY = ["start_frequency", "start_bandwidth", "parametrisation", "optimiser", "learning_rate", "n_steps"];
const RATES = Array.from({ length: 22 }, (_, i) => [1, 2, 5][i % 3] * 10 ** (Math.floor(i / 3) - 4));
const SCALE_NAMES = { mel: "mel", erb: "ERB", linear: "linear" };
const STEPPERS = [["sgd", "plain descent"], ["adam", "Adam"]];

// ---- the loss and its slopes ----

/**
 * How little of what a filter hears is the tone: `loss` is -ln(share), and `share` the tone's energy in all that comes
 * through, where white noise is `noise` times as strong as the tone before the filter. `slopes` are the loss's per Hz of
 * centre and of bandwidth. A gammatone's derivative is a gammatone one order higher.
 */
export function hear(f, b, { tone, noise, rate, order }) {
  const turn = (2 * Math.PI) / rate, r = Math.exp(-turn * b);
  const around = (n) => [f - tone, -f - tone].map((away) => dsp.powerSumAt(r, turn * away, n));
  const [[pRe, pIm], [mRe, mIm]] = around(order), [[p1Re, p1Im], [m1Re, m1Im]] = around(order + 1);
  const re = pRe + mRe, im = pIm + mIm, energy = (re * re + im * im) / 4;
  const energyF = (turn * (im * (p1Re - m1Re) - re * (p1Im - m1Im))) / 2;
  const energyB = (-turn * (re * (p1Re + m1Re) + im * (p1Im + m1Im))) / 2;
  // White noise comes through as the sum of the squared impulse response, once more a sum of powers.
  const squared = (n) => [dsp.powerSumAt(r * r, 0, n)[0], ...dsp.powerSumAt(r * r, 2 * turn * f, n)];
  const [sRe, qRe] = squared(2 * order - 1), [s1Re, q1Re, q1Im] = squared(2 * order);
  const hiss = (sRe + qRe) / 2, hissF = -turn * q1Im, hissB = -turn * (s1Re + q1Re);
  const x = (noise * hiss) / energy, share = 1 / (1 + x), weight = x / (1 + x);
  const slopes = [hissF / hiss - energyF / energy, hissB / hiss - energyB / energy].map((v) => weight * v);
  return { loss: Math.log1p(x), share, slopes };
}

/** Where the landscape is drawn: centres, and widths by equal ratios. */
export function grid([fLow, fHigh, bLow, bHigh]) {
  const along = (n, at) => Float64Array.from({ length: n }, (_, i) => at((i + 0.5) / n));
  const fs = along(COLUMNS, (x) => fLow + (fHigh - fLow) * x);
  return { fs, bs: along(ROWS, (x) => bLow * (bHigh / bLow) ** x) };
}

/** The loss over the grid, a row a bandwidth. */
export const landscape = ({ fs, bs }, heard) => Array.from(bs, (b) => fs.map((f) => hear(f, b, heard).loss));

// ---- what is held, and who steps ----

// A value behind a logistic curve on a scale: parameter of a value, value of a parameter, and Hz per unit of it.
function curved(low, high, [to, from], rise) {
  const span = to(high) - to(low), along = (theta) => 1 / (1 + Math.exp(-theta));
  const value = (theta) => from(to(low) + span * along(theta));
  return {
    enter: (v) => Math.log((to(v) - to(low)) / (to(high) - to(v))),
    value,
    worth: (theta) => span * along(theta) * along(-theta) * rise(value(theta)),
  };
}

const raw = (low, high) => ({
  enter: (v) => v,
  value: (theta) => Math.min(Math.max(theta, low), high),
  worth: (theta) => Number(theta >= low && theta <= high),
});

const RISE = {
  mel: (f) => ((f + 700) * Math.LN10) / 2595,
  erb: (f) => 24.7 * (4.37e-3 * f + 1),
  linear: () => 1,
};

/** How centre and bandwidth are held: [centre, bandwidth], each with `enter`, `value` and `worth`. */
export function held(parametrisation, { bounds: [fLow, fHigh, bLow, bHigh], scale }) {
  if (parametrisation === "hertz") return [raw(fLow, fHigh), raw(bLow, bHigh)];
  return [curved(fLow, fHigh, dsp.SCALES[scale], RISE[scale]), curved(bLow, bHigh, [Math.log, Math.exp], (b) => b)];
}

/** Every place of a filter that goes downhill: `steps` + 1 of {f, b, loss, share, slopes, worth}. */
export function descend(heard, { parametrisation, optimiser, learning_rate, start_frequency, start_bandwidth }, steps) {
  const ways = held(parametrisation, heard), moments = [[0, 0], [0, 0]], path = [];
  const thetas = [start_frequency, start_bandwidth].map((v, i) => ways[i].enter(v));
  for (let n = 0; n <= steps; n++) {
    const [f, b] = thetas.map((theta, i) => ways[i].value(theta)), worth = thetas.map((theta, i) => ways[i].worth(theta));
    path.push({ f, b, worth, ...hear(f, b, heard) });
    path[n].slopes.forEach((slope, i) => {
      const g = slope * worth[i], m = moments[i];
      m[0] += 0.1 * (g - m[0]);
      m[1] += 0.001 * (g * g - m[1]);
      const adam = m[0] / (1 - 0.9 ** (n + 1)) / (Math.sqrt(m[1] / (1 - 0.999 ** (n + 1))) + 1e-8);
      thetas[i] -= learning_rate * (optimiser === "adam" ? adam : g);
    });
  }
  return path;
}

/** Whether the last steps have moved it by next to nothing. */
export function settled(path) {
  const last = path.slice(-WATCHED - 1), spread = (list) => Math.max(...list) - Math.min(...list);
  return last.length > WATCHED && ["f", "b"].every((name) => spread(last.map((at) => at[name])) < STILL);
}

/** One step from a place, as the first of a run, for centre and for bandwidth: {worth, gradient, step}. */
export function anatomy({ f, b, slopes }, parametrisation, optimiser, rate, heard) {
  return held(parametrisation, heard).map((way, i) => {
    const now = [f, b][i], theta = way.enter(now), worth = way.worth(theta), gradient = slopes[i] * worth;
    const by = optimiser === "adam" ? gradient / (Math.abs(gradient) + 1e-8) : gradient;
    return { now, slope: slopes[i], worth, gradient, step: way.value(theta - rate * by) - now };
  });
}

// ---- the pictures ----

const HALO = "rgba(0,0,0,0.75)", BRIGHT = "#fff", OTHER = "#7fd1ff"; // on the dark map, in light and dark alike

// Frequency to the right, bandwidth by equal ratios upwards, and a bar of colours beside it.
function mapFrame({ bounds: [fLow, fHigh, bLow, bHigh] }, width, height) {
  const frame = { left: 48, top: 8, right: width - 58, bottom: height - 40 }, across = frame.right - frame.left;
  const tall = frame.bottom - frame.top, octaves = Math.log(bHigh / bLow);
  const xOf = (f) => frame.left + (across * (f - fLow)) / (fHigh - fLow);
  const yOf = (b) => frame.bottom - (tall * Math.log(b / bLow)) / octaves;
  const place = (x, y) => [fLow + ((fHigh - fLow) * (x - frame.left)) / across, bLow * Math.exp((octaves * (frame.bottom - y)) / tall)];
  return { frame, xOf, yOf, place };
}

// A line that shows on light and on dark ground.
function trace(context, points, color, dash) {
  shared.drawLine(context, points, HALO, 4.5, dash);
  shared.drawLine(context, points, color, 2, dash);
}

function dot(context, at, radius, color) {
  shared.drawDot(context, at, radius + 1, HALO);
  shared.drawDot(context, at, radius, color);
}

function drawLandscape(canvas, state, ink) {
  const { context, width, height } = shared.openCanvas(canvas), { heard, path, other } = state;
  const map = mapFrame(heard, width, height), { frame, xOf, yOf } = map, [fLow, fHigh, bLow, bHigh] = heard.bounds;
  context.imageSmoothingEnabled = true;
  context.drawImage(state.image, frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  const x = shared.ticks(fLow, fHigh, width < 420 ? 4 : 8).map((f) => [String(+f.toPrecision(6)), xOf(f), true]);
  const y = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].filter((b) => b > bLow && b < bHigh).map((b) => [String(b), yOf(b), true]);
  shared.drawFrame(context, frame, x, y, "centre frequency (Hz)", "bandwidth b (Hz)", ink);
  drawBar(context, frame, ink);
  shared.clipTo(context, frame);
  shared.drawLine(context, [[xOf(heard.tone), frame.top], [xOf(heard.tone), frame.bottom]], HALO, 1.5, [3, 4]);
  const onMap = (list) => list.map(({ f, b }) => [xOf(f), yOf(b)]), mine = onMap(path), others = onMap(other);
  trace(context, others, OTHER, [6, 4]);
  trace(context, mine, BRIGHT);
  let last = mine[0];
  for (const at of mine) if (Math.hypot(at[0] - last[0], at[1] - last[1]) > 7) dot(context, (last = at), 2, BRIGHT);
  dot(context, mine[0], 5, "#000");
  dot(context, others.at(-1), 5, OTHER);
  dot(context, mine.at(-1), 7, BRIGHT);
  context.restore();
  return map;
}

function drawBar(context, { top, right, bottom }, ink) {
  for (let y = top; y < bottom; y++) {
    context.fillStyle = shared.rgb(shared.colorAt("magma", (y - top) / (bottom - top)));
    context.fillRect(right + 10, y, 10, 1.5);
  }
  context.fillStyle = ink.soft;
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const loss of [0, 4, 8, 12, 16]) context.fillText(loss, right + 25, bottom - ((bottom - top) * loss) / CEILING);
  context.fillText("loss", right + 10, bottom + 27);
}

function drawResponse(canvas, { heard, path, other }, ink) {
  const nyquist = heard.rate / 2, frequencies = Float64Array.from({ length: POINTS }, (_, k) => (nyquist * k) / (POINTS - 1));
  const { line } = shared.plot(canvas, [0, nyquist], [-60, 5], ["frequency (Hz)", "gain (dB)"], ink);
  const curve = ({ f, b }) => {
    const { re, im } = dsp.frequencyResponse([f], [b], frequencies, heard.order, heard.rate);
    return Array.from(frequencies, (at, k) => [at, dsp.decibels(re[k] ** 2 + im[k] ** 2)]);
  };
  line([[heard.tone, -60], [heard.tone, 5]], ink.text, 1.5, [2, 4]);
  line(curve(other.at(-1)), ink.soft, 1.5, [6, 4]);
  line(curve(path[0]), ink.soft, 1);
  line(curve(path.at(-1)), ink.accent, 2.5);
}

function drawLosses(canvas, { path, other }, ink) {
  const losses = (list) => list.map(({ loss }, n) => [n, loss]), most = Math.max(...path.map((at) => at.loss), other[0].loss);
  const { line, spot } = shared.plot(canvas, [0, Math.max(20, path.length - 1)], [0, 1.05 * most], ["step", "loss"], ink);
  line(losses(other), ink.soft, 1.5, [6, 4]);
  line(losses(path), ink.accent, 2.5);
  spot(path.length - 1, path.at(-1).loss, 4, ink.accent);
}

// ---- what is said in words ----

const minus = (text) => text.replaceAll("-", "−");
const hz = (v) => (v >= 100 ? v.toFixed(1) : v.toPrecision(3)) + " Hz";
const short = (v) => minus(String(+v.toPrecision(2)));
const percent = (share) => (share > 0.0995 ? (100 * share).toFixed(1) : short(100 * share)) + " %";
const stepsOf = (n) => `${n} step${n === 1 ? "" : "s"}`;

function summary({ path, other, parametrisation, heard }) {
  const at = path.at(-1), n = path.length - 1, begun = path[0], elsewhere = other.at(-1);
  const here = `centre ${hz(at.f)}, bandwidth ${hz(at.b)}. ${percent(at.share)} of what comes through is the tone: loss ${at.loss.toPrecision(3)}.`;
  if (!n) return `At the start: ${here} The tone is at ${hz(heard.tone)}.`;
  const compared = parametrisation === "scale" ? "In raw Hz" : "Held on a scale";
  return `After ${stepsOf(n)}: ${here} ${compared} the centre would have moved ${hz(Math.abs(elsewhere.f - begun.f))}, not ${hz(Math.abs(at.f - begun.f))}.`;
}

function ending({ path, heard }) {
  const at = path.at(-1), away = Math.abs(at.f - heard.tone), last = Math.abs(at.f - path.at(-2).f);
  if (away < at.b / 4) return "It has found the tone, and what is left to gain is next to nothing.";
  if (!last) return "It stopped away from the tone: no gradient reaches its parameter here.";
  return `It stopped since it hardly moves: at this pace, the tone is ${short(away / last)} steps away.`;
}

/** Why the next step is as long as it is. */
function reason([centre], { parametrisation, optimiser, rate, heard }) {
  const step = `${short(Math.abs(centre.step))} Hz`, slope = short(Math.abs(centre.slope)), worth = short(centre.worth);
  const unit = `On the ${SCALE_NAMES[heard.scale]} scale, one unit of the parameter is worth ${worth} Hz here`;
  if (parametrisation === "hertz" && !centre.worth) return "The raw value has left its range, and no gradient brings it back.";
  if (parametrisation === "hertz")
    return optimiser === "sgd"
      ? `In raw Hz, a step is rate × slope: ${short(rate)} × ${slope} = ${step}.`
      : `In raw Hz, Adam steps by the rate, whatever the slope: ${step}.`;
  return optimiser === "sgd"
    ? `${unit}. The slope grows by that, and so does the step: ${short(rate)} × ${slope} × ${worth}² makes ${step}.`
    : `${unit}, and Adam moves it by the rate: ${step}.`;
}

const HEAD = ["parameter", "now (Hz)", "slope (per Hz)", "Hz per unit", "gradient", "first step (Hz)"];

function tableRows({ path, optimiser, rate, heard }) {
  return [["scale", "scale"], ["hertz", "raw Hz"]].flatMap(([way, name]) =>
    anatomy(path.at(-1), way, optimiser, rate, heard).map(({ now, slope, worth, gradient, step }, i) =>
      [["centre, ", "bandwidth, "][i] + name, ...[now, slope, worth, gradient, step].map((v) => minus(String(+v.toPrecision(8))))]));
}

// ---- the sound ----

/** Two seconds of the tone in white noise, the same at every call. */
export function tonedNoise({ tone, noise, rate }) {
  let seed = 1;
  const uniform = () => (seed = (1664525 * seed + 1013904223) >>> 0) / 2 ** 32;
  const hiss = () => Math.sqrt(12 * noise) * (uniform() - 0.5);
  return Float64Array.from({ length: 2 * rate }, (_, k) => Math.SQRT2 * Math.sin((2 * Math.PI * tone * k) / rate) + hiss());
}

// ---- the widget ----

function makeControls(model, change) {
  const [fLow, fHigh, bLow, bHigh] = model.get("bounds"), step = (fHigh - fLow) / 75, db = (v) => `${minus(String(v))} dB`;
  const place = { min: fLow + step, max: fHigh - step / 2, step }, get = (name) => () => model.get(name);
  const held = [["scale", `on the ${SCALE_NAMES[model.get("scale")]} scale (the layer)`], ["hertz", "in raw Hz (the paper)"]];
  const width = get("start_bandwidth"), rate = get("learning_rate"), inHz = (v) => `${Math.round(v)} Hz`;
  const controls = {
    tone: shared.slider("Tone", place, inHz, (v) => change({ tone: v })),
    noise_db: shared.slider("Noise over tone", { min: -30, max: 30, step: 1 }, db, (v) => change({ noise_db: v })),
    start_frequency: shared.slider("Start: centre frequency", place, inHz, (v) => change({ start_frequency: v })),
    start_bandwidth: shared.slider("Start: bandwidth", { min: 0.025, max: 0.975, step: 0.025 }, () => hz(width()),
      (v) => change({ start_bandwidth: bLow * (bHigh / bLow) ** v })),
    parametrisation: shared.choice("Centre and bandwidth are held", held, (v) => change({ parametrisation: v })),
    optimiser: shared.choice("Who steps", STEPPERS, (v) => change({ optimiser: v })),
    learning_rate: shared.slider("Learning rate", { min: 0, max: RATES.length - 1, step: 1 }, () => short(rate()), (v) => change({ learning_rate: RATES[v] })),
    n_steps: shared.slider("Steps taken", { min: 0, max: MOST, step: 1 }, String, (v) => change({ n_steps: v })),
  };
  // Where a slider stands for a value that is not its own number.
  const stands = { start_bandwidth: (b) => Math.log(b / bLow) / Math.log(bHigh / bLow), learning_rate: (v) => RATES.findLastIndex((r) => r <= v * 1.000001) };
  const show = () => Object.entries(controls).forEach(([name, c]) => c.set((stands[name] ?? ((v) => v))(model.get(name))));
  return { controls, show };
}

function render({ model, el }) {
  const state = { path: null, other: null, heard: null, image: null, playing: null };
  const panels = {
    landscape: shared.panel("Landscape of the loss", "bright is low; white: the path; blue: held the other way; click to start elsewhere"),
    response: shared.panel("The filter", "bold: now; thin: the start; dashed: held the other way"),
    losses: shared.panel("Loss by step", "dashed: held the other way"),
  };
  panels.landscape.canvas.style.height = "300px";
  const named = element("span"), numbers = shared.table("The next step in numbers", HEAD);
  const { controls, show } = makeControls(model, (values) => shared.setAll(model, values));
  const steps = () => model.get("n_steps"), go = (n) => shared.setAll(model, { n_steps: Math.min(n, MOST) });

  const measure = () => {
    const [tone, noise] = [model.get("tone"), 10 ** (model.get("noise_db") / 10)];
    state.heard = { tone, noise, rate: model.get("sample_rate"), order: model.get("order"), scale: model.get("scale"), bounds: model.get("bounds") };
    const rows = landscape(grid(state.heard.bounds), state.heard);
    state.image = shared.heatMap(rows, COLUMNS, (loss) => 1 - loss / CEILING);
  };
  const descent = () => {
    show();
    const settings = Object.fromEntries(WAY.map((name) => [name, model.get(name)])), { parametrisation, optimiser } = settings;
    const another = { ...settings, parametrisation: parametrisation === "scale" ? "hertz" : "scale" };
    Object.assign(state, { parametrisation, optimiser, rate: settings.learning_rate });
    state.path = descend(state.heard, settings, steps());
    state.other = descend(state.heard, another, steps());
    const done = settled(state.path);
    if (state.playing && (done || steps() >= MOST)) pause();
    fillTable();
    view.say(done ? `${summary(state)} ${ending(state)}` : summary(state));
  };
  const fillTable = () => numbers.node.open && numbers.fill(tableRows(state));
  let map = null;
  const draw = (ink) => {
    const { path, parametrisation, optimiser, rate, heard } = state, at = path.at(-1);
    map = drawLandscape(panels.landscape.canvas, state, ink);
    drawResponse(panels.response.canvas, state, ink);
    drawLosses(panels.losses.canvas, state, ink);
    named.textContent = reason(anatomy(at, parametrisation, optimiser, rate, heard), state);
    panels.landscape.describe(`Lowest at the tone, ${hz(heard.tone)}, and there the narrower, the lower. The path leads from ${hz(path[0].f)} to ${hz(at.f)}.`);
    panels.response.describe(`It stands at ${hz(at.f)}, ${hz(at.b * dsp.halfPowerFactor(heard.order))} wide at −3 dB.`);
    panels.losses.describe(`From ${path[0].loss.toPrecision(3)} to ${at.loss.toPrecision(3)} in ${stepsOf(path.length - 1)}.`);
  };

  // ---- stepping by itself ----
  const learn = element("button", { type: "button" });
  const label = () => (learn.textContent = state.playing ? "■ Stop" : "▶ Let it learn");
  const pause = () => (clearInterval(state.playing), (state.playing = null), label());
  const start = () => {
    if (settled(state.path) || steps() >= MOST) go(0);
    // Ten at a time, once a second, for whoever wants no motion.
    const [every, leap] = matchMedia("(prefers-reduced-motion: reduce)").matches ? [1000, 10] : [60, 1];
    state.playing = setInterval(() => go(steps() + leap), every);
    label();
  };
  learn.addEventListener("click", () => (state.playing ? pause() : start()));
  label();
  const step = shared.button("One step", () => (pause(), go(steps() + 1)));
  const back = shared.button("Back to the start", () => (pause(), go(0)));

  const noisy = () => ({ x: tonedNoise(state.heard), sampleRate: state.heard.rate, speed: 1 });
  const filtered = () => {
    const { heard, path } = state, { f, b } = path.at(-1), sounding = noisy();
    return { ...sounding, x: dsp.filterOutput(sounding.x, f, b, heard.order, heard.rate) };
  };
  const player = sound.playButtons({ noisy: { text: "Hear the sound", sound: noisy }, filtered: { text: "Hear the filter", sound: filtered } }, () => {}, () => {});

  const view = shared.openExplorer(el, "A filter learns", [measure, descent, draw]);
  view.root.append(
    element("div", { class: "sn-controls" }, ...Object.values(controls).map((c) => c.node)),
    element("div", { class: "sn-buttons" }, learn, step, back, ...Object.values(player.buttons)),
    panels.landscape.node,
    view.said,
    element("p", { class: "sn-named" }, named),
    element("div", { class: "sn-pair sn-even" }, panels.response.node, panels.losses.node),
    numbers.node,
  );
  panels.landscape.canvas.addEventListener("click", (event) => {
    const [f, b] = map.place(event.offsetX, event.offsetY), [fLow, fHigh, bLow, bHigh] = state.heard.bounds;
    if (f > fLow && f < fHigh && b > bLow && b < bHigh) shared.setAll(model, { start_frequency: f, start_bandwidth: b });
  });
  numbers.node.addEventListener("toggle", fillTable);
  const on = (names, stage) => model.on(names.map((name) => `change:${name}`).join(" "), () => view.refresh(stage));
  on(SOUND, MEASURE);
  on(WAY, DESCEND);
  return () => (pause(), view.close(), player.close());
}

export default { render };
