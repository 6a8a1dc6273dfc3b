// The threshold explorer: the scores of a real test fold, and what follows from where the threshold stands.
import * as shared from "./shared.js";

const { element } = shared;
const MEASURE = 0, LOOK = 1; // stages of a redraw
const COLORS = { light: ["#0072b2", "#d55e00"], dark: ["#56b4e9", "#f08a3c"] }; // normal and abnormal, as in the book's figures
const LANES = 9, NEAR_PX = 9;
const CLASSES = ["normal", "abnormal"];
const percent = (share) => (100 * share).toFixed(1), UNIT = "\u00a0%";
const clamp = (share) => Math.min(Math.max(share, 0), 1);

/**
 * Every different call that a threshold can make of `recordings` (lowest score first): cuts with their highest
 * threshold, falling, and how many abnormal (hits) and normal (alarms) score at least that.
 */
export function scoreCuts(recordings) {
  const abnormal = recordings.filter((r) => r.label).length, cuts = [{ threshold: Infinity, hits: 0, alarms: 0 }];
  for (const { score, label } of recordings.toReversed()) {
    if (cuts.at(-1).threshold !== score) cuts.push({ ...cuts.at(-1), threshold: score });
    cuts.at(-1)[label ? "hits" : "alarms"]++;
  }
  return { cuts, abnormal, normal: recordings.length - abnormal };
}

/** Which cut a threshold makes: everything that scores at least it is called abnormal. */
export const cutAt = ({ cuts }, threshold) => cuts.findLastIndex((cut) => cut.threshold >= threshold);

/** Counts and what follows from them at cut `i`; `intervals` of MACC come from the package, one a cut. */
export function judge({ cuts, abnormal, normal }, intervals, i) {
  const { hits, alarms } = cuts[i], sensitivity = hits / abnormal, specificity = (normal - alarms) / normal;
  return {
    hits, alarms, missed: abnormal - hits, peace: normal - alarms, abnormal, normal, sensitivity, specificity,
    macc: (sensitivity + specificity) / 2, interval: intervals[i],
  };
}

/** Area under the ROC curve. */
export function rocArea({ cuts, abnormal, normal }) {
  let area = 0;
  for (let i = 1; i < cuts.length; i++)
    area += ((cuts[i].alarms - cuts[i - 1].alarms) * (cuts[i].hits + cuts[i - 1].hits)) / 2;
  return area / (abnormal * normal);
}

/** A threshold that makes cut `i`, midway between the scores that it separates. */
export function midway({ cuts }, i) {
  return (Math.min(cuts[i].threshold, 1) + (cuts[i + 1]?.threshold ?? 0)) / 2;
}

/** The cut with the highest MACC, of several the first; nobody called is none. */
export function bestCut({ cuts, abnormal, normal }) {
  const gain = ({ hits, alarms }) => hits / abnormal - alarms / normal;
  return cuts.reduce((best, cut, i) => (i > 1 && gain(cut) > gain(cuts[best]) ? i : best), 1);
}

// ---- the three pictures ----

const DASHES = [4, 4];

function dot(context, color, [x, y], radius, filled) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = context.strokeStyle = color;
  context.lineWidth = 1.8;
  if (filled) context.fill();
  else context.stroke();
}

const scale = (from, to) => (share) => from + (to - from) * share;
const inPercent = (list, at) => list.map((v) => [String(Math.round(v)), at(v)]);

