"""Runs as arrays: one row a seed, one column a recording, and each recording tested once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from spectnet.recordings import Recording
from spectnet.results import recordings_of


@dataclass(frozen=True, eq=False)
class Judged:
    """What the seeds of one experiment said of the same recordings.

    Attributes:
        experiment: its name.
        seeds: one a row.
        recordings: one a column, without their sound.
        scores: probability of abnormal.
        thresholds: that each score is judged by; folds differ, since each has a model of its own.
    """

    experiment: str
    seeds: tuple[int, ...]
    recordings: tuple[Recording, ...]
    scores: Float[np.ndarray, "seeds recordings"]
    thresholds: Float[np.ndarray, "seeds recordings"]

    @property
    def labels(self) -> Int[np.ndarray, " recordings"]:
        """0 normal, 1 abnormal."""
        return np.array([recording.label for recording in self.recordings])

    @property
    def right(self) -> Bool[np.ndarray, "seeds recordings"]:
        """Whether each seed judged each recording rightly."""
        return (self.scores >= self.thresholds) == self.labels.astype(bool)

    @property
    def right_together(self) -> Bool[np.ndarray, " recordings"]:
        """The same of the seeds' mean score, by their mean threshold."""
        called = self.scores.mean(axis=0) >= self.thresholds.mean(axis=0)
        return called == self.labels.astype(bool)


def gather(results: Sequence[dict]) -> Judged:
    """Lay the runs of one experiment side by side; its splits are joined, so that folds count as one test.

    Only seeds that were run on every split count.

    Args:
        results: as `results.load_results` gives them; no two of the same split and seed.

    Raises:
        ValueError: no runs, several experiments, a run twice, a recording in two splits, other recordings
            for another seed, or no seed that was run on all splits.
    """
    if not results:
        raise ValueError("there are no runs to judge; train some, or look with `spectnet results`")
    names = sorted({result["experiment"] for result in results})
    if len(names) > 1:
        raise ValueError(f"the runs must be of one experiment, got {', '.join(names)}")
    by_run = {(result["split"], result["seed"]): result for result in results}
    if len(by_run) < len(results):
        raise ValueError(f"{names[0]} has a split and seed twice; give each run once")
    splits = sorted({split for split, _ in by_run})
    seeds = sorted(set.intersection(*({seed for s, seed in by_run if s == split} for split in splits)))
    if not seeds:
        raise ValueError(f"{names[0]} has no seed that was run on all of {', '.join(splits)}")
    rows = [[_sorted_rows(by_run[split, seed]) for split in splits] for seed in seeds]
    _check_same_recordings(names[0], rows)
    lengths = [len(part) for part in rows[0]]
    thresholds = [[by_run[split, seed]["threshold"] for split in splits] for seed in seeds]
    return Judged(
        names[0],
        tuple(seeds),
        tuple(recordings_of([row for part in rows[0] for row in part])),
        np.array([[row["score"] for part in seed for row in part] for seed in rows], dtype=float),
        np.repeat(np.array(thresholds, dtype=float), lengths, axis=1),
    )


def _sorted_rows(result: dict) -> list[dict]:
    return sorted(result["recordings"], key=lambda row: row["name"])


def _check_same_recordings(experiment: str, rows: list[list[list[dict]]]) -> None:
    """`rows` are of recordings, by split, by seed."""
    tested = [[[(row["name"], row["label"]) for row in part] for part in seed] for seed in rows]
    if any(seed != tested[0] for seed in tested[1:]):
        raise ValueError(f"the seeds of {experiment} tested different recordings; compare runs of one split")
    names = [name for part in tested[0] for name, _ in part]
    if len(set(names)) < len(names):
        raise ValueError(
            f"the splits of {experiment} share recordings, so that some would count twice; "
            "take the folds of one kind, such as blocks-0 to blocks-4"
        )


def pair(first: Sequence[dict], second: Sequence[dict]) -> tuple[Judged, Judged]:
    """The runs of two experiments that are twins: the same splits, seeds and recordings.

    Args:
        first: runs of one experiment.
        second: runs of another. A split and seed that only one of them has is left out.

    Raises:
        ValueError: no split and seed that both have, other recordings, or as `gather`.
    """
    if not first or not second:
        raise ValueError("there are no runs to compare; train some, or look with `spectnet results`")
    shared = {(r["split"], r["seed"]) for r in first} & {(r["split"], r["seed"]) for r in second}
    if not shared:
        raise ValueError(
            f"{first[0]['experiment']} and {second[0]['experiment']} share no split and seed; "
            "train twins with the same ones"
        )
    one, other = (gather([r for r in runs if (r["split"], r["seed"]) in shared]) for runs in (first, second))
    tested = [[(r.name, r.label) for r in judged.recordings] for judged in (one, other)]
    if tested[0] != tested[1]:
        raise ValueError(
            f"{one.experiment} ({len(tested[0])}) and {other.experiment} ({len(tested[1])}) tested "
            "different recordings; compare runs of one split and data set"
        )
    return one, other
