"""Who is missed: the recordings of a test by subset and by signal quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectnet.comparison import gather
from spectnet.recordings import ABNORMAL, NORMAL


@dataclass(frozen=True)
class Group:
    """Some of the test recordings, and how an experiment's seeds did on them.

    Attributes:
        name: such as ``"subset a"`` or ``"poor signal"``.
        n_abnormal: how many of them are abnormal.
        n_normal: how many are normal.
        sensitivity: share of the abnormal that was found, mean over seeds; None without any.
        specificity: share of the normal that was left in peace, mean over seeds; None without any.
        share_of_errors: of all errors of the test, in 0 to 1; None where there are none at all.
    """

    name: str
    n_abnormal: int
    n_normal: int
    sensitivity: float | None
    specificity: float | None
    share_of_errors: float | None

    @property
    def macc(self) -> float | None:
        """Mean of the two; None where a class is missing."""
        if self.sensitivity is None or self.specificity is None:
            return None
        return (self.sensitivity + self.specificity) / 2


def groups(results: Sequence[dict]) -> list[Group]:
    """An experiment's test by subset, then by signal quality, then all of it.

    Args:
        results: its runs, over one split or over folds that test each recording once.

    Raises:
        ValueError: as `comparison.gather`.
    """
    judged = gather(results)
    right, labels = judged.right.mean(axis=0), judged.labels  # share of seeds
    subsets = np.array([r.subset for r in judged.recordings])
    good = np.array([r.good_quality for r in judged.recordings])
    masks = {f"subset {subset}": subsets == subset for subset in sorted(set(subsets))}
    masks |= {"good signal": good, "poor signal": ~good, "all": np.ones(len(good), dtype=bool)}
    wrong = float((1 - right).sum())

    def share(mask: np.ndarray) -> float | None:
        return float(right[mask].mean()) if mask.any() else None

    return [
        Group(
            name,
            int((mask & (labels == ABNORMAL)).sum()),
            int((mask & (labels == NORMAL)).sum()),
            share(mask & (labels == ABNORMAL)),
            share(mask & (labels == NORMAL)),
            float((1 - right[mask]).sum()) / wrong if wrong else None,
        )
        for name, mask in masks.items()
        if mask.any()
    ]
