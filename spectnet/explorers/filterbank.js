// The filterbank explorer: how many gammatone filters, of which order, between which frequencies; what each
// does to an impulse and to a tone, what all do together, and the spectrogram of a heart sound they draw.
import * as dsp from "./dsp.js";
import * as shared from "./shared.js";
import * as sound from "./sound.js";

const { element } = shared, { decibels } = dsp;
const FLOOR_DB = -40, TOP_DB = 15, RANGE_DB = 50, POINTS = 401;
const MEASURE = 0, LISTEN = 1, LOOK = 2; // stages of a redraw
const DESIGN = ["n_filters", "order", "f_min", "f_max", "scale", "bandwidth_rule"];
const DRAWN = [...DESIGN, "bank"];
const SCALE_NAMES = [["mel", "mel"], ["slaney", "mel (Slaney)"], ["erb", "ERB (the ear)"], ["linear", "linear"]];
const BANKS = [["learned", "as learned"], ["designed", "as designed"]];
const RULE_NAMES = [["spacing", "neighbours meet at −3 dB"], ["erb", "ERB (the ear)"], ["100", "100 Hz for all (the paper)"]];
const hz = (f) => String(f < 10 ? Math.round(f * 10) / 10 : Math.round(f));
const signed = (v) => (v < -0.05 ? "−" : v > 0.05 ? "+" : "") + Math.abs(v).toFixed(1);

// Only layers stand on it: linear below 1 kHz, logarithmic above.
dsp.SCALES.slaney = [
  (f) => (f < 1000 ? (3 * f) / 200 : 15 + (27 * Math.log(f / 1000)) / Math.log(6.4)),
  (m) => (m < 15 ? (200 * m) / 3 : 1000 * 6.4 ** ((m - 15) / 27)),
];

/**
 * Every number that is drawn, from the settings alone; or from what a layer has learned, where `settings.bank` asks for
 * it and no setting was moved since.
 */
export function design(settings, sampleRate, layer = {}) {
  const { n_filters: n, order, f_min: fMin, f_max: fMax, scale, bandwidth_rule: rule } = settings;
  const asked = settings.bank === "learned" && Object.entries(layer.settings ?? {});
  const learned = asked && asked.length && asked.every(([name, value]) => settings[name] === value) ? layer : null;
  const centers = learned ? Float64Array.from(layer.center_frequencies) : dsp.spacedFrequencies(n, fMin, fMax, scale);
  const widths = learned ? Float64Array.from(layer.bandwidths) : dsp.bandwidths(n, fMin, fMax, scale, order, rule);
  const gains = learned ? Float64Array.from(layer.gains) : centers.map(() => 1);
  const window = layer.window_length ?? Math.round(0.025 * sampleRate), hop = layer.hop_length ?? Math.round(0.01 * sampleRate);
  const grid = Float64Array.from({ length: POINTS }, (_, k) => (k * sampleRate) / 2 / (POINTS - 1));
  // To where a filter's power is down by 60 dB.
  const reach = Math.sqrt(1e6 ** (1 / order) - 1);
  const { re, im } = dsp.frequencyResponse(centers, widths, grid, order, sampleRate, reach);
  const power = re, total = new Float64Array(POINTS);
  for (let i = 0, at = 0; i < n; i++)
    for (let k = 0; k < POINTS; k++, at++) {
      power[at] = (re[at] * re[at] + im[at] * im[at]) * gains[i] ** 2;
      total[k] += power[at];
    }
  // Filters that learn may pass one another.
  const lowest = Math.min(...centers), highest = Math.max(...centers);
  const inside = total.filter((_, k) => grid[k] >= lowest && grid[k] <= highest);
  const ripple = inside.length ? [decibels(Math.min(...inside)), decibels(Math.max(...inside))] : null;
  // Widths at -3 dB.
  const spread = widths.map((b) => b * dsp.halfPowerFactor(order)), filters = { centers, widths, gains, spread };
  return { n, order, scale, fMin, fMax, sampleRate, window, hop, learned, ...filters, grid, power, total, ripple };
}

