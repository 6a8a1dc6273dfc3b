"""How many filters, fixed or learned: runs of one sweep side by side.

Taught in *From hearts to places*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

N_DRAWS = 4000


@dataclass(frozen=True)
class SweepRow:
    """One experiment of a sweep, its folds joined into one test.

    Attributes:
        experiment: its name.
        n_filters: of its front-end.
        learnable: whether they learned.
        splits: the folds that were run.
        seeds: that were run on all of these.
        n_clips: tested by each seed.
        accuracy: share of clips that were right, mean over seeds.
        interval: of 95 %, clips drawn anew within each class, and seeds.
        matrix: ``(classes, classes)`` clips by true class (rows) and answer, summed over seeds.
        core_seconds: of all its runs.
    """

    experiment: str
    n_filters: int
    learnable: bool
    splits: tuple[str, ...]
    seeds: tuple[int, ...]
    n_clips: int
    accuracy: float
    interval: tuple[float, float]
    matrix: Int[np.ndarray, "classes classes"]
    core_seconds: float


def sweep_rows(results: Sequence[dict], prefix: str = "esc10-", *, n_draws: int = N_DRAWS) -> list[SweepRow]:
    """A row for each experiment whose name begins with `prefix`: fixed ones first, by number of filters.

    Only honest runs count, and of an experiment those seeds that were run on all of its folds.

    Args:
        results: as `results.load_results` gives them.
        prefix: of the experiments' names.
        n_draws: of each bootstrap.

    Raises:
        ValueError: a run of only two classes is among them.
    """
    mine = [r for r in results if r["experiment"].startswith(prefix) and r["selection"] == "inner"]
    if told := [r["experiment"] for r in mine if r["classes"] is None]:
        raise ValueError(f"a sweep is over more than two classes, got {told[0]}; give another prefix")
    names = sorted({r["experiment"] for r in mine})
    rows = [_row([r for r in mine if r["experiment"] == name], n_draws) for name in names]
    return sorted(rows, key=lambda row: (row.learnable, row.n_filters))


def _row(runs: Sequence[dict], n_draws: int) -> SweepRow:
    by_run = {(r["split"], r["seed"]): r for r in runs}
    splits = tuple(sorted({split for split, _ in by_run}))
    seeds = tuple(sorted(set.intersection(*({seed for s, seed in by_run if s == split} for split in splits))))
    whole = [[by_run[split, seed] for split in splits] for seed in seeds]
    answers = [[row for run in folds for row in run["recordings"]] for folds in whole]
    labels = np.array([row["label"] for row in answers[0]])
    called = np.array([[int(np.argmax(row["scores"])) for row in rows] for rows in answers])
    n_classes, frontend = len(runs[0]["classes"]), runs[0]["config"]["model"]["frontend"]
    matrix = np.zeros((n_classes, n_classes), dtype=int)
    for one in called:
        np.add.at(matrix, (labels, one), 1)
    return SweepRow(
        runs[0]["experiment"],
        frontend["n_filters"],
        frontend["learnable"],
        splits,
        seeds,
        len(labels),
        float((called == labels).mean()),
        _interval(called == labels, labels, n_draws),
        matrix,
        sum(r["core_seconds"] for folds in whole for r in folds),
    )


def _interval(
    right: Float[np.ndarray, "seeds clips"] | np.ndarray, labels: np.ndarray, n_draws: int
) -> tuple[float, float]:
    """Of the accuracy, clips drawn anew within each class, and seeds among all."""
    draw = np.random.default_rng(0)
    clips = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    means = np.empty(n_draws)
    for n in range(n_draws):
        chosen = np.concatenate([draw.choice(group, len(group)) for group in clips])
        seeds = draw.integers(len(right), size=len(right))
        means[n] = right[np.ix_(seeds, chosen)].mean()
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def sweep_difference(
    results: Sequence[dict], first: str, second: str, *, n_draws: int = N_DRAWS
) -> tuple[float, float, float] | None:
    """Accuracy of the second experiment less the first, with its interval of 95 %.

    Over the folds and seeds that both have, clips paired and drawn anew; None where they share none.

    Args:
        results: as `results.load_results` gives them.
        first: name of the one.
        second: name of the other.
        n_draws: of the bootstrap.
    """
    runs = {
        name: {(r["split"], r["seed"]): r for r in results if r["experiment"] == name}
        for name in (first, second)
    }
    shared = sorted(runs[first].keys() & runs[second].keys())
    if not shared:
        return None
    gain = np.concatenate([_right(runs[second][key]) - _right(runs[first][key]) for key in shared])
    draw = np.random.default_rng(0)
    means = gain[draw.integers(len(gain), size=(n_draws, len(gain)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(gain.mean()), float(low), float(high)


def _right(run: dict) -> np.ndarray:
    """1 for each clip that was right, by name."""
    rows = sorted(run["recordings"], key=lambda row: row["name"])
    return np.array([float(int(np.argmax(row["scores"])) == row["label"]) for row in rows])
