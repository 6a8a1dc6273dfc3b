// What the segment explorer synthesises against what the package does, on the vectors of write_segment.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { along, cyclePicture, levels, makeCycle, statesAt } from "../../spectnet/explorers/segment.js";

const { voice, white, room, cycles } = JSON.parse(readFileSync(new URL("segment.json", import.meta.url)));
const EVERY = 11;

// Relative to the value itself, or, where waves cancel, to a thousandth of the largest.
function close(actual, expected, what, smallest = 1e-3) {
  assert.equal(actual.length, expected.length, what);
  const most = Math.max(...expected.map(Math.abs));
  expected.forEach((value, k) => {
    const error = Math.abs(actual[k] - value) / Math.max(Math.abs(value), smallest * most, 1e-300);
    assert.ok(error <= 1e-6, `${what} [${k}]: ${actual[k]}, not ${value}`);
  });
}

for (const expected of cycles) {
  const { settings, sample_rate: rate, own_states: own } = expected;
  const name = `${Object.values(settings).join(" ")}, ${expected.heart_rate} a minute${own.length ? ", recorded" : ""}`;
  const given = { thuds: voice.thuds, heart: Float64Array.from(expected.heart), white: Float64Array.from(white), room };
  const starts = own.length ? own : statesAt(expected.heart_rate, voice);
  const cycle = makeCycle(settings, starts, given, rate);
  const some = (x) => x.filter((_, k) => k % EVERY === 0);

  test(`heart, murmur and levels are the package's: ${name}`, () => {
    close(starts, expected.cycle, "start of a state");
    assert.equal(cycle.whole.length, expected.length);
    close(some(cycle.clean), expected.clean, "heart");
    close(some(cycle.murmur), expected.murmur, "murmur");
    close(levels(cycle.whole, starts, rate), expected.levels, "level");
    assert.deepEqual(cycle.whole, cycle.clean.map((v, k) => v + cycle.murmur[k]));
  });

  test(`the picture is the Fourier transform's: ${name}`, () => {
    const { rows, frames, most } = cyclePicture(cycle.whole, rate);
    assert.deepEqual([rows.length, frames], expected.picture_shape);
    close([most], [expected.most], "largest");
    some(rows).forEach((row, i) => close(row.filter((_, k) => k % (8 * EVERY) === 0), expected.picture[i], `row ${i}`, 1e-4));
  });
}

test("a murmur lies in its interval and nowhere else", () => {
  const starts = statesAt(72, voice), given = { thuds: [], heart: [], white: Float64Array.from(white), room };
  for (const [shape, phase] of [["diamond", 1], ["plateau", 1], ["decrescendo", 3], ["rumble", 3]]) {
    const { murmur, interval } = makeCycle({ shape, f_min: 100, f_max: 400, murmur_db: 0 }, starts, given, 2000);
    murmur.forEach((v, k) => v && assert.ok(k / 2000 >= interval[0] && k / 2000 < interval[1]));
    assert.ok(interval[0] < starts[phase + 1] && interval[1] > starts[phase], "it meets its phase");
  }
});

test("a broken line runs through its knots", () => {
  assert.deepEqual([0, 0.2, 0.45, 1].map((x) => +along([[0, 0], [0.4, 1], [1, 0]], x).toFixed(6)), [0, 0.5, 0.916667, 0]);
});
