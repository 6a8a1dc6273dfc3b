// What the spectrogram explorer draws against what the package draws, on the vectors of write_spectrogram.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as dsp from "../../spectnet/explorers/dsp.js";
import { design, drowned, energies, samplesIn } from "../../spectnet/explorers/spectrogram.js";

const { waveform, pictures } = JSON.parse(readFileSync(new URL("spectrogram.json", import.meta.url)));

// Relative to the value itself, or, where waves cancel, to a millionth of the row's largest energy.
function close(actual, expected, what) {
  assert.equal(actual.length, expected.length, what);
  const most = Math.max(...expected.map(Math.abs));
  expected.forEach((value, k) => {
    const error = Math.abs(actual[k] - value) / Math.max(Math.abs(value), 1e-6 * most);
    assert.ok(error <= 1e-6, `${what} [${k}]: ${actual[k]}, not ${value}`);
  });
}

for (const picture of pictures) {
  const { settings, sample_rate: rate } = picture, name = Object.values(settings).join(" ");
  const front = design(settings, rate);

  test(`energies are the layer's: ${name}`, () => {
    const heard = energies(front, waveform, settings.hop_s);
    close(front.centers, picture.center_frequencies, "centre");
    picture.filters.forEach((i, row) => close(heard.rows[i], picture.energy[row], `energy of filter ${i}`));
    close([heard.most], [picture.most], "the loudest");
    assert.ok(Math.abs(drowned(heard, settings.floor) - picture.drowned) < 1e-9, "share below the floor");
  });

  test(`tones and clicks are shown as the layer shows them: ${name}`, () => {
    picture.filters.forEach((i, row) => {
      const drawn = front.tones[i].filter((_, k) => k % 8 === 0);
      close(drawn.map((v, k) => (picture.tones[row][k] ? v : 0)), picture.tones[row], `tones in filter ${i}`);
    });
    close(front.toneWidths, picture.tone_widths, "width of a tone");
    close(front.clickLengths, picture.click_lengths, "length of a click");
  });
}

test("moving the window uses the filters' outputs again, and draws the same", () => {
  const { settings, sample_rate: rate } = pictures.find(({ settings }) => settings.front_end === "gammatone");
  const outputs = {}, wider = design({ ...settings, window_s: 0.08 }, rate);
  energies(design(settings, rate), waveform, 0.01, outputs);
  const kept = outputs.sums, again = energies(wider, waveform, 0.004, outputs);
  assert.equal(outputs.sums, kept);
  assert.deepEqual(again.rows, energies(wider, waveform, 0.004).rows);
});

test("the fast transform is the sum that defines it", () => {
  const n = 64, x = Float64Array.from({ length: n }, (_, k) => Math.sin(k * k)), re = x.slice(), im = x.map((v) => v * v);
  const before = im.slice();
  dsp.fft(re, im);
  for (let k = 0; k < n; k++) {
    let sumRe = 0, sumIm = 0;
    for (let j = 0; j < n; j++) {
      const c = Math.cos((2 * Math.PI * j * k) / n), s = Math.sin((2 * Math.PI * j * k) / n);
      sumRe += x[j] * c + before[j] * s;
      sumIm += before[j] * c - x[j] * s;
    }
    assert.ok(Math.hypot(re[k] - sumRe, im[k] - sumIm) < 1e-11, `bin ${k}`);
  }
});

test("half a sample is rounded as Python rounds it", () => {
  assert.deepEqual([0.0125, 0.0135, 0.0251].map((s) => samplesIn(s, 1000)), [12, 14, 25]);
});
