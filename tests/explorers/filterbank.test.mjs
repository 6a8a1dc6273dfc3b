// The explorers' mathematics against the package's, on the vectors that write_vectors.py wrote.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as dsp from "../../spectnet/explorers/dsp.js";
import { design, furthest, spectrogram } from "../../spectnet/explorers/filterbank.js";
import * as shared from "../../spectnet/explorers/shared.js";
import { upsample } from "../../spectnet/explorers/sound.js";

const vectors = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url)));

// Relative to the value itself, or, where waves cancel, to a thousandth of the row's largest.
function close(actual, expected, what) {
  assert.equal(actual.length, expected.length, what);
  const most = Math.max(...expected.map(Math.abs));
  expected.forEach((value, k) => {
    const error = Math.abs(actual[k] - value) / Math.max(Math.abs(value), 1e-3 * most);
    assert.ok(error <= 1e-6, `${what} [${k}]: ${actual[k]}, not ${value}`);
  });
}

for (const bank of vectors.banks) {
  const { order, bandwidth_rule: rule, n_filters, f_min, f_max, scale } = bank.settings;
  const rate = bank.sample_rate, name = Object.values(bank.settings).join(" ");
  const centers = bank.filters.map((i) => bank.center_frequencies[i]), widths = bank.filters.map((i) => bank.bandwidths[i]);

  test(`centres and bandwidths: ${name}`, () => {
    close(dsp.spacedFrequencies(n_filters, f_min, f_max, scale), bank.center_frequencies, "centre");
    close(dsp.bandwidths(n_filters, f_min, f_max, scale, order, rule), bank.bandwidths, "bandwidth");
  });

  test(`frequency response is exact: ${name}`, () => {
    const { re, im } = dsp.frequencyResponse(centers, widths, bank.grid, order, rate), n = bank.grid.length;
    bank.filters.forEach((_, row) => {
      close(re.slice(row * n, row * n + n), bank.response[0][row], "real part");
      close(im.slice(row * n, row * n + n), bank.response[1][row], "imaginary part");
    });
  });

  test(`recursion rings as the impulse response: ${name}`, () => {
    bank.impulse_response.forEach((expected, row) => {
      const click = expected.map((_, k) => Number(k === 0));
      close(dsp.filterOutput(click, centers[row], widths[row], order, rate), expected, "impulse response");
    });
  });

  test(`energy in windows: ${name}`, () => {
    bank.energy.forEach((expected, row) => {
      const output = dsp.filterOutput(vectors.waveform, centers[row], widths[row], order, rate);
      close(dsp.energyFrames(output, vectors.window, vectors.hop), expected, "energy");
    });
  });

  test(`what is drawn is what was measured: ${name}`, () => {
    const drawn = design(bank.settings, rate), heard = spectrogram(drawn, vectors.waveform);
    close(drawn.centers, bank.center_frequencies, "centre");
    close(drawn.widths, bank.bandwidths, "bandwidth");
    if (rate === 1000) bank.filters.forEach((i, row) => close(heard.rows[i], bank.energy[row], "energy"));
  });
}

test("what a layer learned is drawn as the layer draws it", () => {
  const { settings, layer, energy } = vectors.learned, drawn = design(settings, 1000, layer);
  close(drawn.centers, layer.center_frequencies, "centre");
  close(drawn.widths, layer.bandwidths, "bandwidth");
  const heard = spectrogram(drawn, vectors.waveform);
  energy.forEach((row, i) => close(heard.rows[i], row, "energy"));
  const loud = drawn.grid.findIndex((f) => f >= drawn.centers[2]), gain = dsp.decibels(layer.gains[2] ** 2);
  assert.ok(Math.abs(dsp.decibels(drawn.power[2 * drawn.grid.length + loud]) - gain) < 0.1, "a gain lifts its filter");
  const { filter, move } = furthest(drawn), moves = layer.center_frequencies.map((f, i) => f - layer.initial_center_frequencies[i]);
  assert.equal(Math.abs(move), Math.max(...moves.map(Math.abs)));
  assert.equal(move, moves[filter]);
});

test("a moved setting, or the reader's wish, shows the designed bank", () => {
  const { settings, layer } = vectors.learned;
  for (const change of [{ bank: "designed" }, { order: settings.order + 1 }, { f_max: 300 }]) {
    const moved = { ...settings, ...change }, drawn = design(moved, 1000, layer);
    assert.equal(drawn.learned, null);
    close(drawn.centers, dsp.spacedFrequencies(5, moved.f_min, moved.f_max, moved.scale), "centre");
  }
  assert.equal(design(settings, 1000).learned, null, "where there is no layer");
});

test("leaving out what is 60 dB down changes the sum by less than a thousandth of a decibel", () => {
  const settings = { n_filters: 64, order: 4, f_min: 25, f_max: 400, scale: "mel", bandwidth_rule: "spacing" };
  const { centers, widths, grid, total } = design(settings, 1000);
  const { re, im } = dsp.frequencyResponse(centers, widths, grid, 4, 1000);
  grid.forEach((f, k) => {
    if (f < 25 || f > 400) return;
    let exact = 0;
    for (let row = 0; row < 64; row++) exact += re[row * grid.length + k] ** 2 + im[row * grid.length + k] ** 2;
    assert.ok(Math.abs(dsp.decibels(total[k]) - dsp.decibels(exact)) < 1e-3);
  });
});

test("upsampling keeps a tone and its samples", () => {
  const tone = Float64Array.from({ length: 200 }, (_, k) => Math.sin(0.9 * k));
  const fine = upsample(tone, 8);
  for (let k = 320; k < 1280; k++) assert.ok(Math.abs(fine[k] - Math.sin((0.9 * k) / 8)) < 5e-3, `sample ${k}`);
});

test("colours run from the map's first stop to its last", () => {
  assert.deepEqual(shared.colorAt("magma", 0), [0, 0, 4]);
  assert.deepEqual(shared.colorAt("viridis", 1), [253, 231, 37]);
  assert.deepEqual(shared.colorAt("viridis", 7), shared.colorAt("viridis", 1));
});

test("ticks are round numbers inside the range", () => {
  assert.deepEqual(shared.ticks(0, 500, 10), [0, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500]);
  assert.deepEqual(shared.ticks(0.1, 1.9, 4), [0.5, 1, 1.5]);
});
