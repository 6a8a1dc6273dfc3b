// The spectrogram explorer: a window, a hop, a number of filters, a floor. What each choice does to the picture of a
// sound, and to the two sounds that tell most about it: a steady tone and a click.
import * as dsp from "./dsp.js";
import * as shared from "./shared.js";
import * as sound from "./sound.js";

const { element } = shared, { decibels } = dsp;
const RANGE_DB = 60, TRADE_DB = -30, GRID = 1024, LASTS = 0.1, FADED = 1.6;
const MEASURE = 0, LISTEN = 1, PAINT = 2, LOOK = 3; // stages of a redraw
const DESIGN = ["front_end", "n_filters", "window_s", "f_min", "f_max"];
const FRONT_ENDS = [["mel", "mel channels"], ["gammatone", "gammatones"]];
const digits = (value, n) => String(+value.toFixed(n));
const minus = (text) => text.replace("-", "−");
const range = (values, n) => {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((v) => digits(v, n));
  return low === high ? low : `${low} to ${high}`;
};

// ---- every number that is drawn ----

/** Whole samples as Python rounds them: a half goes to the even one. */
export function samplesIn(seconds, sampleRate) {
  const exact = seconds * sampleRate, whole = Math.round(exact);
  return whole - exact === 0.5 && whole % 2 ? whole - 1 : whole;
}

/** Mel triangles, straight in Hz and one high, over the bins of an STFT: for each {from, weights}; `points` long. */
export function melTriangles(n, fMin, fMax, sampleRate, window) {
  const edges = [fMin, ...dsp.spacedFrequencies(n, fMin, fMax, "mel"), fMax];
  for (let points = 512; ; points *= 2) {
    if (points < window) continue;
    const bin = Math.floor(sampleRate / 2) / (points / 2);
    const triangles = edges.slice(1, -1).map((center, i) => {
      const low = edges[i], high = edges[i + 2], from = Math.floor(low / bin) + 1, weights = [];
      for (let k = from; k * bin < high && k <= points / 2; k++)
        weights.push(Math.min((k * bin - low) / (center - low), (high - k * bin) / (high - center)));
      return { from, weights };
    });
    if (triangles.every(({ weights }) => weights.length)) return { points, triangles };
  }
}

function weigh({ from, weights }, power) {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k] * power[from + k];
  return sum;
}

const framesIn = (length, window, hop) => Math.max(0, 1 + Math.floor((length - window) / hop));

/** Mean square in each window, from sums over all samples before each. */
function runningMean(sums, window, hop) {
  const means = new Float64Array(framesIn(sums.length - 1, window, hop));
  for (let i = 0, k = 0; i < means.length; i++, k += hop) means[i] = Math.max(0, sums[k + window] - sums[k]) / window;
  return means;
}

// Sums of squares over what each gammatone makes of all samples before each.
const filteredSums = ({ centers, widths, sampleRate }, x) =>
  Array.from(centers, (center, i) => {
    const y = dsp.filterOutput(x, center, widths[i], 4, sampleRate), sums = new Float64Array(y.length + 1);
    for (let k = 0; k < y.length; k++) sums[k + 1] = sums[k] + y[k] * y[k];
    return sums;
  });

// How a mel channel answers tones at `grid`, whatever their phase, and a click.
function measureMel({ triangles, points, window, sampleRate, grid }) {
  const fine = Math.max(1, (2 * GRID) / points) * points, every = fine / points, step = fine / 2 / GRID;
  const re = new Float64Array(fine), im = new Float64Array(fine), shape = dsp.hann(window);
  re.set(shape);
  dsp.fft(re, im);
  const power = re.map((v, k) => (v * v + im[k] * im[k]) / 4), last = fine - 1;
  const tones = triangles.map(({ from, weights }) => {
    const row = new Float64Array(grid.length);
    weights.forEach((w, k) => {
      const bin = (from + k) * every;
      for (let j = 0, at = 0; j < row.length; j++, at += step) row[j] += w * (power[(bin - at) & last] + power[(bin + at) & last]);
    });
    return row;
  });
  const clicks = triangles.map(({ weights }) => {
    const total = weights.reduce((sum, w) => sum + w, 0);
    return shape.map((_, i) => total * shape[window - 1 - i] ** 2);
  });
  return { tones, clicks };
}