/** Every recording a dot: abnormal above, normal below, side by side where scores are close. */
function drawScores(canvas, state, ink) {
  const { context, width, height } = shared.openCanvas(canvas);
  const frame = { left: 66, top: 24, right: width - 12, bottom: height - 40 }, tall = (frame.bottom - frame.top) / 2;
  const colors = ink.low > 0 ? COLORS.dark : COLORS.light; // a dark page leaves the colour maps' low end out
  const xOf = scale(frame.left, frame.right), middle = [frame.bottom - tall / 2, frame.top + tall / 2], rank = [0, 0];
  const x = shared.ticks(0, 1, width < 420 ? 5 : 10).map((v) => [String(+v.toPrecision(3)), xOf(v)]);
  const y = CLASSES.map((name, label) => [name, middle[label], true]);
  shared.drawFrame(context, frame, x, y, "score: mean probability of abnormal", "", ink);
  const at = xOf(state.threshold), own = xOf(state.own);
  context.fillStyle = ink.accent;
  context.globalAlpha = 0.1;
  context.fillRect(at, frame.top, frame.right - at, frame.bottom - frame.top);
  context.globalAlpha = 1;
  shared.drawLine(context, [[own, frame.top], [own, frame.bottom]], ink.text, 1.5, DASHES);
  shared.drawLine(context, [[at, frame.top - 4], [at, frame.bottom + 3]], ink.accent, 2.5);
  context.fillStyle = ink.accent;
  context.textBaseline = "bottom";
  for (const [text, side, align] of [["called normal", -8, "right"], ["called abnormal", 8, "left"]]) {
    const room = side < 0 ? at - frame.left : frame.right - at;
    context.textAlign = align;
    if (room > 100) context.fillText(text, at + side, frame.top - 5);
  }
  const places = state.recordings.map(({ score, label }) => {
    const lane = ((rank[label]++ * 4) % LANES) / (LANES - 1) - 0.5;
    return [xOf(score), middle[label] + 0.74 * tall * lane];
  });
  state.recordings.forEach((r, i) => {
    const right = (r.score >= state.threshold) === Boolean(r.label);
    context.globalAlpha = right ? 0.75 : 1;
    dot(context, colors[r.label], places[i], right ? 3 : 3.6, right);
  });
  context.globalAlpha = 1;
  dot(context, ink.text, places[state.chosen], 8, false);
  return { xOf, thresholdAt: (px) => clamp((px - frame.left) / (frame.right - frame.left)), places };
}

function drawRoc(canvas, state, ink) {
  const { context, width, height } = shared.openCanvas(canvas), { cuts, abnormal, normal } = state.scored;
  const frame = { left: 48, top: 8, right: width - 12, bottom: height - 40 };
  const xOf = scale(frame.left, frame.right), yOf = scale(frame.bottom, frame.top), shares = [0, 20, 40, 60, 80, 100];
  const places = cuts.map(({ hits, alarms }) => [xOf(alarms / normal), yOf(hits / abnormal)]);
  const ticks = (of) => inPercent(shares, (v) => of(v / 100));
  shared.drawFrame(context, frame, ticks(xOf), ticks(yOf), "1 − specificity (%)", "sensitivity (%)", ink);
  shared.drawLine(context, [[xOf(0), yOf(0)], [xOf(1), yOf(1)]], ink.soft, 1, DASHES);
  shared.drawLine(context, places, ink.text, 2);
  dot(context, ink.text, places[cutAt(state.scored, state.own)], 8, false);
  dot(context, ink.accent, places[state.cut], 5, true);
  return { places };
}

/** MACC with its interval, wherever the threshold may stand. */
function drawMacc(canvas, state, ink) {
  const { context, width, height } = shared.openCanvas(canvas), { cuts } = state.scored;
  const frame = { left: 48, top: 8, right: width - 12, bottom: height - 40 };
  const all = cuts.map((_, i) => judge(state.scored, state.intervals, i));
  const low = Math.floor(10 * Math.min(...all.map((j) => j.interval[0]))) / 10;
  const xOf = scale(frame.left, frame.right), yOf = (v) => frame.bottom - ((frame.bottom - frame.top) * (v - low)) / (1 - low);
  const x = shared.ticks(0, 1, 5).map((v) => [String(+v.toPrecision(3)), xOf(v)]);
  shared.drawFrame(context, frame, x, inPercent(shared.ticks(100 * low, 100, 6), (v) => yOf(v / 100)), "threshold", "MACC (%)", ink);
  // A step a cut, from its threshold down to the next one's.
  const steps = (value) => all.flatMap((j, i) =>
    [cuts[i].threshold, cuts[i + 1]?.threshold ?? 0].map((t) => [xOf(Math.min(t, 1)), yOf(value(j))]));
  context.fillStyle = ink.accent;
  context.globalAlpha = 0.22;
  context.beginPath();
  for (const point of [...steps((j) => j.interval[0]), ...steps((j) => j.interval[1]).reverse()]) context.lineTo(...point);
  context.fill();
  context.globalAlpha = 1;
  shared.drawLine(context, steps((j) => j.macc), ink.text, 2);
  shared.drawLine(context, [[xOf(state.own), frame.top], [xOf(state.own), frame.bottom]], ink.text, 1.5, DASHES);
  const at = xOf(state.threshold), { macc, interval } = state.judged;
  shared.drawLine(context, interval.map((v) => [at, yOf(v)]), ink.accent, 2.5);
  dot(context, ink.accent, [at, yOf(macc)], 5, true);
  return { thresholdAt: (px) => clamp((px - frame.left) / (frame.right - frame.left)) };
}

