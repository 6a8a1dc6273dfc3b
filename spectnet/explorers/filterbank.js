// The filterbank explorer: how many gammatone filters, of which order, between which frequencies; what each
// does to an impulse and to a tone, what all do together, and the spectrogram of a heart sound they draw.
import * as shared from "./shared.js";

const { element, decibels, rgb } = shared;
const FLOOR_DB = -40, TOP_DB = 15, RANGE_DB = 50, POINTS = 401;
const DESIGN = ["n_filters", "order", "f_min", "f_max", "scale", "bandwidth_rule"];
const SCALE_NAMES = [["mel", "mel"], ["erb", "ERB (the ear)"], ["linear", "linear"]];
const RULE_NAMES = [["spacing", "neighbours meet at −3 dB"], ["erb", "ERB (the ear)"], ["100", "100 Hz for all (the paper)"]];
const SPEEDS = [["1", "at its own pitch"], ["2", "twice as high"], ["4", "four times as high"]];
const hz = (f) => String(f < 10 ? Math.round(f * 10) / 10 : Math.round(f));
const signed = (v) => (v < -0.05 ? "−" : v > 0.05 ? "+" : "") + Math.abs(v).toFixed(1);

/** Every number that is drawn, from the settings alone. */
export function design({ n_filters, order, f_min, f_max, scale, bandwidth_rule }, sampleRate) {
  const centers = shared.spacedFrequencies(n_filters, f_min, f_max, scale);
  const widths = shared.bandwidths(n_filters, f_min, f_max, scale, order, bandwidth_rule);
  const grid = Float64Array.from({ length: POINTS }, (_, k) => (k * sampleRate) / 2 / (POINTS - 1));
  // To where a filter's power is down by 60 dB.
  const reach = Math.sqrt(1e6 ** (1 / order) - 1);
  const { re, im } = shared.frequencyResponse(centers, widths, grid, order, sampleRate, reach);
  const power = re.map((v, k) => v * v + im[k] * im[k]), total = new Float64Array(POINTS);
  power.forEach((v, k) => (total[k % POINTS] += v));
  const inside = total.filter((_, k) => grid[k] >= centers[0] && grid[k] <= centers[n_filters - 1]);
  const ripple = inside.length ? [decibels(Math.min(...inside)), decibels(Math.max(...inside))] : null;
  // Widths at -3 dB.
  const spread = widths.map((b) => b * shared.halfPowerFactor(order));
  return { n: n_filters, order, scale, fMin: f_min, fMax: f_max, centers, widths, spread, grid, power, total, ripple, sampleRate };
}

/** Energy of `x` through the bank: {energy (filters x frames), frames, window, hop, loudest}. */
export function spectrogram(bank, x) {
  const window = Math.round(0.025 * bank.sampleRate), hop = Math.round(0.01 * bank.sampleRate);
  const rows = Array.from(bank.centers, (center, i) =>
    shared.energyFrames(shared.filterOutput(x, center, bank.widths[i], bank.order, bank.sampleRate), window, hop));
  let most = 0, loudest = [0, 0];
  rows.forEach((row, i) => row.forEach((v, k) => v > most && ((most = v), (loudest = [i, k]))));
  return { rows, frames: rows[0].length, window, hop, most, loudest };
}

// ---- the three pictures ----

const filterColor = (bank, i, ink) => rgb(shared.colorAt("viridis", ink.low + ((ink.high - ink.low) * i) / Math.max(bank.n - 1, 1)));