function measureGammatone({ centers, widths, window, sampleRate, grid }) {
  const n = grid.length, { re, im } = dsp.frequencyResponse(centers, widths, grid, 4, sampleRate, 3);
  const tones = Array.from(centers, (_, i) => grid.map((_, k) => (re[i * n + k] ** 2 + im[i * n + k] ** 2) / 2));
  const click = new Float64Array(2 * window + Math.ceil((FADED / Math.min(...widths)) * sampleRate));
  click[window - 1] = 1;
  return { tones, clicks: filteredSums({ centers, widths, sampleRate }, click).map((sums) => runningMean(sums, window, 1)) };
}

function peakOf(row) {
  let most = 0;
  for (let k = 0; k < row.length; k++) if (row[k] > most) most = row[k];
  return most;
}

/** Width in Hz over which a response stays above half its peak. */
function halfWidth(response, step) {
  const most = peakOf(response), top = response.indexOf(most), half = most / 2;
  const crossing = (direction) => {
    let k = top;
    while (response[k + direction] >= half) k += direction;
    if (response[k + direction] === undefined) return k;
    return k + (direction * (response[k] - half)) / (response[k] - response[k + direction]);
  };
  return (crossing(1) - crossing(-1)) * step;
}

/** The front-end that the settings make, and what it does to tones and clicks. */
export function design({ front_end, n_filters, window_s, f_min, f_max }, sampleRate) {
  const window = samplesIn(window_s, sampleRate), centers = dsp.spacedFrequencies(n_filters, f_min, f_max, "mel");
  const grid = Float64Array.from({ length: GRID + 1 }, (_, k) => (k * sampleRate) / 2 / GRID);
  const front = { kind: front_end, n: n_filters, window, centers, sampleRate, grid };
  if (front_end === "mel") Object.assign(front, melTriangles(n_filters, f_min, f_max, sampleRate, window));
  else front.widths = dsp.bandwidths(n_filters, f_min, f_max, "mel", 4, "spacing");
  Object.assign(front, front_end === "mel" ? measureMel(front) : measureGammatone(front));
  front.toneWidths = front.tones.map((row) => halfWidth(row, grid[1]));
  front.clickLengths = front.clicks.map((row) => {
    const enough = LASTS * peakOf(row);
    return row.reduce((count, v) => count + (v > enough), 0) / sampleRate;
  });
  return front;
}

/** Energy of `x` before the logarithm: {rows (filters x frames), frames, hop, most, loudest}. */
export function energies(front, x, hop_s, outputs = {}) {
  const hop = samplesIn(hop_s, front.sampleRate), { window } = front;
  let rows;
  if (front.kind === "mel") {
    rows = front.triangles.map(() => new Float64Array(framesIn(x.length, window, hop)));
    dsp.stftPower(x, window, hop, front.points, (i, power) => {
      for (let f = 0; f < rows.length; f++) rows[f][i] = weigh(front.triangles[f], power);
    });
  } else {
    // What the filters give does not hang on window and hop, so it is kept while only those move.
    const key = front.centers.join();
    if (outputs.key !== key || outputs.x !== x) Object.assign(outputs, { key, x, sums: filteredSums(front, x) });
    rows = outputs.sums.map((sums) => runningMean(sums, window, hop));
  }
  let most = 0, loudest = [0, 0];
  rows.forEach((row, i) => {
    for (let k = 0; k < row.length; k++) if (row[k] > most) (most = row[k]), (loudest = [i, k]);
  });
  return { rows, frames: rows[0].length, hop, most, loudest };
}

/** Share of the picture whose energy lies below the floor. */
export function drowned({ rows, frames }, floor) {
  let below = 0;
  for (const row of rows) for (let k = 0; k < frames; k++) if (row[k] < floor) below++;
  return below / (rows.length * frames);
}

// ---- the three pictures ----

