"""Sounds as the browser takes them: 16-bit samples, a few seconds, under a name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Real

from spectnet.recordings import RecordingError, check_waveform
from spectnet.synthesis import HeartSettings, synthesize


def synthetic_hearts(sample_rate: float, *, duration_s: float = 2.5) -> dict[str, Float[np.ndarray, " time"]]:
    """One heart, without and with a murmur; the same at every call."""
    murmurs = {"a normal heart": None, "the same, with a murmur": "ejection"}
    settings = {"duration_s": duration_s, "sample_rate": int(sample_rate), "room_db": -50.0}
    return {
        name: synthesize(HeartSettings(murmur=murmur, **settings), seed=0).read()[0]
        for name, murmur in murmurs.items()
    }


def as_clips(
    sounds: Real[np.ndarray, " time"] | Mapping[str, Real[np.ndarray, " time"]],
    sample_rate: float,
    *,
    shortest_s: float,
) -> list[dict]:
    """One sound, or several by name, each as ``{"name", "samples"}``: 16 bits, little-endian, at full scale.

    Raises:
        RecordingError: a sound that is empty, silent, shorter than `shortest_s` or not one finite channel.
    """
    named = sounds if isinstance(sounds, Mapping) else {"your recording": sounds}
    return [_as_clip(name, samples, sample_rate, shortest_s) for name, samples in named.items()]


def _as_clip(name: str, samples: Real[np.ndarray, " time"], sample_rate: float, shortest_s: float) -> dict:
    waveform = check_waveform(np.asarray(samples, dtype=np.float32), name)
    if len(waveform) < shortest_s * sample_rate:
        raise RecordingError(
            f"{name} must last at least {shortest_s:g} s, got {len(waveform) / sample_rate:g} s"
        )
    scaled = np.round(32767 * waveform / np.abs(waveform).max()).astype("<i2")
    return {"name": name, "samples": scaled.tobytes()}
