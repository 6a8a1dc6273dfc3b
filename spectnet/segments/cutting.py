"""Where a waveform is cut: at fixed places, or from heart beat to heart beat.

Taught in *One recording, all the way*.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from jaxtyping import Float

Waveform = Float[np.ndarray, " time"]


def windows(waveform: Waveform, length: int, hop: int) -> Float[np.ndarray, "segments {length}"]:
    """Cut fixed windows of `length` samples every `hop` samples; a rest shorter than that is left out.

    The windows are a read-only view: where they overlap, they share the waveform's memory.
    """
    if len(waveform) < length:
        return np.empty((0, length), waveform.dtype)
    return np.lib.stride_tricks.sliding_window_view(waveform, length)[::hop]


def beat_windows(
    waveform: Waveform, beat_starts: np.ndarray, length: int
) -> Float[np.ndarray, "beats {length}"]:
    """Cut one window a beat: from S1 to the next S1, silence behind, as the paper does.

    Args:
        waveform: ``(time,)``.
        beat_starts: first sample of each S1, ascending; the last one only ends its predecessor.
        length: of a window in samples; a longer beat is cut there.
    """
    out = np.zeros((max(0, len(beat_starts) - 1), length), dtype=waveform.dtype)
    for row, (start, stop) in zip(out, pairwise(beat_starts), strict=True):
        beat = waveform[start : min(stop, start + length)]
        row[: len(beat)] = beat
    return out