function openFrame(canvas) {
  const { context, width, height } = shared.openCanvas(canvas);
  const frame = { left: 48, top: 8, right: width - 10, bottom: height - 40 };
  const inside = (draw) => {
    shared.clipTo(context, frame);
    draw();
    context.restore();
  };
  return { context, width, frame, inside };
}

const seconds = ({ clips, clip, front }) => clips[clip].x.length / front.sampleRate;

function drawSpectrogram(canvas, picture, front, chosen, ink) {
  const { context, frame, inside } = openFrame(canvas), { frames, hop } = picture.heard;
  const long = seconds(picture), tall = (frame.bottom - frame.top) / front.n;
  const xOf = (t) => frame.left + ((frame.right - frame.left) * t) / long;
  const yOf = (i) => frame.bottom - (i + 0.5) * tall, every = Math.ceil(22 / tall), y = [];
  for (let i = 0; i < front.n; i += every) y.push([digits(front.centers[i], 0), yOf(i), true]);
  // Each frame is drawn around the middle of its window, a hop wide.
  const from = (front.window - hop) / 2 / front.sampleRate, wide = (frames * hop) / front.sampleRate;
  inside(() => {
    context.fillStyle = "#000004";
    context.fillRect(0, 0, frame.right, frame.bottom);
    context.imageSmoothingEnabled = false;
    context.drawImage(picture.image, xOf(from), frame.top, xOf(wide) - frame.left, frame.bottom - frame.top);
  });
  const x = shared.ticks(0, long, 6).map((t) => [digits(t, 4), xOf(t), true]);
  shared.drawFrame(context, frame, x, y, "time (s)", "centre frequency (Hz)", ink);
  context.strokeStyle = ink.accent;
  context.lineWidth = 2;
  context.strokeRect(frame.left + 1, yOf(chosen) - tall / 2, frame.right - frame.left - 2, tall);
  const filterAt = (py) => Math.min(Math.max(Math.floor((frame.bottom - py) / tall), 0), front.n - 1);
  const timeAt = (px) => Math.min(Math.max((px - frame.left) / (frame.right - frame.left), 0), 1) * long;
  return { frame, xOf, filterAt, timeAt };
}

// Curves in dB below their own peak; the chosen one bold, on top and filled.
function drawCurves(canvas, { rows, at, low, high, title, show }, front, chosen, ink) {
  const { context, width, frame, inside } = openFrame(canvas);
  const xOf = (v) => frame.left + ((frame.right - frame.left) * (v - low)) / (high - low);
  const yOf = (db) => frame.bottom - ((frame.bottom - frame.top) * (db - TRADE_DB)) / (2 - TRADE_DB);
  const x = shared.ticks(low, high, width < 300 ? 4 : 6).map((v) => [show(v), xOf(v)]);
  const y = [-30, -20, -10, 0].map((db) => [minus(String(db)), yOf(db)]);
  shared.drawFrame(context, frame, x, y, title, "level (dB)", ink);
  const draw = (i) => {
    const row = rows[i], most = peakOf(row);
    let first = 0, last = row.length - 1;
    const floor = most * 10 ** (TRADE_DB / 10 - 0.6);
    while (row[first] < floor) first++;
    while (row[last] < floor) last--;
    context.beginPath();
    context.moveTo(xOf(at(first - 1)), frame.bottom + 99);
    // A hundred points are enough: a click may last thousands of samples.
    for (let k = first, step = Math.max(1, Math.floor((last - first) / 100)); k <= last; k += step)
      context.lineTo(xOf(at(k)), yOf(decibels(row[k] / most)));
    context.lineTo(xOf(at(last + 1)), frame.bottom + 99);
    context.strokeStyle = context.fillStyle = i === chosen ? ink.accent : shared.filterColor(i, front.n, ink);
    context.lineWidth = i === chosen ? 2.5 : 1;
    if (i === chosen) context.globalAlpha = 0.16, context.fill(), context.globalAlpha = 1;
    context.stroke();
  };
  inside(() => {
    for (let i = 0; i < front.n; i++) if (i !== chosen) draw(i);
    draw(chosen);
  });
}

