"""McNemar's test: of the recordings that one classifier got right and the other wrong, who got more?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import binomtest

from spectnet.comparison.judged import pair


@dataclass(frozen=True)
class McNemar:
    """The recordings on which two classifiers disagree, and how likely that is by luck.

    Attributes:
        only_first: recordings that only the first got right.
        only_second: recordings that only the second got right.
        n_recordings: of the test.
        p_value: two-sided and exact, if either were right as often.
    """

    only_first: int
    only_second: int
    n_recordings: int
    p_value: float


def mcnemar(first: Sequence[dict], second: Sequence[dict]) -> McNemar:
    """Compare the accuracy of two experiments, each by the mean score of its seeds.

    It tests accuracy, not MACC: a recording counts alike in either class. Where both judge alike
    nothing is learned; the rest are tosses of a fair coin if neither is better.

    Args:
        first: runs of one experiment.
        second: runs of another; twins share split and seed.

    Raises:
        ValueError: as `pair`.

    Taught in *Judging a classifier*; McNemar (1947), with the binomial in place of its approximation.
    """
    one, other = (judged.right_together for judged in pair(first, second))
    only_first, only_second = int((one & ~other).sum()), int((other & ~one).sum())
    n = only_first + only_second
    p_value = float(binomtest(only_second, n, 0.5).pvalue) if n else 1.0
    return McNemar(only_first, only_second, len(one), p_value)
