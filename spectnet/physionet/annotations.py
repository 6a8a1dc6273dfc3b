"""The hand-corrected beats of the Challenge's recordings, one MATLAB file each."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io

from spectnet.recordings import HeartStates, RecordingError

ANNOTATION_RATE = 2000  # Hz, says the annotations' readme
STATE_NAMES = {"S1": "S1", "systole": "systole", "S2": "S2", "diastole": "diastole", "(N": "noise"}


class AnnotationFile(HeartStates):
    """Heart states that are read from their file when first asked for; reading all at once would be slow."""

    path: Path

    def __init__(self, path: Path) -> None:
        self.__dict__["path"] = path

    @cached_property
    def _states(self) -> HeartStates:
        return read_annotation(self.path)

    @property
    def starts(self) -> np.ndarray:
        """Times in seconds, ascending."""
        return self._states.starts

    @property
    def names(self) -> tuple[str, ...]:
        """For each start the state that starts there."""
        return self._states.names


def read_annotation(path: Path | str) -> HeartStates:
    """Read where each state of the heart starts from one ``_StateAns.mat`` file.

    The annotators bracket a stretch they could not read with ``(N`` and ``N)``. It comes out as
    ``"noise"`` and lasts until the next state, since no state is named in the rest of that beat.

    Raises:
        RecordingError: the file is not such an annotation.
    """
    try:
        rows = [(_scalar(start), str(_scalar(name))) for start, name in scipy.io.loadmat(path)["state_ans"]]
        kept = [(int(start), STATE_NAMES[name]) for start, name in rows if name != "N)"]
    except Exception as error:  # SciPy's reader fails in many ways on a broken file
        raise RecordingError(
            f"{path} is not a heart-state annotation ({type(error).__name__}: {error}); "
            "repair it with `spectnet fetch physionet2016`"
        ) from error
    samples = np.array([start for start, _ in kept], dtype=np.float64)  # (states,)
    return HeartStates(
        (samples - 1) / ANNOTATION_RATE, tuple(name for _, name in kept)
    )  # MATLAB counts from 1


def _scalar(cell: Any) -> Any:
    """What a MATLAB cell holds, however often it is wrapped."""
    while isinstance(cell, np.ndarray):
        cell = cell.ravel()[0]
    return cell