function drawTone(canvas, front, chosen, ink) {
  const { tones, grid } = front, at = (k) => k * grid[1], show = (f) => digits(f, 0);
  drawCurves(canvas, { rows: tones, at, low: 0, high: grid[GRID], title: "frequency (Hz)", show }, front, chosen, ink);
}

function drawClick(canvas, front, chosen, ink) {
  // Each frame stands at the middle of its window, in ms behind the click.
  const at = (k) => (1000 * (k + 1 - front.window / 2)) / front.sampleRate, show = (t) => minus(digits(t, 1));
  const span = [100, 200, 300, 500, 1000].find((t) => t >= 2.5e3 * Math.max(...front.clickLengths)) ?? 2000;
  const options = { rows: front.clicks, at, low: -span / 3, high: (2 * span) / 3, title: "time behind the click (ms)", show };
  drawCurves(canvas, options, front, chosen, ink);
}

// ---- what is said in words ----

function summary(front, heard, floor) {
  const ms = front.clickLengths.map((s) => 1000 * s), hop = digits((1000 * heard.hop) / front.sampleRate, 2);
  return `${front.n} ${front.kind} filter${front.n > 1 ? "s" : ""}; window ` +
    `${digits((1000 * front.window) / front.sampleRate, 2)} ms, hop ${hop} ms: ${heard.frames} frames. ` +
    `A tone is shown ${range(front.toneWidths, 0)} Hz wide, a click ${range(ms, 0)} ms long. ` +
    `${digits(100 * drowned(heard, floor), 0)} % of the picture lies below the floor.`;
}

const nameOf = (front, i) =>
  `Filter ${i + 1} of ${front.n} at ${front.centers[i].toFixed(1)} Hz: a tone ${front.toneWidths[i].toFixed(1)} Hz wide at −3 dB, ` +
  `a click ${(1000 * front.clickLengths[i]).toFixed(1)} ms long at −10 dB`;

const HEAD = ["filter", "centre frequency (Hz)", "a tone's width (Hz)", "a click's length (ms)", "width × length"];
const tableRow = (front, i) => [
  i + 1,
  front.centers[i].toFixed(2),
  front.toneWidths[i].toFixed(2),
  (1000 * front.clickLengths[i]).toFixed(2),
  (front.toneWidths[i] * front.clickLengths[i]).toFixed(2),
];

// ---- the widget ----

function makeControls(change) {
  const ms = (v) => `${digits(v, 2)} ms`, whole = (v) => String(v), db = (v) => `${minus(digits(v, 1))} dB`;
  return {
    front_end: shared.choice("Front-end", FRONT_ENDS, (v) => change({ front_end: v })),
    window_s: shared.slider("Window", { min: 5, max: 250, step: 5 }, ms, (v) => change({ window_s: v / 1000 })),
    hop_s: shared.slider("Hop", { min: 2, max: 50, step: 2 }, ms, (v) => change({ hop_s: v / 1000 })),
    n_filters: shared.slider("Number of filters", { min: 1, max: 64, step: 1 }, whole, (v) => change({ n_filters: v })),
    floor: shared.slider("Floor", { min: -100, max: 20, step: 5 }, db, (v) => change({ floor: 10 ** (v / 10) })),
  };
}

// A trait as its slider counts it, without the last bits of a product.
const COUNTED = { window_s: (s) => +(1000 * s).toFixed(6), hop_s: (s) => +(1000 * s).toFixed(6), floor: (e) => +decibels(e).toFixed(6) };

