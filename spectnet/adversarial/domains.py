"""Whose recording it is, and recordings that keep their label to themselves.

Taught in *Whose stethoscope is this?*
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Int

from spectnet.recordings import UNLABELLED, Recording


def without_labels(recordings: Sequence[Recording]) -> list[Recording]:
    """Copies that say where they come from, and neither their class nor what they were made from.

    Whatever learns from these cannot have read a label.
    """
    return [replace(recording, label=UNLABELLED, truth={}) for recording in recordings]


def device_names(*sets: Sequence[Recording]) -> list[str]:
    """All subsets of some recordings, in alphabetical order: each was recorded by another device."""
    return sorted({recording.subset for recordings in sets for recording in recordings})


def device_numbers(recordings: Sequence[Recording], names: Sequence[str]) -> Int[np.ndarray, " recordings"]:
    """The place of each recording's device in `names`.

    Raises:
        ValueError: a device that `names` lacks.
    """
    number = {name: place for place, name in enumerate(names)}
    if unknown := sorted({r.subset for r in recordings} - set(names)):
        raise ValueError(f"names must hold every device, got none called {unknown[0]!r}")
    return np.array([number[recording.subset] for recording in recordings], dtype=np.int64)
