// The learning explorer's losses, slopes and steps against the package's, on the vectors of write_learning.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { anatomy, descend, grid, hear, held, landscape, settled, tonedNoise } from "../../spectnet/explorers/learning.js";

const { sounds, ways } = JSON.parse(readFileSync(new URL("learning.json", import.meta.url)));

function close(actual, expected, what, tolerance = 1e-6) {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((value, k) => {
    // Relative, but for a slope at the very bottom of the valley, which is a difference of nearly equal numbers.
    const error = Math.abs(actual[k] - value) / Math.max(Math.abs(value), 1e-9);
    assert.ok(error <= tolerance, `${what} [${k}]: ${actual[k]}, not ${value}`);
  });
}

for (const { heard, f, b, loss, slopes } of sounds) {
  const name = Object.values(heard).join(" ");
  const here = f.map((at, k) => hear(at, b[k], heard));

  test(`loss, and slopes as by autograd: ${name}`, () => {
    close(here.map((at) => at.loss), loss, "loss");
    for (const i of [0, 1]) close(here.map((at) => at.slopes[i]), slopes[i], `slope ${i}`);
  });

  test(`the landscape is the loss at its places: ${name}`, () => {
    const { fs, bs } = grid(heard.bounds), rows = landscape({ fs, bs }, heard);
    for (const [i, k] of [[0, 0], [9, 20], [bs.length - 1, fs.length - 1]])
      assert.equal(rows[i][k], hear(fs[k], bs[i], heard).loss);
  });
}

for (const { sound, settings, steps, f, b, loss, share, slopes } of ways) {
  const { heard } = sounds[sound], name = Object.values(settings).join(" ");

  test(`steps lead where torch's lead: ${name}`, () => {
    const path = descend(heard, settings, steps.at(-1)), at = steps.map((n) => path[n]);
    close(at.map((p) => p.f), f, "centre");
    close(at.map((p) => p.b), b, "bandwidth");
    close(at.map((p) => p.loss), loss, "loss");
    close(at.map((p) => p.share), share, "share");
    at.forEach((p, k) => close(p.slopes, slopes[k], `slopes after ${steps[k]} steps`));
  });

  test(`a step's anatomy is the first step: ${name}`, () => {
    const [start, next] = descend(heard, settings, 1);
    const parts = anatomy(start, settings.parametrisation, settings.optimiser, settings.learning_rate, heard);
    close(parts.map((p) => p.now + p.step), [next.f, next.b], "the place after it");
    parts.forEach((p) => assert.equal(p.gradient, p.slope * p.worth));
  });
}

test("what a unit of the parameter is worth is the slope of the curve", () => {
  for (const { heard } of sounds)
    for (const way of held("scale", heard))
      for (const theta of [-3, 0, 2])
        close([way.worth(theta)], [(way.value(theta + 1e-4) - way.value(theta - 1e-4)) / 2e-4], "worth", 1e-6);
});

test("the longer of two steps on a scale is by the square of what a unit is worth", () => {
  const { heard } = sounds[0], at = { f: 150, b: 20, slopes: hear(150, 20, heard).slopes };
  const [scale] = anatomy(at, "scale", "sgd", 1e-6, heard), [raw] = anatomy(at, "hertz", "sgd", 1e-6, heard);
  close([scale.step / raw.step], [scale.worth ** 2], "ratio", 1e-3);
});

test("a filter has settled when it hardly moves, not before", () => {
  const { heard } = sounds[0], way = ways[0].settings;
  assert.ok(!settled(descend(heard, way, 10)));
  assert.ok(!settled(descend(heard, way, 40)));
  assert.ok(settled(descend(heard, { ...way, parametrisation: "hertz" }, 20)));
});

test("the sound is a tone in noise of the power that was asked for", () => {
  const sound = { tone: 100, noise: 4, rate: 1000 }, x = tonedNoise(sound);
  const quiet = tonedNoise({ ...sound, noise: 0 }), noise = x.map((v, k) => v - quiet[k]);
  const power = (list) => list.reduce((sum, v) => sum + v * v, 0) / list.length;
  assert.ok(Math.abs(power(quiet) - 1) < 1e-9);
  assert.ok(Math.abs(power(noise) - 4) < 0.4);
  const neighbours = noise.reduce((sum, v, k) => sum + v * (noise[k - 1] ?? 0), 0) / noise.length;
  assert.ok(Math.abs(neighbours) < 0.3, "white");
  assert.deepEqual(x, tonedNoise(sound));
});