// ---- what is said in words ----

const MOVED = "Moved on the recordings that judge it, it is looked at, not chosen.";

export function summary({ judged, own, threshold, scored, intervals }, origin) {
  const { hits, peace, abnormal, normal, sensitivity, specificity, macc, interval } = judged;
  const gain = 100 * (macc - judge(scored, intervals, cutAt(scored, own)).macc);
  const points = `${gain > 0.05 ? "+" : gain < -0.05 ? "−" : "±"}${Math.abs(gain).toFixed(1)}`;
  return (
    `Threshold ${threshold.toFixed(3)}: ${hits} of ${abnormal} abnormal found, ${peace} of ${normal} normal left in peace. ` +
    `Sensitivity ${percent(sensitivity)}${UNIT}, specificity ${percent(specificity)}${UNIT}, ` +
    `MACC ${percent(macc)}${UNIT} (95${UNIT} interval ${interval.map(percent).join(" to ")}${UNIT}). ` +
    (threshold === own ? `The run's own threshold${origin}.` : `${points} points of MACC against the run's own threshold. ${MOVED}`)
  );
}

const OUTCOMES = [["left in peace", "a false alarm"], ["missed", "found"]];
const callOf = (r, threshold) => Number(r.score >= threshold);

function nameOf(r, threshold) {
  const call = callOf(r, threshold), where = [r.subset && `subset ${r.subset}`, r.good_quality === false && "poor signal quality"];
  const about = ["", ...where.filter(Boolean)].join(", ");
  return `${r.name}: ${CLASSES[r.label]}${about}. Score ${r.score.toFixed(3)}, called ${CLASSES[call]}: ${OUTCOMES[r.label][call]}.`;
}

const tableRow = (r, threshold) => {
  const call = callOf(r, threshold);
  return [r.name, CLASSES[r.label], r.score.toFixed(4), CLASSES[call], OUTCOMES[r.label][call]];
};

// ---- the widget ----

function countsTable() {
  const cells = [0, 1, 2, 3].map(() => element("td"));
  const th = (scope, text) => element("th", { scope }, text);
  const head = element("tr", {}, element("td"), th("col", "called abnormal"), th("col", "called normal"));
  const row = (name, ...tds) => element("tr", {}, th("row", name), ...tds);
  const body = element("tbody", {}, row("abnormal", ...cells.slice(0, 2)), row("normal", ...cells.slice(2)));
  const node = element("div", { class: "sn-table" }, element("table", { "aria-label": "Four counts" }, element("thead", {}, head), body));
  const set = ({ hits, missed, alarms, peace }) =>
    [`${hits} found`, `${missed} missed`, `${alarms} false alarms`, `${peace} left in peace`].forEach((text, i) => (cells[i].textContent = text));
  return { node, set };
}

const HEAD = ["recording", "class", "score", "called", "which is"];

