"""The smallest difference of MACC that a test set of this size could show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from spectnet.comparison.judged import pair
from spectnet.recordings import ABNORMAL, NORMAL

N_TESTS, N_DRAWS = 500, 500


@dataclass(frozen=True)
class Discordance:
    """How often two classifiers disagree, which is all that a paired test learns from.

    Attributes:
        share_normal: share of the normal recordings that exactly one of them gets right.
        share_abnormal: the same of the abnormal.
        n_normal: normal recordings in the test set.
        n_abnormal: abnormal ones.
    """

    share_normal: float
    share_abnormal: float
    n_normal: int
    n_abnormal: int

    def __post_init__(self) -> None:
        for share in (self.share_normal, self.share_abnormal):
            if not 0 < share <= 1:
                raise ValueError(f"a share of disagreement must lie in (0, 1], got {share:g}")
        if min(self.n_normal, self.n_abnormal) < 1:
            counts = f"{self.n_normal} normal and {self.n_abnormal} abnormal"
            raise ValueError(f"the test set must hold both classes, got {counts}")

    @property
    def classes(self) -> tuple[tuple[float, int], tuple[float, int]]:
        """Share and number of each class."""
        return (self.share_normal, self.n_normal), (self.share_abnormal, self.n_abnormal)


def discordance(first: Sequence[dict], second: Sequence[dict]) -> Discordance:
    """Disagreement of two experiments' twins, on average over their seeds.

    Raises:
        ValueError: as `pair`; they never disagree in one class.
    """
    one, other = pair(first, second)
    differ, labels = (one.right != other.right).mean(axis=0), one.labels
    normal, abnormal = (differ[labels == label] for label in (NORMAL, ABNORMAL))
    if not (len(normal) and len(abnormal)):
        raise ValueError(f"the test recordings of {one.experiment} hold one class only, so there is no MACC")
    return Discordance(float(normal.mean()), float(abnormal.mean()), len(normal), len(abnormal))


def smallest_difference(found: Discordance, *, power: float = 0.8, level: float = 0.95) -> float:
    r"""Difference of MACC that an interval shows with the given power: twice, from the normal approximation.

    $$\delta = (z_{1-\alpha/2} + z_{power}) \, \sigma(\delta), \qquad
      \sigma^2(\delta) = \frac{1}{4} \sum_c \frac{\pi_c - \delta^2}{n_c}$$

    where $\pi_c$ is the share of class $c$'s $n_c$ recordings on which the two disagree, and both classes
    gain $\delta$.

    Args:
        found: how often two classifiers disagree.
        power: how often such a difference is to be shown.
        level: coverage of the interval that must exclude zero.

    Raises:
        ValueError: they disagree too seldom: no difference can be larger than the share of disagreement.

    Taught in *Judging a classifier*; after Connor (1987).
    """
    z = norm.ppf((1 + level) / 2) + norm.ppf(power)
    noise = sum(share / n for share, n in found.classes) / 4
    shrink = sum(1 / n for _, n in found.classes) / 4
    return _possible(float(z * np.sqrt(noise / (1 + z**2 * shrink))), found)


def _possible(difference: float, found: Discordance) -> float:
    most = min(found.share_normal, found.share_abnormal)
    if difference > most:
        raise ValueError(
            f"the two disagree on {100 * most:.1f} % of a class only; a difference would have to be "
            f"{100 * difference:.1f} points to be shown, which is more than that allows"
        )
    return difference


def power_by_simulation(
    difference: float, found: Discordance, *, level: float = 0.95, n_tests: int = N_TESTS, seed: int = 0
) -> float:
    """How often a paired bootstrap's interval shows a difference: test sets are drawn, each is judged.

    In each class the second classifier alone is right on a share (disagreement + difference) / 2 of the
    recordings and the first alone on (disagreement - difference) / 2.

    Args:
        difference: true difference of MACC, the same in both classes.
        found: how often the two disagree, at least as often as `difference`.
        level: coverage of the interval.
        n_tests: test sets that are drawn.
        seed: of the draws.

    Raises:
        ValueError: `difference` is larger than the share of disagreement.
    """
    _possible(abs(difference), found)
    generator, total = np.random.default_rng(seed), np.zeros((n_tests, N_DRAWS))
    for share, n in found.classes:
        chances = [(share + difference) / 2, (share - difference) / 2, 1 - share]
        tests = generator.multinomial(n, chances, size=n_tests)  # (tests, 3)
        drawn = generator.multinomial(n, tests[:, None] / n, size=(n_tests, N_DRAWS))  # (tests, draws, 3)
        total += (drawn[..., 0] - drawn[..., 1]) / n / 2
    low, high = np.quantile(total, [(1 - level) / 2, (1 + level) / 2], axis=1)
    return float(((low > 0) | (high < 0)).mean())


def smallest_difference_by_simulation(
    found: Discordance, *, power: float = 0.8, level: float = 0.95, n_tests: int = N_TESTS, seed: int = 0
) -> float:
    """The same as `smallest_difference` without the normal approximation, by trying differences.

    The draws are the same for each difference, so that one number comes out; with 500 test sets it is
    good to about a tenth of a point.

    Raises:
        ValueError: even the largest difference that the disagreement allows would be missed too often.
    """
    most = min(found.share_normal, found.share_abnormal)

    def lacking(difference: float) -> float:
        return power_by_simulation(difference, found, level=level, n_tests=n_tests, seed=seed) - power

    if lacking(most) < 0:
        raise ValueError(
            f"the two disagree on {100 * most:.1f} % of a class only; no difference that this allows "
            f"would be shown {100 * power:.0f} times in a hundred"
        )
    return float(brentq(lacking, 0.0, most, xtol=3e-4))
