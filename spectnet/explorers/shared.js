// Mathematics, drawing, controls and sound that the explorers share.
//
// Python joins this file to each explorer's own module, because a widget's module is loaded from a blob,
// where relative imports fail. The mathematics mirror spectnet.scales, spectnet.gammatone and
// spectnet.filterbank; tests/explorers holds them together to 1e-6.

// ---- scales: [Hz to scale, scale to Hz] ----

export const SCALES = {
  mel: [(f) => 2595 * Math.log10(1 + f / 700), (m) => 700 * (10 ** (m / 2595) - 1)],
  erb: [(f) => Math.log(4.37e-3 * f + 1) / (24.7 * 4.37e-3), (e) => (Math.exp(e * 24.7 * 4.37e-3) - 1) / 4.37e-3],
  linear: [(f) => f, (f) => f],
};

export const erbWidth = (frequency) => 24.7 * (4.37e-3 * frequency + 1);

function steps(count, fMin, fMax, scale) {
  const [to, from] = SCALES[scale];
  const low = to(fMin), high = to(fMax);
  return Float64Array.from({ length: count + 1 }, (_, i) => from(low + ((high - low) * i) / count));
}

export const spacedFrequencies = (n, fMin, fMax, scale) => steps(n + 1, fMin, fMax, scale).slice(1, -1);

// ---- the gammatone ----

export const halfPowerFactor = (order) => 2 * Math.sqrt(2 ** (1 / order) - 1);

const factorial = (n) => (n < 2 ? 1 : n * factorial(n - 1));

export const erbFactor = (order) =>
  (Math.PI * factorial(2 * order - 2) * 2 ** (2 - 2 * order)) / factorial(order - 1) ** 2;

/** The decay b of each filter in Hz. `rule` is "spacing", "erb" or one number of Hz for all. */
export function bandwidths(n, fMin, fMax, scale, order, rule) {
  const centers = spacedFrequencies(n, fMin, fMax, scale);
  if (rule === "erb") return centers.map((f) => erbWidth(f) / erbFactor(order));
  if (rule !== "spacing") return centers.fill(Number(rule));
  const edges = steps(2 * n + 2, fMin, fMax, scale).filter((_, i) => i % 2 === 1);
  return centers.map((_, i) => (edges[i + 1] - edges[i]) / halfPowerFactor(order));
}

/** Coefficients of the Eulerian polynomial of degree `order - 2`, from the lowest power. */
export function eulerian(order) {
  let row = [1];
  for (let n = 2; n < order; n++)
    row = Array.from({ length: n }, (_, k) => (k + 1) * (row[k] ?? 0) + (n - k) * (row[k - 1] ?? 0));
  return row;
}

// The sum of k^(n-1) z^k over k >= 0 in closed form; the answer is left in `sumRe`, `sumIm` (no allocation).
let sumRe = 0, sumIm = 0;
function powerSum(zRe, zIm, order, coefficients) {
  let topRe = 1, topIm = 0;
  if (order > 1) {
    topRe = topIm = 0;
    for (let k = coefficients.length - 1; k >= -1; k--) {
      const re = topRe * zRe - topIm * zIm + (k >= 0 ? coefficients[k] : 0);
      topIm = topRe * zIm + topIm * zRe;
      topRe = re;
    }
  }
  let re = 1, im = 0;
  for (let k = 0; k < order; k++) {
    const next = re * (1 - zRe) + im * zIm;
    im = im * (1 - zRe) - re * zIm;
    re = next;
  }
  const size = re * re + im * im;
  sumRe = (topRe * re + topIm * im) / size;
  sumIm = (topIm * re - topRe * im) / size;
}

// Both phasors of the cosine, at +f_c and at its image -f_c, seen at the frequency of phasor (wRe, wIm).
let rawRe = 0, rawIm = 0;
function rawResponse(pRe, pIm, wRe, wIm, order, coefficients) {
  powerSum(pRe * wRe - pIm * wIm, pRe * wIm + pIm * wRe, order, coefficients);
  rawRe = sumRe / 2;
  rawIm = sumIm / 2;
  powerSum(pRe * wRe + pIm * wIm, pRe * wIm - pIm * wRe, order, coefficients);
  rawRe += sumRe / 2;
  rawIm += sumIm / 2;
}

/** Pole, and gain of the raw samples at the centre frequency. */
function poleAndGain(center, bandwidth, order, sampleRate, coefficients) {
  const radius = Math.exp((-2 * Math.PI * bandwidth) / sampleRate), angle = (2 * Math.PI * center) / sampleRate;
  const re = radius * Math.cos(angle), im = radius * Math.sin(angle);
  rawResponse(re, im, Math.cos(angle), -Math.sin(angle), order, coefficients);
  return [re, im, Math.hypot(rawRe, rawIm)];
}