/** Energy of `x` through the bank: {rows (filters x frames), frames, most, loudest}. */
export function spectrogram(bank, x) {
  const { centers, widths, gains, order, sampleRate, window, hop } = bank;
  const rows = Array.from(centers, (center, i) => {
    const energy = dsp.energyFrames(dsp.filterOutput(x, center, widths[i], order, sampleRate), window, hop);
    return gains[i] === 1 ? energy : energy.map((v) => v * gains[i] ** 2);
  });
  let most = 0, loudest = [0, 0];
  const frames = rows[0].length;
  for (let i = 0; i < rows.length; i++)
    for (let k = 0; k < frames; k++) if (rows[i][k] > most) (most = rows[i][k]), (loudest = [i, k]);
  return { rows, frames, most, loudest };
}

/** The filter of a learned bank whose centre went furthest, and how far in Hz. */
export function furthest({ centers, learned }) {
  const moves = Array.from(centers, (center, i) => center - learned.initial_center_frequencies[i]);
  const filter = moves.reduce((best, move, i) => (Math.abs(move) > Math.abs(moves[best]) ? i : best), 0);
  return { filter, move: moves[filter] };
}

// ---- the three pictures ----

function drawResponses(canvas, bank, chosen, ink) {
  const { context, width, height } = shared.openCanvas(canvas);
  const frame = { left: 48, top: 8, right: width - 10, bottom: height - 40 }, nyquist = bank.sampleRate / 2;
  const xOf = (f) => frame.left + ((frame.right - frame.left) * f) / nyquist;
  const yOf = (db) => frame.bottom - ((frame.bottom - frame.top) * (db - FLOOR_DB)) / (TOP_DB - FLOOR_DB);
  const x = shared.ticks(0, nyquist, width < 420 ? 5 : 10).map((f) => [hz(f), xOf(f)]);
  const y = [-40, -30, -20, -10, 0, 10].map((db) => [String(db).replace("-", "−"), yOf(db)]);
  shared.drawFrame(context, frame, x, y, "frequency (Hz)", "gain (dB)", ink);
  shared.clipTo(context, frame);
  // A broad filter needs fewer points: ten over its width will do.
  const stride = (i) => (bank.spread[i] > 40 * bank.grid[1] ? 4 : bank.spread[i] > 20 * bank.grid[1] ? 2 : 1);
  const curve = (values, offset, step = 1) => {
    context.beginPath();
    let drawing = false;
    for (let k = 0; k < POINTS; k += step) {
      const db = values[offset + k] > 1e-6 ? decibels(values[offset + k]) : -60;
      if (db < FLOOR_DB - 12) drawing = false;
      else if (drawing) context.lineTo(xOf(bank.grid[k]), yOf(db));
      else context.moveTo(xOf(bank.grid[k]), yOf(db)), (drawing = true);
    }
  };
  context.setLineDash([2, 3]);
  context.strokeStyle = ink.soft;
  context.beginPath();
  for (const f of [bank.fMin, bank.fMax]) context.moveTo(xOf(f), frame.top), context.lineTo(xOf(f), frame.bottom);
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = bank.n > 32 ? 1 : 1.5;
  for (let i = 0; i < bank.n; i++) {
    context.strokeStyle = shared.filterColor(i, bank.n, ink);
    curve(bank.power, i * POINTS, stride(i));
    context.stroke();
  }
  context.lineWidth = 2.5;
  context.strokeStyle = ink.text;
  curve(bank.total, 0);
  context.stroke();
  context.strokeStyle = context.fillStyle = ink.accent;
  curve(bank.power, chosen * POINTS);
  context.stroke();
  context.globalAlpha = 0.16;
  context.lineTo(frame.right, frame.bottom + 99);
  context.lineTo(frame.left, frame.bottom + 99);
  context.fill();
  context.restore();
  if (bank.learned) drawMoves(context, bank, chosen, xOf, (i) => yOf(i % 2 ? 12.5 : 9.5), ink);
  return { filterAt: (px) => nearest(bank.centers, ((px - frame.left) / (frame.right - frame.left)) * nyquist) };
}

// From where each learned filter began (a stroke) to where it stands (a dot).
function drawMoves(context, bank, chosen, xOf, yOf, ink) {
  for (let i = 0; i < bank.n; i++) {
    const from = xOf(bank.learned.initial_center_frequencies[i]), to = xOf(bank.centers[i]), y = yOf(i);
    context.strokeStyle = context.fillStyle = i === chosen ? ink.accent : shared.filterColor(i, bank.n, ink);
    context.lineWidth = i === chosen ? 2.5 : 1.5;
    context.beginPath();
    context.moveTo(from, y - 5), context.lineTo(from, y + 5), context.moveTo(from, y), context.lineTo(to, y);
    context.stroke();
    context.beginPath();
    context.arc(to, y, i === chosen ? 4.5 : 3, 0, 7);
    context.fill();
  }
}

