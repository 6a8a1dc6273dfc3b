"""Intervals by drawing recordings again, within their class, and by Student's t over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import norm, t

from spectnet.comparison.judged import Judged, gather, pair
from spectnet.recordings import ABNORMAL, NORMAL
from spectnet.splits import neighbour_blocks

Units = Literal["recordings", "blocks"]
N_DRAWS = 10_000
CHUNK = 1000  # draws at once: 3240 recordings take 26 MB


@dataclass(frozen=True)
class Estimate:
    """A MACC, or a difference of two, with its interval.

    Attributes:
        value: mean over the seeds.
        low: lower end of the interval.
        high: its upper end.
        by_seed: the value of each seed alone.
        seeds: which they are.
        n_recordings: that were tested.
        n_units: that were drawn: recordings, or blocks of neighbours of one class.
        level: coverage of the interval.
    """

    value: float
    low: float
    high: float
    by_seed: tuple[float, ...]
    seeds: tuple[int, ...]
    n_recordings: int
    n_units: int
    level: float = 0.95

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero; of a difference, whether it is shown."""
        return self.low > 0 or self.high < 0

    def detectable(self, power: float = 0.8) -> float:
        r"""The smallest difference that an interval of this width would show with the given power.

        $(z_{1-\alpha/2} + z_{power}) / z_{1-\alpha/2}$ times half its width: with all seeds together, where
        `detectable.smallest_difference` is of a single pair of runs.
        """
        z = norm.ppf((1 + self.level) / 2)
        return float((z + norm.ppf(power)) / z * (self.high - self.low) / 2)

    @property
    def seed_deviation(self) -> float | None:
        """Standard deviation over seeds; None for a single one."""
        return float(np.std(self.by_seed, ddof=1)) if len(self.by_seed) > 1 else None