/**
 * Exact transfer function of each sampled filter at each frequency: {re, im}, row after row.
 * Frequencies more than `reach` bandwidths away are left at zero.
 */
export function frequencyResponse(centers, widths, frequencies, order, sampleRate, reach = Infinity) {
  const n = frequencies.length, coefficients = eulerian(order);
  const re = new Float64Array(centers.length * n), im = new Float64Array(centers.length * n);
  const wRe = Float64Array.from(frequencies, (f) => Math.cos((2 * Math.PI * f) / sampleRate));
  const wIm = Float64Array.from(frequencies, (f) => -Math.sin((2 * Math.PI * f) / sampleRate));
  centers.forEach((center, row) => {
    const [pRe, pIm, gain] = poleAndGain(center, widths[row], order, sampleRate, coefficients);
    for (let k = 0; k < n; k++) {
      if (Math.abs(frequencies[k] - center) > reach * widths[row]) continue;
      rawResponse(pRe, pIm, wRe[k], wIm[k], order, coefficients);
      re[row * n + k] = rawRe / gain;
      im[row * n + k] = rawIm / gain;
    }
  });
  return { re, im };
}

/**
 * Passes `x` through one filter without ever making its impulse response: the numerator of the closed form,
 * then `order` one-pole stages. A complex recursion; its real part is the output.
 */
export function filterOutput(x, center, width, order, sampleRate) {
  const coefficients = eulerian(order), n = x.length;
  const [pRe, pIm, gain] = poleAndGain(center, width, order, sampleRate, coefficients);
  const re = new Float64Array(n), im = new Float64Array(n);
  let tapRe = 1 / gain, tapIm = 0;
  for (let j = 0; j < coefficients.length; j++) {
    if (order > 1) [tapRe, tapIm] = [tapRe * pRe - tapIm * pIm, tapRe * pIm + tapIm * pRe];
    const delay = order > 1 ? j + 1 : 0, aRe = tapRe * coefficients[j], aIm = tapIm * coefficients[j];
    for (let k = delay; k < n; k++) {
      re[k] += aRe * x[k - delay];
      im[k] += aIm * x[k - delay];
    }
  }
  // Two stages a pass, twice as fast as one; of an odd order the last stage's partner has its pole at 0.
  for (let stage = 0; stage < order; stage += 2) {
    const qRe = stage + 1 < order ? pRe : 0, qIm = stage + 1 < order ? pIm : 0;
    let sRe = 0, sIm = 0, tRe = 0, tIm = 0;
    for (let k = 0; k < n; k++) {
      const s = re[k] + pRe * sRe - pIm * sIm;
      sIm = im[k] + pRe * sIm + pIm * sRe;
      sRe = s;
      const t = s + qRe * tRe - qIm * tIm;
      tIm = sIm + qRe * tIm + qIm * tRe;
      re[k] = tRe = t;
      im[k] = tIm;
    }
  }
  return re;
}

/** Mean square of `y` in each whole window. */
export function energyFrames(y, windowLength, hopLength) {
  const frames = y.length < windowLength ? 0 : 1 + Math.floor((y.length - windowLength) / hopLength);
  const energy = new Float64Array(frames);
  for (let i = 0; i < frames; i++) {
    let sum = 0;
    for (let k = i * hopLength; k < i * hopLength + windowLength; k++) sum += y[k] * y[k];
    energy[i] = sum / windowLength;
  }
  return energy;
}

export const decibels = (power) => 10 * Math.log10(Math.max(power, 1e-30));

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

// ---- controls ----

/** An element from a tag, its attributes and its children. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

let lastId = 0;

/** A labelled native slider; `show` writes its value and `changed` hears it. */
export function slider(label, { min, max, step }, show, changed) {
  const id = `spectnet-${++lastId}`;
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
  const id = `spectnet-${++lastId}`;
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

/**
 * Puts an explorer's root in place and keeps its keys to itself: JupyterLab would take the arrow keys
 * from a slider. Returns the root.
 */
export function openRoot(el, name) {
  const keepKeys = { "data-lm-suppress-shortcuts": true };
  const root = element("div", { class: "sn-explorer", role: "group", "aria-label": name, ...keepKeys });
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);
  return root;
}

// ---- sound ----

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

/** Plays one sound at a time, brought to the same peak and with soft ends; only ever called by a click. */
export function makePlayer() {
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
