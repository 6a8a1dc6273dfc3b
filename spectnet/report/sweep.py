"""How many filters, fixed or learned: runs of one sweep side by side.

Taught in *From hearts to places*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from spectnet.report.joined import N_DRAWS, drawn_means, interval_of, join
from spectnet.scenes import source_of


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
        n_units: sources that these clips were cut from.
        accuracy: share of clips that were right, mean over seeds.
        interval: of 95 %, over sources and seeds.
        matrix: ``(classes, classes)`` clips by true class (rows) and answer, summed over seeds.
        core_seconds: of all its runs.
    """

    experiment: str
    n_filters: int
    learnable: bool
    splits: tuple[str, ...]
    seeds: tuple[int, ...]
    n_clips: int
    n_units: int
    accuracy: float
    interval: tuple[float, float]
    matrix: Int[np.ndarray, "classes classes"]
    core_seconds: float


@dataclass(frozen=True)
class SweepDifference:
    """Accuracy of one experiment less that of another, on the same clips.

    Attributes:
        value: mean over clips and seeds.
        interval: of 95 %, over sources and seeds.
        corrected: the interval that is judged, wider where several comparisons are judged together.
        by_fold: the difference in each fold.
        seeds: that both were run with on all of these folds.
        n_clips: tested by each seed.
        n_units: sources that these clips were cut from.
    """

    value: float
    interval: tuple[float, float]
    corrected: tuple[float, float]
    by_fold: dict[str, float]
    seeds: tuple[int, ...]
    n_clips: int
    n_units: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the corrected interval lies on one side of zero, so that the difference is shown."""
        return self.corrected[0] > 0 or self.corrected[1] < 0


def sweep_rows(
    results: Sequence[dict],
    prefix: str = "esc10-",
    *,
    unit_of: Callable[[str, str], str] = source_of,
    n_draws: int = N_DRAWS,
) -> list[SweepRow]:
    """A row for each experiment whose name begins with `prefix`: fixed ones first, by number of filters.

    Only honest runs count, and of an experiment those seeds that were run on all of its folds.

    Args:
        results: as `results.load_results` gives them.
        prefix: of the experiments' names.
        unit_of: the source of a clip, by its name and its subset.
        n_draws: of each bootstrap.

    Raises:
        ValueError: a run of only two classes is among them, or `join` cannot join an experiment's folds.
    """
    mine = [r for r in _honest(results) if r["experiment"].startswith(prefix)]
    if told := [r["experiment"] for r in mine if r["classes"] is None]:
        raise ValueError(f"a sweep is over more than two classes, got {told[0]}; give another prefix")
    names = sorted({r["experiment"] for r in mine})
    rows = [_row([r for r in mine if r["experiment"] == name], unit_of, n_draws) for name in names]
    return sorted(rows, key=lambda row: (row.learnable, row.n_filters))


def _honest(results: Sequence[dict]) -> list[dict]:
    """Runs whose epoch was not chosen on their test."""
    return [r for r in results if r["selection"] == "inner"]


def _row(runs: Sequence[dict], unit_of: Callable[[str, str], str], n_draws: int) -> SweepRow:
    joined, frontend = join(runs, unit_of), runs[0]["config"]["model"]["frontend"]
    return SweepRow(
        runs[0]["experiment"],
        frontend["n_filters"],
        frontend["learnable"],
        joined.splits,
        joined.seeds,
        len(joined.names),
        joined.n_units,
        joined.accuracy,
        joined.interval(n_draws),
        joined.matrix,
        sum(r["core_seconds"] for r in runs if r["seed"] in joined.seeds),
    )


def sweep_difference(
    results: Sequence[dict],
    first: str,
    second: str,
    *,
    n_comparisons: int = 1,
    unit_of: Callable[[str, str], str] = source_of,
    n_draws: int = N_DRAWS,
) -> SweepDifference | None:
    r"""Accuracy of the second experiment less the first, over the folds and seeds that both have.

    Clips are paired by name; sources are drawn anew within each class, the same for both. Of several
    comparisons that are judged together one may exclude zero by luck, so the verdict is taken from an
    interval of level $1 - 0.05 / n$ (Bonferroni).

    Args:
        results: as `results.load_results` gives them; only honest runs count.
        first: name of the one.
        second: name of the other.
        n_comparisons: how many such differences are judged together.
        unit_of: the source of a clip, by its name and its subset.
        n_draws: of the bootstrap.

    Returns:
        None where they have no run of the same fold and seed.

    Raises:
        ValueError: `join` cannot join the folds, or the two were tested on other clips.
    """
    runs = {
        name: {(r["split"], r["seed"]): r for r in _honest(results) if r["experiment"] == name}
        for name in (first, second)
    }
    shared = sorted(runs[first].keys() & runs[second].keys())
    if not shared:
        return None
    one, other = (join([runs[name][key] for key in shared], unit_of) for name in (first, second))
    if one.names != other.names or not np.array_equal(one.labels, other.labels):
        raise ValueError(f"{first} and {second} were tested on other clips, or with other labels")
    gain = other.right.astype(float) - one.right  # (seeds, clips)
    means = drawn_means(one, gain, n_draws)
    return SweepDifference(
        float(gain.mean()),
        interval_of(means),
        interval_of(means, 1 - 0.05 / n_comparisons),
        {split: float(gain[:, one.folds == k].mean()) for k, split in enumerate(one.splits)},
        one.seeds,
        len(one.names),
        one.n_units,
    )