function render({ model, el }) {
  const recordings = model.get("recordings"), scored = scoreCuts(recordings), n = recordings.length;
  const state = { recordings, scored, intervals: model.get("intervals"), own: model.get("own_threshold") };
  const best = bestCut(scored), last = scored.cuts.length - 1, area = rocArea(scored);
  const panels = {
    scores: shared.panel("Scores", `${n} recordings of ${model.get("title")}; hollow: called wrongly; dashed: the run's own threshold`),
    roc: shared.panel("ROC curve", "all thresholds at once; ring: the run's own"),
    macc: shared.panel("MACC at every threshold", "band: its 95 % interval"),
  };
  const counts = countsTable(), named = element("span", { "aria-live": "polite" });
  const numbers = shared.table("The recordings and their scores", HEAD);
  const move = (threshold) => shared.setAll(model, { threshold });
  const moveTo = (cut) => move(midway(scored, Math.min(Math.max(cut, 0), last)));
  const choose = (i) => shared.setAll(model, { chosen: recordings[i].name });
  const threshold = shared.slider("Threshold", { min: 0, max: 1, step: 0.01 }, (v) => v.toFixed(3), move);
  const nameAt = (rank) => recordings[rank - 1].name;
  const who = shared.slider("Recording to name, by score", { min: 1, max: n, step: 1 }, nameAt, (rank) => choose(rank - 1));
  const buttons = [
    shared.button("Call one more abnormal", () => moveTo(state.cut + 1)),
    shared.button("Call one fewer", () => moveTo(state.cut - 1)),
    shared.button("The run's own threshold", () => move(state.own)),
    shared.button("Peek: the best on these recordings", () => moveTo(best)),
  ];

  let listed = null; // the calls that the table shows
  const fillTable = () => {
    if (!numbers.node.open) return;
    const rows = recordings.map((r) => tableRow(r, state.threshold)), shown = numbers.node.querySelectorAll("tbody tr");
    if (!listed) numbers.fill(rows);
    // Only what changes: three hundred rows made anew take longer than all pictures.
    else rows.forEach(([, , , ...call], i) => call[0] === listed[i] || call.forEach((text, k) => (shown[i].cells[3 + k].textContent = text)));
    listed = rows.map((row) => row[3]);
  };
  const measure = () => {
    state.threshold = model.get("threshold");
    state.cut = cutAt(scored, state.threshold);
    state.judged = judge(scored, state.intervals, state.cut);
    threshold.set(state.threshold);
    counts.set(state.judged);
    fillTable();
    view.say(summary(state, model.get("origin")));
  };
  let places = {};
  const draw = (ink) => {
    state.chosen = recordings.findIndex((r) => r.name === model.get("chosen"));
    who.set(state.chosen + 1);
    const name = nameOf(recordings[state.chosen], state.threshold);
    if (named.textContent !== name) named.textContent = name;
    places = {
      scores: drawScores(panels.scores.canvas, state, ink),
      roc: drawRoc(panels.roc.canvas, state, ink),
      macc: drawMacc(panels.macc.canvas, state, ink),
    };
    describe();
  };
  const describe = () => {
    const { hits, missed, alarms, peace, sensitivity, specificity, macc, interval } = state.judged;
    panels.scores.describe(
      `${hits} abnormal and ${alarms} normal recordings right of the threshold, ${missed} abnormal and ${peace} normal left of it.`);
    panels.roc.describe(
      `Area under it ${area.toFixed(4)}; now at ${percent(1 - specificity)} % false alarms and ${percent(sensitivity)} % found.`);
    panels.macc.describe(`Now ${percent(macc)} %, with an interval from ${interval.map(percent).join(" to ")} %.`);
  };

  const view = shared.openExplorer(el, "Threshold explorer", [measure, draw]);
  view.said.style.minHeight = "4.4em"; // so that nothing jumps when it grows by a line
  view.root.append(
    element("div", { class: "sn-controls" }, threshold.node, who.node),
    element("div", { class: "sn-buttons" }, ...buttons),
    panels.scores.node,
    element("p", { class: "sn-named" }, named),
    counts.node,
    view.said,
    element("div", { class: "sn-pair" }, panels.roc.node, panels.macc.node),
    numbers.node,
  );
  const nearest = (list, { offsetX, offsetY }) =>
    list.reduce((found, [x, y], i) => {
      const far = Math.hypot(x - offsetX, y - offsetY);
      return far < found.far ? { i, far } : found;
    }, { far: Infinity }).i;
  dragLine(panels.scores.canvas, () => [places.scores, state.threshold], move, (event) => choose(nearest(places.scores.places, event)));
  panels.roc.canvas.addEventListener("click", (event) => moveTo(nearest(places.roc.places, event)));
  panels.macc.canvas.addEventListener("click", (event) => move(places.macc.thresholdAt(event.offsetX)));
  numbers.node.addEventListener("toggle", fillTable);
  // The widget manager takes these off itself when the view goes.
  model.on("change:threshold", () => view.refresh(MEASURE));
  model.on("change:chosen", () => view.refresh(LOOK));
  return view.close;
}

/** The threshold's line follows a pointer that takes hold of it; a click that moves nothing is `clicked`. */
function dragLine(canvas, now, move, clicked) {
  const grip = (event) => {
    const [{ xOf }, threshold] = now();
    return Math.abs(event.offsetX - xOf(threshold)) < NEAR_PX;
  };
  let start = null, dragged = false;
  canvas.style.touchAction = "pan-y";
  canvas.addEventListener("pointerdown", (event) => {
    dragged = false;
    start = grip(event) ? event.offsetX : null;
    if (start !== null) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    canvas.style.cursor = start !== null || grip(event) ? "ew-resize" : "pointer";
    if (start === null || (!dragged && Math.abs(event.offsetX - start) < 3)) return;
    dragged = true;
    move(now()[0].thresholdAt(event.offsetX));
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (start = null));
  canvas.addEventListener("click", (event) => dragged || clicked(event));
}

export default { render };
