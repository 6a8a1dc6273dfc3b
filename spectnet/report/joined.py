"""Folds of one experiment joined into one test, and intervals that draw whole sources again.

Taught in *From hearts to places*.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from spectnet.comparison import seed_offsets
from spectnet.comparison.bootstrap import draw_weights
from spectnet.scenes import source_of

N_DRAWS = 10_000
CHUNK = 1000  # draws at once: 1170 segments take 9 MB


@dataclass(frozen=True, eq=False)
class Joined:
    """What the seeds of one experiment called the clips of all its folds.

    Attributes:
        classes: their names.
        splits: the folds, in order.
        seeds: those that were run on every fold, one a row.
        names: of the clips, one a column.
        labels: their true classes.
        folds: number of each clip's fold among `splits`.
        units: number of each clip's source; clips of one source sound alike.
        called: the class that each seed gave.
    """

    classes: tuple[str, ...]
    splits: tuple[str, ...]
    seeds: tuple[int, ...]
    names: tuple[str, ...]
    labels: Int[np.ndarray, " clips"]
    folds: Int[np.ndarray, " clips"]
    units: Int[np.ndarray, " clips"]
    called: Int[np.ndarray, "seeds clips"]

    @property
    def right(self) -> Bool[np.ndarray, "seeds clips"]:
        """Whether each seed was right."""
        return self.called == self.labels

    @property
    def accuracy(self) -> float:
        """Share of clips that were right, mean over seeds."""
        return float(self.right.mean())

    @property
    def n_units(self) -> int:
        """How many sources there are."""
        return len(np.unique(self.units))

    @property
    def matrix(self) -> Int[np.ndarray, "classes classes"]:
        """Clips by true class (rows) and answer, summed over seeds."""
        matrix = np.zeros((len(self.classes), len(self.classes)), dtype=int)
        for answers in self.called:
            np.add.at(matrix, (self.labels, answers), 1)
        return matrix

    def interval(self, n_draws: int = N_DRAWS, level: float = 0.95) -> tuple[float, float]:
        """Of the accuracy, over sources and seeds: see `drawn_means`."""
        return interval_of(drawn_means(self, self.right.astype(float), n_draws), level, lowest=0.0)


def join(runs: Sequence[dict], unit_of: Callable[[str, str], str] = source_of) -> Joined:
    """Lay the seeds of an experiment side by side, clips matched by name; its folds count as one test.

    Args:
        runs: one experiment's, as `results.load_results` gives them, at most one of each split and seed.
        unit_of: the source of a clip, by its name and its subset.

    Raises:
        ValueError: no seed was run on every fold, a run stands twice, seeds were tested on other clips, or
            a clip stands in two folds.
    """
    name = runs[0]["experiment"]
    by_run = {(run["split"], run["seed"]): run for run in runs}
    if len(by_run) < len(runs):
        raise ValueError(f"{name} has {len(runs)} runs, but only {len(by_run)} of a split and seed each")
    splits = tuple(sorted({split for split, _ in by_run}))
    seeds = sorted(set.intersection(*({s for k, s in by_run if k == split} for split in splits)))
    if not seeds:
        raise ValueError(f"{name} has no seed that was run on all of {', '.join(splits)}; leave a fold out")
    rows = {key: {row["name"]: row for row in by_run[key]["recordings"]} for key in by_run}
    clips = [(k, one) for k, split in enumerate(splits) for one in sorted(rows[split, seeds[0]])]
    if len({one for _, one in clips}) < len(clips):
        raise ValueError(f"{name} tests a clip in two folds; join folds that test each clip once")
    for split in splits:
        tested = [{one: row["label"] for one, row in rows[split, seed].items()} for seed in seeds]
        if other := [seed for seed, labels in zip(seeds, tested, strict=True) if labels != tested[0]]:
            raise ValueError(f"{name}, {split}: seeds {seeds[0]} and {other[0]} were tested on other clips")
    first = [rows[splits[k], seeds[0]][one] for k, one in clips]
    sources = [unit_of(row["name"], row["subset"]) for row in first]
    answers = [[int(np.argmax(rows[splits[k], seed][one]["scores"])) for k, one in clips] for seed in seeds]
    return Joined(
        classes=tuple(runs[0]["classes"]),
        splits=splits,
        seeds=tuple(seeds),
        names=tuple(one for _, one in clips),
        labels=np.array([row["label"] for row in first]),
        folds=np.array([k for k, _ in clips]),
        units=np.unique(sources, return_inverse=True)[1],
        called=np.array(answers),
    )


def drawn_means(
    joined: Joined, values: Float[np.ndarray, "seeds clips"], n_draws: int = N_DRAWS
) -> Float[np.ndarray, "{n_draws}"]:
    """Mean of `values` over clips and seeds, once for each draw.

    Each draw takes sources again, all their clips together, as many in each class as there are, and moves
    the mean by what `comparison.seed_offsets` says of the seeds.

    Args:
        joined: whose clips the values belong to.
        values: such as 1 where a seed was right.
        n_draws: how many.
    """
    _, strata = np.unique(joined.labels, return_inverse=True)
    counts = np.bincount(strata)
    share = counts[strata] / len(strata) * len(counts)  # a class counts by its clips
    over_sources, over_seeds = np.random.default_rng(0).spawn(2)  # one more seed leaves the sources as drawn
    means = []
    for start in range(0, n_draws, CHUNK):
        n = min(CHUNK, n_draws - start)
        weights = draw_weights(strata, joined.units, n, over_sources) * share
        means.append(weights @ values.mean(axis=0) + seed_offsets(values.mean(axis=1), n, over_seeds))
    return np.concatenate(means)


def interval_of(
    means: Float[np.ndarray, " draws"], level: float = 0.95, *, lowest: float = -1.0
) -> tuple[float, float]:
    """Percentile interval of drawn means, within `lowest` to 1."""
    low, high = np.clip(np.quantile(means, [(1 - level) / 2, (1 + level) / 2]), lowest, 1.0)
    return float(low), float(high)
