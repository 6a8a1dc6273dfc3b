// The training player: a run on record, played epoch by epoch. Its filters, how far they went, loss and validation MACC.
import * as dsp from "./dsp.js";
import * as shared from "./shared.js";

const { element } = shared;
const POINTS = 301, FLOOR_DB = -30, TOP_DB = 3;
const MEASURE = 0, LOOK = 1; // stages of a redraw
const TRACKS = [["place", "centre frequency"], ["moved", "how far each has moved"]];

// ---- every number that is drawn ----

/** A run after an epoch: `filters` of {center, width, begun, moved}, `loss` and `macc` (null at the start), `furthest`. */
export function standing(run, epoch) {
  const [begun, now] = [run.center_frequencies[0] ?? [], run.center_frequencies[epoch] ?? []];
  const filters = now.map((center, i) => ({ center, width: run.bandwidths[epoch][i], begun: begun[i], moved: center - begun[i] }));
  const sizes = filters.map((f) => Math.abs(f.moved)), furthest = sizes.indexOf(Math.max(...sizes));
  return { filters, furthest, median: median(sizes), loss: epoch ? run.loss[epoch - 1] : null, macc: epoch ? run.validation_macc[epoch - 1] : null };
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b), half = sorted.length / 2;
  return sorted.length ? (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2 : null;
}

/** Power gain of every filter of a bank at each frequency of a grid, to where it is down by 60 dB. */
export function responses(centers, widths, orders, sampleRate) {
  const grid = Float64Array.from({ length: POINTS }, (_, k) => (k * sampleRate) / 2 / (POINTS - 1));
  const rows = centers.map((center, i) => {
    const reach = Math.sqrt(1e6 ** (1 / orders[i]) - 1);
    const { re, im } = dsp.frequencyResponse([center], [widths[i]], grid, orders[i], sampleRate, reach);
    return re.map((v, k) => v * v + im[k] * im[k]);
  });
  return { grid, rows };
}

/** Of each filter a value an epoch, from the start on: its centre, or how far that has moved. */
export const tracks = (run, kind) =>
  (run.center_frequencies[0] ?? []).map((begun, i) => run.center_frequencies.map((at) => at[i] - (kind === "moved" ? begun : 0)));

// ---- the pictures ----

function drawFilters(canvas, { shown, epoch, chosen }, ink) {
  const nyquist = shown.sample_rate / 2, axis = ["frequency (Hz)", "gain (dB)"];
  const { frame, line } = shared.plot(canvas, [0, nyquist], [FLOOR_DB, TOP_DB], axis, ink), n = shown.orders.length;
  const now = responses(shown.center_frequencies[epoch], shown.bandwidths[epoch], shown.orders, shown.sample_rate);
  const curve = ({ grid, rows }, i) => Array.from(grid, (f, k) => [f, dsp.decibels(rows[i][k])]).filter(([, db]) => db > FLOOR_DB - 4);
  for (let i = 0; i < n; i++) if (i !== chosen) line(curve(now, i), shared.filterColor(i, n, ink), n > 32 ? 1 : 1.5);
  const begun = responses([shown.center_frequencies[0][chosen]], [shown.bandwidths[0][chosen]], [shown.orders[chosen]], shown.sample_rate);
  line(curve(begun, 0), ink.text, 1.5, [5, 4]);
  line(curve(now, chosen), ink.accent, 3);
  return { filterAt: (px) => nearest(shown.center_frequencies[epoch], ((px - frame.left) / (frame.right - frame.left)) * nyquist) };
}

const nearest = (list, value) => list.reduce((best, v, i) => (Math.abs(v - value) < Math.abs(list[best] - value) ? i : best), 0);

// What all curves over epochs have: the epoch that is shown, and the one that was kept.
function overEpochs(canvas, { shown, epoch }, values, title, ink) {
  const flat = values.flat(), last = shown.loss.length, low = Math.min(...flat), high = Math.max(...flat), room = 0.08 * (high - low || 1);
  const drawn = shared.plot(canvas, [0, last], [low - room, high + room], ["epoch", title], ink), ends = [low - room, high + room];
  if (shown.best_epoch) drawn.line(ends.map((y) => [shown.best_epoch, y]), ink.soft, 1.5, [2, 4]);
  drawn.line(ends.map((y) => [epoch, y]), ink.accent, 1.5);
  const epochAt = (px) => Math.round(Math.min(Math.max((px - drawn.frame.left) / (drawn.frame.right - drawn.frame.left), 0), 1) * last);
  return { ...drawn, epochAt };
}