const nearest = (list, value) => list.reduce((best, v, i) => (Math.abs(v - value) < Math.abs(list[best] - value) ? i : best), 0);

// Impulse responses and spectrogram share their rows: one a filter, low at the bottom.
function rowsOf(bank, width, height) {
  const frame = { left: 48, top: 8, right: width - 10, bottom: height - 40 }, tall = (frame.bottom - frame.top) / bank.n;
  const yOf = (i) => frame.bottom - (i + 0.5) * tall, every = Math.ceil(22 / tall);
  const y = [];
  for (let i = 0; i < bank.n; i += every) y.push([hz(bank.centers[i]), yOf(i), true]);
  const filterAt = (_, py) => Math.min(Math.max(Math.floor((frame.bottom - py) / tall), 0), bank.n - 1);
  return { frame, tall, yOf, y, filterAt };
}

function drawImpulses(canvas, bank, chosen, ink) {
  const { context, width, height } = shared.openCanvas(canvas), rows = rowsOf(bank, width, height), { frame } = rows;
  // As long as the slowest filter keeps above about 1 % of its peak.
  const needed = (bank.order * 1.1 + 5) / (2 * Math.PI * Math.min(...bank.widths));
  const span = [0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 1].find((s) => s >= needed) ?? 2;
  const xOf = (t) => frame.left + ((frame.right - frame.left) * t) / span;
  const x = shared.ticks(0, span * 1000, 5).map((t) => [String(+t.toPrecision(6)), xOf(t / 1000)]);
  shared.drawFrame(context, frame, x, rows.y, "time (ms)", "centre frequency (Hz)", ink);
  const n = bank.order, pixels = frame.right - frame.left;
  const draw = (i) => {
    const b = 2 * Math.PI * bank.widths[i], w = 2 * Math.PI * bank.centers[i], at = rows.yOf(i);
    const peak = n > 1 ? ((n - 1) / (b * Math.E)) ** (n - 1) : 1;
    // Where the wave is too fast for the pixels, its outline is drawn instead.
    const outline = (bank.centers[i] * span) / pixels > 0.25, step = outline || bank.n > 40 ? 1 : 0.5;
    const half = rows.tall * (outline || bank.n < 25 ? 0.48 : 1), below = [];
    context.strokeStyle = context.fillStyle = i === chosen ? ink.accent : shared.filterColor(i, bank.n, ink);
    context.lineWidth = i === chosen ? 2 : bank.n > 32 ? 1 : 1.3;
    context.beginPath();
    for (let px = 0; px <= pixels; px += step) {
      const t = (px / pixels) * span, envelope = (t ** (n - 1) * Math.exp(-b * t)) / peak;
      if (envelope < 2e-3 && b * t > n) break;
      context.lineTo(frame.left + px, at - half * envelope * (outline ? 1 : Math.cos(w * t)));
      if (outline) below.push([frame.left + px, at + half * envelope]);
    }
    context.lineTo(frame.right, at);
    while (below.length) context.lineTo(...below.pop());
    if (outline) context.globalAlpha = 0.55, context.fill(), context.globalAlpha = 1;
    context.stroke();
  };
  for (let i = bank.n - 1; i >= 0; i--) if (i !== chosen) draw(i);
  draw(chosen);
  return rows;
}

