"""Choose an experiment for each test fold by that fold's own inner validation.

Taught in *From hearts to places*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TIED = 1e-9  # scores that differ by less came from as many right answers


def nested_choice(results: Sequence[dict]) -> dict[str, str]:
    """For each fold, the experiment with the largest inner score when that fold is tested.

    A mean of inner scores over all test folds would be no inner score: its clips are tested elsewhere, so
    they would choose the experiment and judge it too. Here no clip has a say in the choice that it tests.
    Of experiments that tie, the one with fewer filters is chosen, and a fixed one before a learned one.

    Args:
        results: as `results.load_results` gives them; only runs chosen on inner validation count. Seeds of
            one fold are averaged.

    Returns:
        The experiment's name for each fold that was run.
    """
    honest = [r for r in results if r["selection"] == "inner"]
    chosen = {}
    for split in sorted({r["split"] for r in honest}):
        here = [r for r in honest if r["split"] == split]
        scores = {
            name: float(np.mean([r["validation_macc"] for r in here if r["experiment"] == name]))
            for name in {r["experiment"] for r in here}
        }
        tied = [r for r in here if scores[r["experiment"]] > max(scores.values()) - TIED]
        chosen[split] = min(tied, key=_size)["experiment"]
    return chosen


def _size(run: dict) -> tuple[int, bool, str]:
    frontend = run["config"]["model"]["frontend"]
    return frontend["n_filters"], frontend["learnable"], run["experiment"]