function render({ model, el }) {
  const state = { clips: sound.readClips(model), chosen: 5, from: 0, outputs: {} };
  const panels = {
    spectrogram: shared.panel("Spectrogram", "log energy, 60 dB from black to white; click to hear it from there"),
    tone: shared.panel("A tone", "which filters show it"),
    click: shared.panel("A click", "for how long it is shown"),
  };
  const picture = panels.spectrogram.canvas, named = element("span"), numbers = shared.table("The filters in numbers", HEAD);
  const controls = makeControls((values) => shared.setAll(model, values));
  const pick = {
    filter: shared.slider("Filter to name", { min: 1, max: 64, step: 1 }, String, (v) => choose(v - 1)),
    clip: sound.clipChoice(state, () => view.refresh(LISTEN)),
    speed: sound.speedChoice(state),
  };

  const measure = () => {
    state.front = design(Object.fromEntries(DESIGN.map((name) => [name, model.get(name)])), model.get("sample_rate"));
    state.chosen = Math.min(state.chosen, state.front.n - 1);
    pick.filter.input.max = state.front.n;
    fillTable();
  };
  const fillTable = () => numbers.node.open && numbers.fill(Array.from(state.front.centers, (_, i) => tableRow(state.front, i)));
  const listen = () => (state.heard = energies(state.front, state.clips[state.clip].x, model.get("hop_s"), state.outputs));
  const paint = () => {
    const floor = model.get("floor"), { rows, frames, most } = state.heard;
    for (const [name, control] of Object.entries(controls)) control.set((COUNTED[name] ?? ((v) => v))(model.get(name)));
    state.image = shared.heatMap(rows, frames, (v) => 1 + decibels((v + floor) / (most + floor)) / RANGE_DB);
    view.say(summary(state.front, state.heard, floor));
  };
  let place = {};
  const draw = (ink) => {
    const { front, chosen } = state;
    pick.filter.set(chosen + 1);
    named.textContent = nameOf(front, chosen);
    place = drawSpectrogram(picture, state, front, chosen, ink);
    drawTone(panels.tone.canvas, front, chosen, ink);
    drawClick(panels.click.canvas, front, chosen, ink);
    describe();
  };
  const describe = () => {
    const { front, heard, chosen } = state, [i, k] = heard.loudest, at = (k * heard.hop + front.window / 2) / front.sampleRate;
    panels.spectrogram.describe(
      `${state.clips[state.clip].name}: loudest in filter ${i + 1} (${digits(front.centers[i], 0)} Hz) at ${at.toFixed(2)} s.`);
    panels.tone.describe(`Filter ${chosen + 1} shows it over ${front.toneWidths[chosen].toFixed(1)} Hz.`);
    panels.click.describe(`Filter ${chosen + 1} shows it for ${(1000 * front.clickLengths[chosen]).toFixed(1)} ms.`);
  };
  const choose = (i) => i !== state.chosen && ((state.chosen = i), view.refresh(LOOK));

  const heardFrom = () => {
    const { x } = state.clips[state.clip], { sampleRate } = state.front;
    return { x: x.slice(Math.round(state.from * sampleRate)), sampleRate, speed: state.speed };
  };
  const sweep = (seconds) => {
    panels.spectrogram.sweep(place.xOf(state.from), place.frame.right, seconds);
    state.from = 0;
  };
  const player = sound.playButtons({ clip: { text: "Play the sound", sound: heardFrom } }, sweep, panels.spectrogram.rest);

  const view = shared.openExplorer(el, "Spectrogram explorer", [measure, listen, paint, draw]);
  view.root.append(
    element("div", { class: "sn-controls" }, ...Object.values(controls).map((c) => c.node)),
    panels.spectrogram.node,
    element("div", { class: "sn-buttons" }, ...Object.values(player.buttons)),
    view.said,
    element("div", { class: "sn-pair sn-even" }, panels.tone.node, panels.click.node),
    element("p", { class: "sn-named" }, named),
    element("div", { class: "sn-controls" }, ...Object.values(pick).map((c) => c.node)),
    numbers.node,
  );
  picture.addEventListener("pointermove", (event) => event.pointerType === "mouse" && choose(place.filterAt(event.offsetY)));
  picture.addEventListener("click", (event) => {
    choose(place.filterAt(event.offsetY));
    // What is shorter than this would only tick.
    state.from = Math.min(place.timeAt(event.offsetX), seconds(state) - 0.1);
    player.play("clip");
  });
  numbers.node.addEventListener("toggle", fillTable);
  // The widget manager takes these off itself when the view goes.
  model.on(DESIGN.map((name) => `change:${name}`).join(" "), () => view.refresh(MEASURE));
  model.on("change:hop_s", () => view.refresh(LISTEN));
  model.on("change:floor", () => view.refresh(PAINT));
  return () => (view.close(), player.close());
}

export default { render };
