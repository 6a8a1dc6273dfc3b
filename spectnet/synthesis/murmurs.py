"""Murmurs: the noise of turbulent blood, each kind with its phase, its shape and its band.

The bands and shapes are those of bedside textbooks: high and blowing where a high pressure drives a jet
through a small hole (regurgitation), rough and middling through a narrowed outlet (ejection), low and
rumbling where a low pressure fills the ventricle (mitral stenosis).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import scipy.signal
from jaxtyping import Float

from spectnet.synthesis.rhythm import Beats

MurmurKind = Literal["ejection", "holosystolic", "early diastolic", "mid-diastolic", "innocent"]

EJECTION_STARTS_S = 0.06  # behind S1: pressure must build up before the outlet valve opens
RUMBLE_STARTS_S = 0.09  # behind S2: the ventricle must relax before the mitral valve opens


def _diamond(position: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Crescendo, then decrescendo; loudest a little before the middle."""
    return np.interp(position, [0, 0.45, 1], [0, 1, 0])


def _plateau(position: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """The same loudness all along, with soft ends so that it does not click."""
    return np.interp(position, [0, 0.08, 0.92, 1], [0, 1, 1, 0])


def _decrescendo(position: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Loudest at its start, then fading."""
    return np.interp(position, [0, 0.06, 1], [0, 1, 0])


def _rumble(position: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
    """Swells, fades, and swells again as the atrium contracts before S1."""
    return np.interp(position, [0, 0.2, 0.65, 0.93, 1], [0, 1, 0.45, 0.9, 0])


@dataclass(frozen=True)
class Murmur:
    """One kind of murmur.

    Attributes:
        phase: ``"systole"`` or ``"diastole"``.
        band: lowest and highest frequency, in Hz.
        shape: loudness over its length (0..1 in, 0..1 out).
        example: a valve fault that sounds so.
    """

    phase: Literal["systole", "diastole"]
    band: tuple[float, float]
    shape: Callable[[Float[np.ndarray, " time"]], Float[np.ndarray, " time"]]
    example: str

    def interval(self, beats: Beats) -> tuple[Float[np.ndarray, " beats"], Float[np.ndarray, " beats"]]:
        """Start and end of the murmur in each beat, in seconds."""
        diastole_length = beats.s1 + beats.length - beats.s2
        if self.shape is _diamond:
            return beats.s1 + EJECTION_STARTS_S, beats.s2 - 0.02
        if self.shape is _plateau:
            return beats.s1 + 0.01, beats.s2 + 0.02
        if self.shape is _decrescendo:
            return beats.s2 + 0.01, beats.s2 + 0.65 * diastole_length
        return beats.s2 + RUMBLE_STARTS_S, beats.s1 + beats.length


MURMURS: dict[str, Murmur] = {
    "ejection": Murmur("systole", (100.0, 400.0), _diamond, "aortic stenosis"),
    "holosystolic": Murmur("systole", (150.0, 500.0), _plateau, "mitral regurgitation"),
    "early diastolic": Murmur("diastole", (200.0, 600.0), _decrescendo, "aortic regurgitation"),
    "mid-diastolic": Murmur("diastole", (30.0, 120.0), _rumble, "mitral stenosis"),
    "innocent": Murmur("systole", (70.0, 150.0), _diamond, "no fault: a vibrating murmur of the young"),
}


def band_noise(
    band: tuple[float, float], n_samples: int, sample_rate: int, generator: np.random.Generator
) -> Float[np.ndarray, " time"]:
    """Noise between two frequencies in Hz, falling by 6 dB an octave, with an effective value of 1."""
    sections, gain = _band_filter(band[0], min(band[1], 0.45 * sample_rate), sample_rate)
    warm_up = int(0.2 * sample_rate)
    white = generator.standard_normal(n_samples + warm_up)
    return scipy.signal.sosfilt(sections, white)[warm_up:] / gain


@lru_cache(maxsize=64)
def _band_filter(low: float, high: float, sample_rate: int) -> tuple[Float[np.ndarray, "sections 6"], float]:
    """Second-order sections, and the effective value that they make of white noise of 1."""
    sections = np.concatenate(
        [
            scipy.signal.butter(4, [low, high], btype="bandpass", fs=sample_rate, output="sos"),
            scipy.signal.butter(1, low, btype="lowpass", fs=sample_rate, output="sos"),
        ]
    )
    _, response = scipy.signal.sosfreqz(sections, worN=2048, fs=sample_rate)
    return sections, float(np.sqrt(np.mean(np.abs(response) ** 2)))


def murmur_envelope(
    murmur: Murmur, beats: Beats, n_samples: int, sample_rate: int
) -> Float[np.ndarray, " time"]:
    """Loudness of the murmur over the whole recording, 0..1."""
    time = np.arange(n_samples) / sample_rate
    envelope = np.zeros(n_samples)
    for start, end in zip(*murmur.interval(beats), strict=True):
        inside = (time >= start) & (time < end)
        envelope[inside] = murmur.shape((time[inside] - start) / (end - start))
    return envelope
