// The threshold explorer's numbers against the package's, on the vectors that write_threshold.py wrote.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { bestCut, cutAt, judge, midway, rocArea, scoreCuts, summary } from "../../spectnet/explorers/threshold.js";

const runs = JSON.parse(readFileSync(new URL("threshold.json", import.meta.url)));

function close(actual, expected, what) {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((value, k) =>
    assert.ok(Math.abs(actual[k] - value) <= 1e-6 * Math.abs(value), `${what} [${k}]: ${actual[k]}, not ${value}`));
}

for (const [name, run] of Object.entries(runs)) {
  const scored = scoreCuts(run.recordings);

  test(`counts, shares and interval at every threshold: ${name}`, () => {
    for (const { threshold, counts, shares, interval } of run.judged) {
      const at = cutAt(scored, threshold), found = judge(scored, run.intervals, at), what = `at ${threshold}`;
      assert.deepEqual([found.hits, found.alarms, found.missed, found.peace], counts, what);
      close([found.sensitivity, found.specificity, found.macc], shares, what);
      close(found.interval, interval, what);
    }
  });

  test(`area under the ROC curve: ${name}`, () => close([rocArea(scored)], [run.auc], "area"));

  test(`the best threshold is the package's: ${name}`, () =>
    close([midway(scored, bestCut(scored))], [run.best_threshold], "threshold"));

  test(`each cut is made by the threshold midway: ${name}`, () =>
    scored.cuts.slice(1).forEach((_, i) => assert.equal(cutAt(scored, midway(scored, i + 1)), i + 1)));

  test(`one interval a cut: ${name}`, () => assert.equal(run.intervals.length, scored.cuts.length));
}

test("the summary says what is found, and that a moved threshold is not a chosen one", () => {
  const run = runs["all right"], scored = scoreCuts(run.recordings), own = 0.5;
  const said = (threshold) => {
    const judged = judge(scored, run.intervals, cutAt(scored, threshold));
    return summary({ judged, own, threshold, scored, intervals: run.intervals }, ", chosen elsewhere").replaceAll("\u00a0", " ");
  };
  assert.equal(
    said(0.5),
    "Threshold 0.500: 2 of 2 abnormal found, 2 of 2 normal left in peace. Sensitivity 100.0 %, specificity 100.0 %, " +
      "MACC 100.0 % (95 % interval 100.0 to 100.0 %). The run's own threshold, chosen elsewhere.");
  assert.match(said(0.2), /1 of 2 normal left in peace.*−25\.0 points of MACC against the run's own threshold\. Moved.*not chosen/);
});