def macc_over_seeds(
    results: Sequence[dict],
    *,
    units: Units = "recordings",
    over_subsets: bool = False,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Mean MACC of an experiment's seeds, its interval over recordings and seeds.

    Args:
        results: runs of one experiment, over one split or over folds that test each recording once.
        units: what is drawn; ``"blocks"`` of neighbours by name stay together, as a patient's recordings may.
        over_subsets: give the mean of the subsets' MACCs, each counting alike, in place of the MACC of all.
        n_draws: how many bootstrap samples.
        seed: of the draws.
        level: coverage.

    Raises:
        ValueError: as `gather`; a class, or with `over_subsets` a subset's class, without recordings.
    """
    judged = gather(results)
    strata = _strata(judged, over_subsets)
    right = judged.right.astype(float)
    return _estimate(judged, right, strata, units, n_draws, seed, level, lowest=0.0)


def compare(
    first: Sequence[dict],
    second: Sequence[dict],
    *,
    units: Units = "recordings",
    over_subsets: bool = False,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    r"""Difference of MACC, second minus first, with an interval over recordings and seeds.

    $$\hat\Delta = \frac{1}{2} \sum_{c} \frac{1}{n_c} \sum_{i \in c} \frac{1}{S} \sum_s (r''_{si} - r'_{si})$$

    where $r$ is 1 if seed $s$ judged recording $i$ of class $c$ rightly, else 0. Each draw takes
    recordings again within each class, the same for both experiments and all seeds, and moves the
    result by what `seed_offsets` says of the seeds. With one seed the interval covers recordings only,
    and with two it is so wide that it hardly ever shows anything: two trainings say little of a spread.

    Args:
        first: runs of one experiment, such as the fixed bank.
        second: runs of another, such as the learned one; twins share split and seed.
        units: as `macc_over_seeds` takes it.
        over_subsets: as there.
        n_draws: how many bootstrap samples.
        seed: of the draws.
        level: coverage.

    Raises:
        ValueError: as `pair`; a class, or with `over_subsets` a subset's class, without recordings.

    Taught in *Judging a classifier*; percentile interval from Efron (1979), Student's t from Student (1908).
    """
    one, other = pair(first, second)
    gain = other.right.astype(float) - one.right.astype(float)  # (seeds, recordings)
    return _estimate(other, gain, _strata(other, over_subsets), units, n_draws, seed, level, lowest=-1.0)


def seed_offsets(
    by_seed: Float[np.ndarray, " seeds"], n_draws: int, generator: np.random.Generator
) -> Float[np.ndarray, " draws"]:
    r"""How far the mean over these seeds may lie from the mean over all seeds, once for each draw.

    $t_{S-1}\, s / \sqrt{S}$, with $s$ the standard deviation over the $S$ seeds. Drawing the seeds
    themselves again would be too kind: of three seeds, the same one is drawn three times in one draw of
    nine, so three seeds that agree in sign would "show" a difference, which by luck happens one time in four.

    Args:
        by_seed: the value of each seed.
        n_draws: how many.
        generator: of the draws.

    Returns:
        Zeros for a single seed: of a spread it says nothing.
    """
    n = len(by_seed)
    if n == 1:
        return np.zeros(n_draws)
    error = float(np.std(by_seed, ddof=1)) / np.sqrt(n)
    # Evenly spread over the distribution and shuffled: its long tails would make the ends jump.
    return error * t(n - 1).ppf((generator.permutation(n_draws) + 0.5) / n_draws)


def _strata(judged: Judged, over_subsets: bool) -> Int[np.ndarray, " recordings"]:
    """Number of each recording's class, or of its subset and class: groups that count alike."""
    keys = [(r.subset if over_subsets else "all", r.label) for r in judged.recordings]
    for group in sorted({group for group, _ in keys}):
        if missing := {NORMAL, ABNORMAL} - {label for other, label in keys if other == group}:
            where = f"subset {group}" if over_subsets else "the test recordings"
            name = "abnormal" if missing == {ABNORMAL} else "normal"
            raise ValueError(f"{where} of {judged.experiment} has no {name} recordings, so there is no MACC")
    numbers = {key: number for number, key in enumerate(sorted(set(keys)))}
    return np.array([numbers[key] for key in keys])


def _estimate(
    judged: Judged,
    values: Float[np.ndarray, "seeds recordings"],
    strata: Int[np.ndarray, " recordings"],
    units: Units,
    n_draws: int,
    seed: int,
    level: float,
    lowest: float,
) -> Estimate:
    """Mean of the strata's means of `values`, and its percentile interval within `lowest` to 1."""
    if units == "blocks":
        together = neighbour_blocks(judged.recordings)
    else:
        together = np.arange(len(judged.recordings))
    parts = [values[:, strata == stratum].mean(axis=1) for stratum in np.unique(strata)]
    by_seed, generator = np.mean(parts, axis=0), np.random.default_rng(seed)
    draws = []
    for start in range(0, n_draws, CHUNK):
        n = min(CHUNK, n_draws - start)
        drawn = draw_weights(strata, together, n, generator) @ values.mean(axis=0)
        draws.append(drawn + seed_offsets(by_seed, n, generator))
    ends = np.quantile(np.concatenate(draws), [(1 - level) / 2, (1 + level) / 2])
    low, high = np.clip(ends, lowest, 1.0)
    n_units = len(np.unique(np.stack([strata, together]), axis=1).T)
    return Estimate(
        float(by_seed.mean()),
        float(low),
        float(high),
        tuple(by_seed.tolist()),
        judged.seeds,
        len(judged.recordings),
        n_units,
        level,
    )


def draw_weights(
    strata: Int[np.ndarray, " recordings"],
    units: Int[np.ndarray, " recordings"],
    n_draws: int,
    generator: np.random.Generator,
) -> Float[np.ndarray, "{n_draws} recordings"]:
    """How much each recording counts in each draw: its unit's draws, each stratum adding up to the same.

    Args:
        strata: group of each recording, within which units are drawn; a unit is cut where two groups meet.
        units: number of each recording's unit.
        n_draws: how many.
        generator: of the draws.
    """
    weights = np.empty((n_draws, len(strata)))
    n_strata = strata.max() + 1
    for stratum in range(n_strata):
        chosen = np.flatnonzero(strata == stratum)
        names, unit = np.unique(units[chosen], return_inverse=True)
        counts = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n_draws)
        drawn = counts[:, unit]  # (draws, recordings of the stratum)
        weights[:, chosen] = drawn / drawn.sum(axis=1, keepdims=True) / n_strata
    return weights
