// What the training player draws against what the package says of the run, on the vectors of write_player.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { responses, standing, tracks } from "../../spectnet/explorers/player.js";

const { run, epochs } = JSON.parse(readFileSync(new URL("player.json", import.meta.url)));

function close(actual, expected, what) {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((value, k) => {
    const error = Math.abs(actual[k] - value) / Math.max(Math.abs(value), 1e-9);
    assert.ok(error <= 1e-6, `${what} [${k}]: ${actual[k]}, not ${value}`);
  });
}

for (const expected of epochs) {
  const { epoch } = expected, at = standing(run, epoch);

  test(`filters, loss and MACC are those of epoch ${epoch}`, () => {
    close(at.filters.map((f) => f.center), expected.center_frequencies, "centre");
    close(at.filters.map((f) => f.width), expected.bandwidths, "bandwidth");
    close(at.filters.map((f) => f.moved), expected.moved, "moved");
    assert.equal(at.loss, expected.loss);
    assert.equal(at.macc, expected.macc);
    assert.equal(at.furthest, expected.furthest);
    close([at.median], [expected.median], "median of the moves");
  });

  test(`responses are the package's after epoch ${epoch}`, () => {
    const { rows } = responses(expected.center_frequencies, expected.bandwidths, run.orders, run.sample_rate);
    expected.filters.forEach((i, row) => {
      const drawn = rows[i].filter((_, k) => k % 10 === 0);
      close(drawn.map((v, k) => (expected.power[row][k] ? v : 0)), expected.power[row], `power of filter ${i}`);
    });
  });
}

test("tracks lead from the start through every epoch", () => {
  const places = tracks(run, "place"), moves = tracks(run, "moved");
  for (const expected of epochs) {
    close(places.map((row) => row[expected.epoch]), expected.center_frequencies, "centre");
    close(moves.map((row) => row[expected.epoch]), expected.moved, "moved");
  }
  assert.equal(places[0].length, run.loss.length + 1);
});

test("a run without gammatones has curves and no filters", () => {
  const bare = { loss: [0.5], validation_macc: [0.7], center_frequencies: [], bandwidths: [], orders: [] };
  const at = standing(bare, 1);
  assert.deepEqual([at.filters, at.loss, at.macc, at.median], [[], 0.5, 0.7, null]);
  assert.deepEqual(tracks(bare, "place"), []);
});