function drawTracks(canvas, state, ink) {
  const rows = tracks(state.shown, state.track), n = rows.length, title = state.track === "moved" ? "moved (Hz)" : "centre frequency (Hz)";
  const { line, spot, epochAt } = overEpochs(canvas, state, rows, title, ink), { chosen, epoch } = state;
  const draw = (i, color, size) => {
    line(rows[i].map((v, k) => [k, v]), color, size);
    spot(epoch, rows[i][epoch], size + 1.5, color);
  };
  for (let i = 0; i < n; i++) if (i !== chosen) draw(i, shared.filterColor(i, n, ink), n > 32 ? 1 : 1.5);
  draw(chosen, ink.accent, 3);
  return { epochAt };
}

function drawCurve(canvas, state, values, title, ink) {
  const { line, spot, epochAt } = overEpochs(canvas, state, values, title, ink);
  line(values.map((v, k) => [k + 1, v]), ink.text, 2);
  if (state.epoch) spot(state.epoch, values[state.epoch - 1], 5, ink.accent);
  return { epochAt };
}

// ---- what is said in words ----

const minus = (text) => text.replaceAll("-", "−");
const signed = (v, digits) => (v > 0 ? "+" : "") + minus(v.toFixed(digits));
const percent = (share) => `${(100 * share).toFixed(2)} %`;

function summary({ shown, epoch, at }) {
  const last = shown.loss.length, kept = epoch && epoch === shown.best_epoch ? `, the one that was kept, by ${shown.chosen_on}` : "";
  const text = epoch
    ? `After epoch ${epoch} of ${last}${kept}: loss ${at.loss.toFixed(4)}, validation MACC ${percent(at.macc)}.`
    : `At the start of ${shown.title}, before the first of ${last} epochs.`;
  if (!at.filters.length || !epoch) return text;
  if (!shown.learnable) return `${text} The filters are fixed.`;
  const far = at.filters[at.furthest];
  return `${text} Furthest is filter ${at.furthest + 1}, by ${signed(far.moved, 1)} Hz; half have moved at most ${at.median.toFixed(1)} Hz.`;
}

const nameOf = ({ at, chosen }) => {
  const { center, width, begun, moved } = at.filters[chosen];
  return `Filter ${chosen + 1} of ${at.filters.length}: ${center.toFixed(1)} Hz, from ${begun.toFixed(1)} Hz (${signed(moved, 1)} Hz); bandwidth b = ${width.toFixed(1)} Hz`;
};

const HEAD = ["filter", "start (Hz)", "centre frequency (Hz)", "moved (Hz)", "bandwidth b (Hz)"];

// ---- the widget ----

