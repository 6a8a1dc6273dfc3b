"""The two sides of a test: names that train and names that test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spectnet.recordings import Recording


@dataclass(frozen=True)
class Split:
    """Names of the recordings that train and of those that test; they share none."""

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        if shared := set(self.train) & set(self.test):
            raise ValueError(
                f"{self.name}: {len(shared)} recordings both train and test, such as {min(shared)}"
            )
        if not self.train or not self.test:
            raise ValueError(
                f"{self.name} has {len(self.train)} recordings to train and {len(self.test)} to test"
            )

    def apply(self, recordings: Sequence[Recording]) -> tuple[list[Recording], list[Recording]]:
        """The recordings that train and those that test.

        Raises:
            ValueError: a recording of the split is not among `recordings`.
        """
        by_name = {recording.name: recording for recording in recordings}
        if missing := [name for name in (*self.train, *self.test) if name not in by_name]:
            raise ValueError(
                f"{self.name} needs {len(missing)} recordings that are missing, such as {missing[0]}; "
                f"{self._advice}"
            )
        return [by_name[name] for name in self.train], [by_name[name] for name in self.test]

    @property
    def _advice(self) -> str:
        """What helps where recordings of this split are missing."""
        sets = {"paper": "physionet2016", "esc10": "esc10", "tut2016": "tut2016"}
        if name := sets.get(self.name.partition("-")[0]):
            return f"fetch them with `spectnet fetch {name}`"
        return "apply it to all the recordings that it was made from"


def from_indices(name: str, recordings: Sequence[Recording], test: np.ndarray) -> Split:
    """A split whose test side is given by positions in the list."""
    chosen = set(test.tolist())
    return Split(
        name,
        tuple(r.name for i, r in enumerate(recordings) if i not in chosen),
        tuple(r.name for i, r in enumerate(recordings) if i in chosen),
    )
