// The explorers' mathematics: spectnet.scales, spectnet.gammatone and spectnet.filterbank once more, in JavaScript.
// tests/explorers holds the two together to 1e-6.

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

/** The sum of k^(order-1) z^k over k >= 0, with z of this size and angle: [real, imaginary]. */
export function powerSumAt(size, angle, order) {
  powerSum(size * Math.cos(angle), size * Math.sin(angle), order, (eulerians[order] ??= eulerian(order)));
  return [sumRe, sumIm];
}

const eulerians = {};

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
  const coefficients = eulerian(order), n = x.length, taps = coefficients.length, delay = order > 1 ? 1 : 0;
  const [pRe, pIm, gain] = poleAndGain(center, width, order, sampleRate, coefficients);
  const re = new Float64Array(n), im = new Float64Array(n), aRe = new Float64Array(taps), aIm = new Float64Array(taps);
  let tapRe = 1 / gain, tapIm = 0;
  for (let j = 0; j < taps; j++) {
    if (order > 1) [tapRe, tapIm] = [tapRe * pRe - tapIm * pIm, tapRe * pIm + tapIm * pRe];
    aRe[j] = tapRe * coefficients[j];
    aIm[j] = tapIm * coefficients[j];
  }
  for (let k = delay; k < n; k++) {
    let atRe = 0, atIm = 0;
    for (let j = 0, m = k - delay; j < taps && m >= 0; j++, m--) {
      atRe += aRe[j] * x[m];
      atIm += aIm[j] * x[m];
    }
    re[k] = atRe;
    im[k] = atIm;
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

// ---- the short-time Fourier transform ----

/** Fourier transform of re + j im in place; their length is a power of two. */
export function fft(re, im) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [re[i], re[j], im[i], im[j]] = [re[j], re[i], im[j], im[i]];
  }
  const { cos, sin } = turns(n);
  for (let half = 1; half < n; half *= 2)
    for (let k = 0, step = n / (2 * half); k < half; k++) {
      const c = cos[k * step], s = sin[k * step];
      for (let a = k; a < n; a += 2 * half) {
        const b = a + half, tRe = re[b] * c + im[b] * s, tIm = im[b] * c - re[b] * s;
        re[b] = re[a] - tRe;
        im[b] = im[a] - tIm;
        re[a] += tRe;
        im[a] += tIm;
      }
    }
}

const turnTables = {};

function turns(n) {
  const table = (f) => Float64Array.from({ length: n / 2 }, (_, k) => f((2 * Math.PI * k) / n));
  return (turnTables[n] ??= { cos: table(Math.cos), sin: table(Math.sin) });
}

export const hann = (length) => Float64Array.from({ length }, (_, k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / length));

/** Calls each(frame, power of bins 0 to points / 2) for every whole Hann window of `x`; the array is used again. */
export function stftPower(x, window, hop, points, each) {
  const shape = hann(window), frames = x.length < window ? 0 : 1 + Math.floor((x.length - window) / hop);
  const re = new Float64Array(points), im = new Float64Array(points), power = new Float64Array(points / 2 + 1);
  // Two real frames ride as one complex one: their spectra are its even and its odd part.
  for (let i = 0; i < frames; i += 2) {
    const a = i * hop, b = i + 1 < frames ? a + hop : x.length;
    re.fill(0), im.fill(0);
    for (let k = 0; k < window; k++) (re[k] = shape[k] * x[a + k]), (im[k] = shape[k] * (x[b + k] ?? 0));
    fft(re, im);
    for (const sign of b < x.length ? [1, -1] : [1]) {
      for (let k = 0; k < power.length; k++) {
        const m = (points - k) & (points - 1);
        power[k] = ((re[k] + sign * re[m]) ** 2 + (im[k] - sign * im[m]) ** 2) / 4;
      }
      each(sign > 0 ? i : i + 1, power);
    }
  }
  return frames;
}