function render({ model, el }) {
  const runs = model.get("runs"), any = runs.some((run) => run.orders.length);
  const state = { shown: runs[0], epoch: 0, at: null, chosen: 0, track: "place", playing: null };
  const panels = {
    filters: shared.panel("Responses of the filters", "bold: the named one; dashed: its start"),
    tracks: shared.panel("Filters by epoch", "click to go to an epoch"),
    loss: shared.panel("Training loss by epoch", "dotted: the epoch kept"),
    macc: shared.panel("Validation MACC by epoch", "dotted: the epoch kept"),
  };
  const named = element("span"), numbers = shared.table("The filters in numbers", HEAD);
  const last = () => runs[model.get("run")].loss.length;
  const go = (epoch) => shared.setAll(model, { epoch: Math.min(Math.max(epoch, 0), last()) });
  const controls = {
    run: shared.choice("Run", runs.map((run, i) => [i, run.title]), (v) => {
      const run = Number(v);
      shared.setAll(model, { epoch: Math.min(model.get("epoch"), runs[run].loss.length), run });
    }),
    epoch: shared.slider("Epoch", { min: 0, max: last(), step: 1 }, (v) => `${v} of ${last()}`, (v) => (pause(), go(v))),
    track: shared.choice("Filters over epochs", TRACKS, (v) => ((state.track = v), view.refresh(LOOK))),
    filter: shared.slider("Filter to name", { min: 1, max: 64, step: 1 }, String, (v) => choose(v - 1)),
  };
  controls.track.set(state.track);

  const measure = () => {
    state.shown = runs[model.get("run")];
    state.epoch = Math.min(model.get("epoch"), last());
    state.at = standing(state.shown, state.epoch);
    state.chosen = Math.max(Math.min(state.chosen, state.at.filters.length - 1), 0);
    controls.epoch.input.max = last();
    controls.epoch.set(state.epoch);
    controls.run.set(model.get("run"));
    if (state.playing && state.epoch >= last()) pause();
    fillTable();
    if (!state.playing) view.say(summary(state));
  };
  const row = ({ begun, center, moved, width }, i) => [i + 1, begun.toFixed(2), center.toFixed(2), signed(moved, 2), width.toFixed(2)];
  const fillTable = () => numbers.node.open && numbers.fill(state.at.filters.map(row));
  let places = {};
  const draw = (ink) => {
    const { shown, epoch, at } = state, some = at.filters.length > 0;
    for (const node of [pair, named.parentNode, controls.track.node, controls.filter.node, numbers.node]) node.hidden = !some;
    places = {
      loss: drawCurve(panels.loss.canvas, state, shown.loss, "loss", ink),
      macc: drawCurve(panels.macc.canvas, state, shown.validation_macc.map((v) => 100 * v), "MACC (%)", ink),
    };
    const [first, end] = [shown.loss[0], shown.loss.at(-1)].map((v) => v.toFixed(3)), best = shown.best_epoch;
    panels.loss.describe(`From ${first} in epoch 1 to ${end} in epoch ${last()}; epoch ${epoch} is marked.`);
    panels.macc.describe(`Highest ${percent(Math.max(...shown.validation_macc))}${best ? "; epoch " + best + " was kept" : ""}; epoch ${epoch} is marked.`);
    if (!some) return;
    controls.filter.input.max = at.filters.length;
    controls.filter.set(state.chosen + 1);
    named.textContent = nameOf(state);
    Object.assign(places, { filters: drawFilters(panels.filters.canvas, state, ink), tracks: drawTracks(panels.tracks.canvas, state, ink) });
    panels.filters.describe(`${at.filters.length} filters after epoch ${epoch}. ${nameOf(state)}.`);
    panels.tracks.describe(`${state.track === "moved" ? "How far each filter has moved" : "Centre frequency of each filter"}, epochs 0 to ${last()}.`);
  };
  const choose = (i) => i !== state.chosen && ((state.chosen = i), view.refresh(LOOK));

  const play = element("button", { type: "button" });
  const label = () => (play.textContent = state.playing ? "■ Pause" : "▶ Play the training");
  const pause = () => {
    if (!state.playing) return;
    clearInterval(state.playing);
    state.playing = null;
    label();
    view.say(summary(state));
  };
  const start = () => {
    if (state.epoch >= last()) go(0);
    const every = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1500 : 600;
    state.playing = setInterval(() => go(model.get("epoch") + 1), every);
    label();
  };
  play.addEventListener("click", () => (state.playing ? pause() : start()));
  label();
  const steps = [["One epoch back", -1], ["One epoch on", 1]].map(([text, by]) => shared.button(text, () => (pause(), go(model.get("epoch") + by))));

  const view = shared.openExplorer(el, "Training player", [measure, draw]);
  const pair = element("div", { class: "sn-pair sn-even" }, panels.filters.node, panels.tracks.node);
  if (runs.length < 2) controls.run.node.hidden = true;
  view.root.append(
    element("div", { class: "sn-controls" }, ...Object.values(controls).map((c) => c.node)),
    element("div", { class: "sn-buttons" }, play, ...steps),
    view.said,
    ...(any ? [pair] : []),
    element("p", { class: "sn-named" }, named),
    element("div", { class: "sn-pair sn-even" }, panels.loss.node, panels.macc.node),
    numbers.node,
  );
  for (const name of ["tracks", "loss", "macc"])
    panels[name].canvas.addEventListener("click", (event) => (pause(), go(places[name].epochAt(event.offsetX))));
  const point = (event) => choose(places.filters.filterAt(event.offsetX));
  panels.filters.canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
  panels.filters.canvas.addEventListener("click", point);
  numbers.node.addEventListener("toggle", fillTable);
  model.on("change:run change:epoch", () => view.refresh(MEASURE));
  return () => (clearInterval(state.playing), view.close());
}

export default { render };
