// What all explorers draw with: colours, axes, controls, and the life of one on a page.
//
// Python joins this file, dsp.js and sound.js to each explorer's own module, because a widget's module is loaded from
// a blob, where relative imports fail. It takes along only what the module uses.

// ---- colour ----

// Seventeen stops of matplotlib's magma (for energy) and viridis (for filters, low to high).
const STOPS = {
  magma: "0000040a08221d114736106b51127c6a1c818326819c2e7fb73779d0416fe75263f56b5cfc8961fea772fec488fde2a3fcfdbf",
  viridis: "44015448186a472d7b4240863b528b33638d2c728e26828e21918c1fa08828ae803fbc735ec96284d44baddc30d8e219fde725",
};

/** Colour [r, g, b] of `share` (0 to 1) along a colour map. */
export function colorAt(map, share) {
  const x = Math.min(Math.max(share, 0), 1) * 16, low = Math.min(Math.floor(x), 15);
  const channel = (stop, c) => parseInt(STOPS[map].slice(stop * 6 + c * 2, stop * 6 + c * 2 + 2), 16);
  return [0, 1, 2].map((c) => Math.round(channel(low, c) + (x - low) * (channel(low + 1, c) - channel(low, c))));
}

export const rgb = (color) => `rgb(${color.join(",")})`;

/** Colour of filter `i` of `n`, from low to high; `ink` says which range of the map shows on this page. */
export const filterColor = (i, n, ink) => rgb(colorAt("viridis", ink.low + ((ink.high - ink.low) * i) / Math.max(n - 1, 1)));

/** Calls `changed` whenever the page (Jupyter Book, JupyterLab or the system) turns dark or light. */
export function watchTheme(changed) {
  const observer = new MutationObserver(changed);
  const options = { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light", "class"] };
  for (const element of [document.documentElement, document.body]) observer.observe(element, options);
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", changed);
  return () => (observer.disconnect(), system.removeEventListener("change", changed));
}

// ---- drawing ----

/**
 * Sizes a canvas to its box and the screen's pixels; a context in CSS pixels, cleared. A hidden one, as in print or
 * while JupyterLab changes its theme, keeps its size: a width of 0 cannot be drawn on.
 */
export function openCanvas(canvas) {
  const box = canvas.getBoundingClientRect(), ratio = Math.min(devicePixelRatio || 1, 2);
  const [width, height] = box.width ? [box.width, box.height] : [canvas.width / ratio, canvas.height / ratio];
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
  context.lineJoin = "round";
  return { context, width, height };
}

export function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const list = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) list.push(i * step + 0);
  return list;
}

/** Gridlines and numbers of a frame {left, top, right, bottom}; x and y are [value, position] lists. */
export function drawFrame(context, frame, x, y, xTitle, yTitle, ink) {
  const { left, top, right, bottom } = frame;
  context.lineWidth = 1;
  context.strokeStyle = ink.grid;
  context.fillStyle = ink.soft;
  context.beginPath();
  for (const [, at] of x.filter((tick) => !tick[2])) context.moveTo(at, top), context.lineTo(at, bottom);
  for (const [, at] of y.filter((tick) => !tick[2])) context.moveTo(left, at), context.lineTo(right, at);
  context.stroke();
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const [text, at] of x) context.fillText(text, at, bottom + 5);
  context.fillText(xTitle, (left + right) / 2, bottom + 21);
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [text, at] of y) context.fillText(text, left - 6, at);
  context.save();
  context.translate(10, (top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(yTitle, 0, 0);
  context.restore();
}

/** A line through points [x, y]. */
/** Keeps what is drawn inside a frame, until the context is restored. */
export function clipTo(context, { left, top, right, bottom }) {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
}

export function drawLine(context, points, color, width, dash = []) {
  context.setLineDash(dash);
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
  context.setLineDash([]);
}

export function drawDot(context, [x, y], radius, color) {
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}

/** Axes over two ranges; `line` and `spot` draw on them in the axes' units, what is too low or high at the edge. */
export function plot(canvas, [left, right], [low, high], titles, ink) {
  const { context, width, height } = openCanvas(canvas), frame = { left: 48, top: 8, right: width - 12, bottom: height - 40 };
  const xOf = (v) => frame.left + ((frame.right - frame.left) * (v - left)) / (right - left);
  const yOf = (v) => frame.bottom - ((frame.bottom - frame.top) * (Math.min(Math.max(v, low), high) - low)) / (high - low);
  const marks = (from, to, at) => ticks(from, to, 6).map((v) => [String(+v.toPrecision(6)).replace("-", "−"), at(v)]);
  drawFrame(context, frame, marks(left, right, xOf), marks(low, high, yOf), ...titles, ink);
  const line = (points, color, size, dash) => drawLine(context, points.map(([x, y]) => [xOf(x), yOf(y)]), color, size, dash);
  const spot = (x, y, radius, color) => drawDot(context, [xOf(x), yOf(y)], radius, color);
  return { frame, line, spot };
}

// ---- controls ----

/** An element from a tag, its attributes and its children. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Every explorer on a page has a copy of this file, and must not give its controls another's names.
const COPY = Math.random().toString(36).slice(2);
let lastId = 0;

/** A labelled native slider; `show` writes its value and `changed` hears it. */
export function slider(label, { min, max, step }, show, changed) {
  const id = `spectnet-${COPY}-${++lastId}`;
  // Hidden from screen readers, since the slider itself says its value.
  const shown = element("span", { class: "sn-value", "aria-hidden": true });
  const input = element("input", { id, type: "range", min, max, step });
  input.addEventListener("input", () => changed(Number(input.value)));
  const set = (value) => {
    if (Number(input.value) !== value) input.value = value;
    shown.textContent = show(value);
    input.setAttribute("aria-valuetext", shown.textContent);
  };
  const node = element("div", { class: "sn-control" }, element("label", { for: id }, label), shown, input);
  return { node, input, set };
}

/** A labelled native list of [value, text] choices. */
export function choice(label, options, changed) {
  const id = `spectnet-${COPY}-${++lastId}`;
  const input = element("select", { id });
  for (const [value, text] of options) input.append(element("option", { value }, text));
  input.addEventListener("change", () => changed(input.value));
  const set = (value) => {
    if (![...input.options].some((o) => o.value === String(value)))
      input.append(element("option", { value }, `${value} Hz for all`));
    input.value = value;
  };
  const node = element("div", { class: "sn-control" }, element("label", { for: id }, label), input);
  return { node, input, set };
}

/** A button that says `text`. */
export function button(text, clicked) {
  const node = element("button", { type: "button" }, text);
  node.addEventListener("click", clicked);
  return node;
}

/** A titled picture: a canvas, and a cursor that can sweep over it. `place` is left by whoever draws. */
export function panel(title, note = "") {
  const canvas = element("canvas", { role: "img", "aria-label": title });
  const cursor = element("div", { class: "sn-cursor", hidden: "" });
  const caption = element("figcaption", {}, `${title} `, element("small", {}, note));
  const node = element("figure", { class: "sn-panel" }, caption, element("div", { class: "sn-stage" }, canvas, cursor));
  /** Says in words what the picture shows. */
  const describe = (text) => canvas.setAttribute("aria-label", `${title}. ${text}`);
  const rest = () => (cursor.hidden = true);
  /** Moves the cursor from one place to another in so many seconds, so many times, unless the reader wants no motion. */
  const sweep = (from, to, seconds, iterations = 1) => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    cursor.hidden = false;
    cursor.animate([from, to].map((x) => ({ transform: `translateX(${x}px)` })), { duration: 1000 * seconds, iterations });
  };
  return { node, canvas, title, describe, sweep, rest };
}