function drawSpectrogram(canvas, picture, bank, chosen, clip, ink) {
  const { context, width, height } = shared.openCanvas(canvas), rows = rowsOf(bank, width, height), { frame } = rows;
  const seconds = clip.x.length / bank.sampleRate, xOf = (t) => frame.left + ((frame.right - frame.left) * t) / seconds;
  const x = shared.ticks(0, seconds, 6).map((t) => [String(+t.toPrecision(4)), xOf(t)]);
  context.fillStyle = "#000004";
  context.fillRect(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  context.imageSmoothingEnabled = false;
  const { frames } = picture.heard, { window, hop } = bank, from = (window - hop) / 2 / bank.sampleRate;
  context.drawImage(picture.image, xOf(from), frame.top, xOf((frames * hop) / bank.sampleRate) - frame.left, frame.bottom - frame.top);
  shared.drawFrame(context, frame, x.map((t) => [...t, true]), rows.y, "time (s)", "centre frequency (Hz)", ink);
  context.strokeStyle = ink.accent;
  context.lineWidth = 2;
  context.strokeRect(frame.left + 1, rows.yOf(chosen) - rows.tall / 2, frame.right - frame.left - 2, rows.tall);
  return { ...rows, xOf };
}

// ---- what is said in words ----

function summary(bank) {
  const across = [Math.min(...bank.spread), Math.max(...bank.spread)].map(hz);
  const range = `${hz(bank.fMin)} to ${hz(bank.fMax)} Hz (${bank.scale})`, most = bank.learned && furthest(bank);
  const text = `${bank.n} filter${bank.n > 1 ? "s" : ""} of order ${bank.order}, ${bank.learned ? "learned within " : ""}${range}, ` +
    `−3 dB widths ${across[0] === across[1] ? "" : across[0] + " to "}${across[1]} Hz.` +
    (most ? ` Filter ${most.filter + 1} went furthest, ${signed(most.move)} Hz.` : "");
  if (!bank.ripple) return text;
  return `${text} Between the first and the last centre their sum lies from ${signed(bank.ripple[0])} to ${signed(bank.ripple[1])} dB.`;
}

const nameOf = (bank, i) =>
  `Filter ${i + 1} of ${bank.n}: centre ${bank.centers[i].toFixed(1)} Hz, bandwidth b = ${bank.widths[i].toFixed(1)} Hz, ` +
  `${bank.spread[i].toFixed(1)} Hz wide at −3 dB` +
  (bank.gains[i] === 1 ? "" : `, ${signed(2 * decibels(bank.gains[i]))} dB loud`) +
  (bank.learned ? `; began at ${began(bank)[0][i].toFixed(1)} Hz with b = ${began(bank)[1][i].toFixed(1)} Hz` : "");

const began = ({ learned }) => [learned.initial_center_frequencies, learned.initial_bandwidths];

const tableRow = (bank, i) =>
  [i + 1, ...[bank.centers, bank.widths, bank.spread, ...(bank.learned ? began(bank) : [])].map((list) => list[i].toFixed(2))];

// ---- the widget ----

function makeControls(model, layer) {
  const change = (values) => shared.setAll(model, { bank: "designed", ...values });
  const relearn = (bank) => shared.setAll(model, { bank, ...(bank === "learned" ? layer.settings : {}) });
  const nyquist = model.get("sample_rate") / 2, gap = nyquist / 100, hzSlider = { min: 0, max: nyquist, step: gap };
  const whole = (v) => String(v), inHz = (v) => `${hz(v)} Hz`;
  const rule = (v) => (v === "spacing" || v === "erb" ? v : Number(v));
  return {
    ...(layer.settings && { bank: shared.choice("Filters", BANKS, relearn) }),
    n_filters: shared.slider("Number of filters", { min: 1, max: 64, step: 1 }, whole, (v) => change({ n_filters: v })),
    order: shared.slider("Order", { min: 1, max: 8, step: 1 }, whole, (v) => change({ order: v })),
    f_min: shared.slider("Lowest frequency", hzSlider, inHz, (v) => {
      const low = Math.min(v, nyquist - gap);
      change({ f_min: low, f_max: Math.max(model.get("f_max"), low + gap) });
    }),
    f_max: shared.slider("Highest frequency", hzSlider, inHz, (v) => {
      const high = Math.max(v, gap);
      change({ f_max: high, f_min: Math.min(model.get("f_min"), high - gap) });
    }),
    scale: shared.choice("Spacing of the centres", SCALE_NAMES, (v) => change({ scale: v })),
    bandwidth_rule: shared.choice("Bandwidth", RULE_NAMES, (v) => change({ bandwidth_rule: rule(v) })),
  };
}

const HEAD = ["filter", "centre frequency (Hz)", "bandwidth b (Hz)", "width at −3 dB (Hz)"];
const HEAD_BEGAN = ["centre at first (Hz)", "b at first (Hz)"];

function render({ model, el }) {
  const layer = model.get("layer"), state = { clips: sound.readClips(model), chosen: 0, bank: null, heard: null, image: null };
  const panels = {
    responses: shared.panel("Frequency responses", `each filter, and the sum of their powers in bold${layer.settings ? "; above, from where it began (|) to where it stands (●)" : ""}`),
    impulses: shared.panel("Impulse responses", "each to its own peak"),
    spectrogram: shared.panel("Spectrogram", "log energy, 50 dB from black to white"),
  };
  const named = element("span"), numbers = shared.table("The filters in numbers", [...HEAD, ...(layer.settings ? HEAD_BEGAN : [])]);
  const controls = makeControls(model, layer);
  const pick = {
    filter: shared.slider("Filter to name and play", { min: 1, max: 64, step: 1 }, String, (v) => choose(v - 1)),
    clip: sound.clipChoice(state, () => view.refresh(LISTEN)),
    speed: sound.speedChoice(state),
  };

  const measure = () => {
    const settings = Object.fromEntries(DRAWN.map((name) => [name, model.get(name)]));
    for (const name of DESIGN) controls[name].set(settings[name]);
    state.bank = design(settings, model.get("sample_rate"), layer);
    controls.bank?.set(state.bank.learned ? "learned" : "designed");
    state.chosen = Math.min(state.chosen, state.bank.n - 1);
    pick.filter.input.max = state.bank.n;
    fillTable();
    view.say(summary(state.bank));
  };
  const fillTable = () => numbers.node.open && numbers.fill(Array.from(state.bank.centers, (_, i) => tableRow(state.bank, i)));
  const listen = () => {
    state.heard = spectrogram(state.bank, state.clips[state.clip].x);
    const { rows, frames, most } = state.heard;
    state.image = shared.heatMap(rows, frames, (v) => 1 + decibels(v / most) / RANGE_DB);
  };
  let places = {};
  const draw = (ink) => {
    const { bank, chosen } = state;
    pick.filter.set(chosen + 1);
    named.textContent = nameOf(bank, chosen);
    places = {
      responses: drawResponses(panels.responses.canvas, bank, chosen, ink),
      impulses: drawImpulses(panels.impulses.canvas, bank, chosen, ink),
      spectrogram: drawSpectrogram(panels.spectrogram.canvas, state, bank, chosen, state.clips[state.clip], ink),
    };
    describe();
  };
  const describe = () => {
    const { bank, heard } = state, [i, k] = heard.loudest, at = (k * bank.hop + bank.window / 2) / bank.sampleRate;
    panels.responses.describe(summary(bank));
    panels.impulses.describe(`${hz(bank.centers[0])} Hz at the bottom to ${hz(bank.centers[bank.n - 1])} Hz at the top.`);
    panels.spectrogram.describe(
      `${state.clips[state.clip].name}: loudest behind filter ${i + 1} (${hz(bank.centers[i])} Hz) at ${at.toFixed(2)} s.`);
  };
  const choose = (i) => i !== state.chosen && ((state.chosen = i), view.refresh(LOOK));

  const clip = () => ({ x: state.clips[state.clip].x, sampleRate: state.bank.sampleRate, speed: state.speed });
  const filtered = () => {
    const { bank, chosen } = state, { x } = clip();
    return { ...clip(), x: dsp.filterOutput(x, bank.centers[chosen], bank.widths[chosen], bank.order, bank.sampleRate) };
  };
  const sources = { filter: { text: "Play this filter", sound: filtered }, clip: { text: "Play the sound", sound: clip } };
  const sweep = (seconds) => panels.spectrogram.sweep(places.spectrogram.frame.left, places.spectrogram.frame.right, seconds);
  const player = sound.playButtons(sources, sweep, panels.spectrogram.rest);

  const view = shared.openExplorer(el, "Filterbank explorer", [measure, listen, draw]);
  view.root.append(
    element("div", { class: "sn-controls" }, ...Object.values(controls).map((c) => c.node)),
    panels.responses.node,
    view.said,
    element("div", { class: "sn-pair" }, panels.impulses.node, panels.spectrogram.node),
    element("p", { class: "sn-named" }, named),
    element("div", { class: "sn-controls" }, ...Object.values(pick).map((c) => c.node)),
    element("div", { class: "sn-buttons" }, ...Object.values(player.buttons)),
    numbers.node,
  );
  for (const [name, { canvas }] of Object.entries(panels)) {
    const point = (event) => choose(places[name].filterAt(event.offsetX, event.offsetY));
    canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
    canvas.addEventListener("click", (event) => (point(event), player.play("filter")));
  }
  numbers.node.addEventListener("toggle", fillTable);
  // The widget manager takes these off itself when the view goes.
  model.on(DRAWN.map((name) => `change:${name}`).join(" "), () => view.refresh(MEASURE));
  model.on("change:clips", () => ((state.clips = sound.readClips(model)), view.refresh(LISTEN)));
  return () => (view.close(), player.close());
}

export default { render };
