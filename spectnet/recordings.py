"""A recording: one sound, its label, and where it came from.

The real sets (`physionet`) and the synthetic one (`synthesis`) both give lists of
`Recording`, so that everything behind them need not know which it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

NORMAL, ABNORMAL = 0, 1


class RecordingError(ValueError):
    """A recording that cannot be used; its message says what, where and what to do."""


@dataclass(frozen=True)
class HeartStates:
    """Where each phase of the heart's cycle starts.

    Attributes:
        starts: times in seconds, ascending.
        names: for each start one of ``"S1"``, ``"systole"``, ``"S2"``, ``"diastole"``.
    """

    starts: np.ndarray
    names: tuple[str, ...]

    def of(self, name: str) -> np.ndarray:
        """Start times in seconds of every phase called `name`."""
        return self.starts[np.array(self.names) == name]


@dataclass(frozen=True, eq=False)
class Recording:
    """One heart sound (or scene) with its label.

    Its waveform lies either in a file (`path`) or in memory (`samples`, `sample_rate`).

    Attributes:
        name: unique within its set, such as ``"a0001"``.
        label: the class index; for hearts 0 normal, 1 abnormal.
        subset: which collection or device it comes from, such as ``"a"``.
        good_quality: False where the set's annotators flagged the signal.
        states: beats, where known.
        truth: what a synthetic recording was made from; empty for a real one.
    """

    name: str
    label: int
    subset: str
    good_quality: bool = True
    path: Path | None = None
    samples: np.ndarray | None = field(default=None, repr=False)
    sample_rate: int | None = None
    states: HeartStates | None = field(default=None, repr=False)
    truth: dict = field(default_factory=dict, repr=False)

    def read(self) -> tuple[np.ndarray, int]:
        """Waveform as float32 ``(time,)`` in -1..1, and its sample rate in Hz."""
        if self.samples is not None and self.sample_rate is not None:
            return check_waveform(np.asarray(self.samples, dtype=np.float32), self.name), self.sample_rate
        if self.path is None:
            raise RecordingError(f"{self.name} has neither a file nor samples; give one of them")
        return read_audio(self.path)