/** A table to unfold: `fill(rows)` takes lists of cells, the first of which names its row. */
export function table(title, head) {
  const body = element("tbody"), row = element("tr", {}, ...head.map((text) => element("th", { scope: "col" }, text)));
  const box = element("div", { class: "sn-table", tabindex: 0, role: "region", "aria-label": title });
  box.append(element("table", {}, element("thead", {}, row), body));
  const node = element("details", {}, element("summary", {}, title), box);
  const tr = ([name, ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell)));
  return { node, fill: (rows) => body.replaceChildren(...rows.map(tr)) };
}

// ---- an explorer's life ----

/** Colours of the page as it is now: text, soft, grid, accent, and the range [low, high] of a colour map that shows. */
function readInk(root) {
  const style = getComputedStyle(root), color = (name) => style.getPropertyValue(`--sn-${name}`).trim();
  const [low, high] = color("range").split(" ").map(Number);
  return { text: color("text"), soft: color("soft"), grid: color("grid"), accent: color("accent"), low, high };
}

/**
 * Puts an explorer in place and keeps it drawn. `stages` are functions that build on each other, the drawing last;
 * `refresh(i)` runs stage i and all after it, once, at the next frame. Theme and size are watched. Keys stay inside:
 * JupyterLab would take the arrow keys from a slider. `say` is the line for screen readers.
 */
export function openExplorer(el, name, stages) {
  const keepKeys = { "data-lm-suppress-shortcuts": true };
  const root = element("div", { class: "sn-explorer", role: "group", "aria-label": name, ...keepKeys });
  const text = element("span"), said = element("p", { class: "sn-said", role: "status", "aria-live": "polite" }, text);
  let due = null, first = stages.length, announce = null;
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);
  const run = () => {
    const started = performance.now(), from = first, ink = readInk(root);
    due = null;
    first = stages.length;
    for (const stage of stages.slice(from)) stage(ink);
    root.dataset.redrawMs = (performance.now() - started).toFixed(1);
  };
  const refresh = (stage) => {
    first = Math.min(first, stage);
    due ??= requestAnimationFrame(run);
  };
  const say = (words) => {
    clearTimeout(announce);
    announce = setTimeout(() => (text.textContent = words), text.textContent ? 250 : 0);
  };
  const draw = () => refresh(stages.length - 1), unwatch = watchTheme(draw), resized = new ResizeObserver(draw);
  resized.observe(root);
  refresh(0);
  const close = () => {
    unwatch();
    resized.disconnect();
    clearTimeout(announce);
    cancelAnimationFrame(due);
  };
  return { root, said, refresh, say, close };
}

/** Sets several traits at once, so that Python hears one change. */
export function setAll(model, values) {
  for (const [name, value] of Object.entries(values)) model.set(name, value);
  model.save_changes();
}

// ---- a heat map ----

const PALETTE = Uint32Array.from({ length: 256 }, (_, k) => {
  const [r, g, b] = colorAt("magma", k / 255);
  return (255 << 24) | (b << 16) | (g << 8) | r;
});

/** A canvas with one pixel a value: rows of shares (0 black to 1 brightest), the first row at the bottom. */
export function heatMap(rows, frames, share) {
  const image = new ImageData(frames, rows.length), pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < rows.length; i++)
    for (let k = 0; k < frames; k++) {
      const level = 255 * share(rows[i][k]);
      pixels[(rows.length - 1 - i) * frames + k] = PALETTE[level > 0 ? (level < 255 ? Math.round(level) : 255) : 0];
    }
  const canvas = element("canvas", { width: frames, height: rows.length });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