function drawResponses(canvas, bank, chosen, ink) {
  const { context, width, height } = shared.openCanvas(canvas);
  const frame = { left: 48, top: 8, right: width - 10, bottom: height - 40 }, nyquist = bank.sampleRate / 2;
  const xOf = (f) => frame.left + ((frame.right - frame.left) * f) / nyquist;
  const yOf = (db) => frame.bottom - ((frame.bottom - frame.top) * (db - FLOOR_DB)) / (TOP_DB - FLOOR_DB);
  const x = shared.ticks(0, nyquist, width < 420 ? 5 : 10).map((f) => [hz(f), xOf(f)]);
  const y = [-40, -30, -20, -10, 0, 10].map((db) => [String(db).replace("-", "−"), yOf(db)]);
  shared.drawFrame(context, frame, x, y, "frequency (Hz)", "gain (dB)", ink);
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  context.clip();
  const curve = (values, offset) => {
    context.beginPath();
    let drawing = false;
    for (let k = 0; k < POINTS; k++) {
      const db = decibels(values[offset + k]);
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
    context.strokeStyle = filterColor(bank, i, ink);
    curve(bank.power, i * POINTS);
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
  return { filterAt: (px) => nearest(bank.centers, ((px - frame.left) / (frame.right - frame.left)) * nyquist) };
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
    context.strokeStyle = context.fillStyle = i === chosen ? ink.accent : filterColor(bank, i, ink);
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
  const { frames, hop, window } = picture.heard, from = (window - hop) / 2 / bank.sampleRate;
  context.drawImage(picture.image, xOf(from), frame.top, xOf((frames * hop) / bank.sampleRate) - frame.left, frame.bottom - frame.top);
  shared.drawFrame(context, frame, x.map((t) => [...t, true]), rows.y, "time (s)", "centre frequency (Hz)", ink);
  context.strokeStyle = ink.accent;
  context.lineWidth = 2;
  context.strokeRect(frame.left + 1, rows.yOf(chosen) - rows.tall / 2, frame.right - frame.left - 2, rows.tall);
  return { ...rows, xOf };
}

const PALETTE = Uint32Array.from({ length: 256 }, (_, k) => {
  const [r, g, b] = shared.colorAt("magma", k / 255);
  return (255 << 24) | (b << 16) | (g << 8) | r;
});

// One pixel a filter and frame, the loudest at the top of the colours and 50 dB below it black.
function paint({ rows, frames, most }) {
  const image = new ImageData(frames, rows.length), pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < rows.length; i++)
    for (let k = 0; k < frames; k++) {
      const level = 255 * (1 + decibels(rows[i][k] / most) / RANGE_DB);
      pixels[(rows.length - 1 - i) * frames + k] = PALETTE[level > 0 ? Math.round(level) : 0];
    }
  const canvas = element("canvas", { width: frames, height: rows.length });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// ---- what is said in words ----

function summary(bank) {
  const across = [Math.min(...bank.spread), Math.max(...bank.spread)].map(hz);
  const text = `${bank.n} filter${bank.n > 1 ? "s" : ""} of order ${bank.order}, ${hz(bank.fMin)} to ${hz(bank.fMax)} Hz ` +
    `(${bank.scale}), −3 dB widths ${across[0] === across[1] ? "" : across[0] + " to "}${across[1]} Hz.`;
  if (!bank.ripple) return text;
  return `${text} Between the first and the last centre their sum lies from ${signed(bank.ripple[0])} to ${signed(bank.ripple[1])} dB.`;
}

const nameOf = (bank, i) =>
  `Filter ${i + 1} of ${bank.n}: centre ${bank.centers[i].toFixed(1)} Hz, bandwidth b = ${bank.widths[i].toFixed(1)} Hz, ` +
  `${bank.spread[i].toFixed(1)} Hz wide at −3 dB`;

const tableRow = (bank, i) => {
  const cells = [bank.centers, bank.widths, bank.spread].map((list) => element("td", {}, list[i].toFixed(2)));
  return element("tr", {}, element("th", { scope: "row" }, i + 1), ...cells);
};

function readClips(model) {
  return model.get("clips").map(({ name, samples }) => {
    const view = new DataView(samples.buffer ?? samples, samples.byteOffset ?? 0, samples.byteLength);
    return { name, x: Float64Array.from({ length: view.byteLength / 2 }, (_, k) => view.getInt16(2 * k, true) / 32767) };
  });
}

// ---- the widget ----

function makeControls(model, change) {
  const nyquist = model.get("sample_rate") / 2, gap = nyquist / 100, hzSlider = { min: 0, max: nyquist, step: gap };
  const whole = (v) => String(v), inHz = (v) => `${hz(v)} Hz`;
  const rule = (v) => (v === "spacing" || v === "erb" ? v : Number(v));
  return {
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

function makePanel(title, note) {
  const canvas = element("canvas", { role: "img", "aria-label": title });
  const cursor = element("div", { class: "sn-cursor", hidden: "" });
  const stage = element("div", { class: "sn-stage" }, canvas, cursor);
  const caption = element("figcaption", {}, `${title} `, element("small", {}, note));
  return { canvas, cursor, title, node: element("figure", { class: "sn-panel" }, caption, stage) };
}

function layOut(root, parts) {
  const { controls, panels, clip, speed, filter, playFilter, playClip, said, named, table, numbers } = parts;
  const head = ["filter", "centre frequency (Hz)", "bandwidth b (Hz)", "width at −3 dB (Hz)"];
  root.append(
    element("div", { class: "sn-controls" }, ...Object.values(controls).map((c) => c.node)),
    panels.responses.node,
    element("p", { class: "sn-said", role: "status", "aria-live": "polite" }, said),
    element("div", { class: "sn-pair" }, panels.impulses.node, panels.spectrogram.node),
    element("p", { class: "sn-named" }, named),
    element("div", { class: "sn-controls" }, filter.node, clip.node, speed.node),
    element("div", { class: "sn-buttons" }, playFilter, playClip),
    numbers,
  );
  const title = "The filters in numbers", row = element("tr", {}, ...head.map((h) => element("th", { scope: "col" }, h)));
  const box = element("div", { class: "sn-table", tabindex: 0, role: "region", "aria-label": title });
  box.append(element("table", {}, element("thead", {}, row), table));
  numbers.append(element("summary", {}, title), box);
}

function render({ model, el }) {
  const root = shared.openRoot(el, "Filterbank explorer"), player = shared.makePlayer();
  const state = { clips: readClips(model), clip: 0, chosen: 0, speed: 4, playing: null, bank: null, picture: null };
  const change = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const controls = makeControls(model, change);
  const panels = {
    responses: makePanel("Frequency responses", "each filter, and the sum of their powers in bold"),
    impulses: makePanel("Impulse responses", "each to its own peak"),
    spectrogram: makePanel("Spectrogram", "log energy, 50 dB from black to white"),
  };
  const [said, named] = [element("span"), element("span")];
  const playFilter = element("button", { type: "button" }), playClip = element("button", { type: "button" });
  const parts = {
    controls, panels, said, named, playFilter, playClip,
    table: element("tbody"), numbers: element("details"),
    filter: shared.slider("Filter to name and play", { min: 1, max: 64, step: 1 }, String, (v) => choose(v - 1)),
    clip: shared.choice("Heart sound", state.clips.map((c, i) => [i, c.name]), (v) => ((state.clip = Number(v)), refresh("sound"))),
    speed: shared.choice("Playback", SPEEDS, (v) => (state.speed = Number(v))),
  };
  parts.clip.set(0);
  parts.speed.set(state.speed);
  layOut(root, parts);

  // Work is done once a frame, and only as much as the change asks for.
  let due = null, wanted = "", announce = null;
  const ORDER = ["look", "sound", "bank"];
  const refresh = (what) => {
    if (ORDER.indexOf(what) > ORDER.indexOf(wanted)) wanted = what;
    due ??= requestAnimationFrame(() => {
      due = null;
      const started = performance.now(), what = wanted;
      wanted = "";
      if (what === "bank") measure();
      if (what !== "look") listen();
      draw();
      root.dataset.redrawMs = (performance.now() - started).toFixed(1);
    });
  };
  const measure = () => {
    const settings = Object.fromEntries(DESIGN.map((name) => [name, model.get(name)]));
    for (const name of DESIGN) controls[name].set(settings[name]);
    state.bank = design(settings, model.get("sample_rate"));
    state.chosen = Math.min(state.chosen, state.bank.n - 1);
    parts.filter.input.max = state.bank.n;
    if (parts.numbers.open) fillTable();
    clearTimeout(announce);
    announce = setTimeout(() => (said.textContent = summary(state.bank)), said.textContent ? 250 : 0);
  };
  const fillTable = () => parts.table.replaceChildren(...Array.from(state.bank.centers, (_, i) => tableRow(state.bank, i)));
  const listen = () => {
    const heard = spectrogram(state.bank, state.clips[state.clip].x);
    state.picture = { heard, image: paint(heard) };
  };
  let places = {};
  const draw = () => {
    const style = getComputedStyle(root), color = (name) => style.getPropertyValue(`--sn-${name}`).trim();
    const ink = Object.fromEntries(["text", "soft", "grid", "accent"].map((name) => [name, color(name)]));
    [ink.low, ink.high] = color("range").split(" ").map(Number);
    const { bank, chosen, picture } = state, clip = state.clips[state.clip];
    parts.filter.set(chosen + 1);
    named.textContent = nameOf(bank, chosen);
    places = {
      responses: drawResponses(panels.responses.canvas, bank, chosen, ink),
      impulses: drawImpulses(panels.impulses.canvas, bank, chosen, ink),
      spectrogram: drawSpectrogram(panels.spectrogram.canvas, picture, bank, chosen, clip, ink),
    };
    describe();
  };
  const describe = () => {
    const { bank, picture } = state, [i, k] = picture.heard.loudest, clip = state.clips[state.clip];
    const at = (k * picture.heard.hop + picture.heard.window / 2) / bank.sampleRate;
    const label = (name, text) => panels[name].canvas.setAttribute("aria-label", `${panels[name].title}. ${text}`);
    label("responses", summary(bank));
    label("impulses", `${hz(bank.centers[0])} Hz at the bottom to ${hz(bank.centers[bank.n - 1])} Hz at the top.`);
    label("spectrogram", `${clip.name}: loudest behind filter ${i + 1} (${hz(bank.centers[i])} Hz) at ${at.toFixed(2)} s.`);
  };
  const choose = (i) => i !== state.chosen && ((state.chosen = i), refresh("look"));

  const buttons = () => {
    const label = (button, what, text) => (button.textContent = state.playing === what ? "■ Stop" : `▶ ${text}`);
    label(playFilter, "filter", "Play this filter");
    label(playClip, "clip", "Play the sound");
  };
  const stop = () => (player.stop(), (state.playing = null), (panels.spectrogram.cursor.hidden = true), buttons());
  const play = (what) => {
    if (state.playing === what) return stop();
    stop();
    const { bank, chosen } = state, { x } = state.clips[state.clip];
    const sound = what === "clip" ? x : shared.filterOutput(x, bank.centers[chosen], bank.widths[chosen], bank.order, bank.sampleRate);
    const seconds = player.play(sound, bank.sampleRate, state.speed, () => state.playing === what && stop());
    state.playing = what;
    buttons();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) runCursor(seconds);
  };
  const runCursor = (seconds) => {
    const { cursor } = panels.spectrogram, { frame } = places.spectrogram;
    cursor.hidden = false;
    cursor.animate([frame.left, frame.right].map((x) => ({ transform: `translateX(${x}px)` })), 1000 * seconds);
  };
  playFilter.addEventListener("click", () => play("filter"));
  playClip.addEventListener("click", () => play("clip"));
  for (const [name, { canvas }] of Object.entries(panels)) {
    const point = (event) => choose(places[name].filterAt(event.offsetX, event.offsetY));
    canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
    canvas.addEventListener("click", (event) => (point(event), stop(), play("filter")));
  }
  parts.numbers.addEventListener("toggle", fillTable);
  buttons();

  // The widget manager takes these off itself when the view goes.
  model.on(DESIGN.map((name) => `change:${name}`).join(" "), () => refresh("bank"));
  model.on("change:clips", () => ((state.clips = readClips(model)), refresh("sound")));
  const unwatch = shared.watchTheme(() => refresh("look"));
  const resized = new ResizeObserver(() => refresh("look"));
  resized.observe(root);
  refresh("bank");
  return () => {
    unwatch();
    resized.disconnect();
    player.close();
    clearTimeout(announce);
    cancelAnimationFrame(due);
  };
}

export default { render };
