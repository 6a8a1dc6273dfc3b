"""When the heart beats: breathing, heart-rate variability and the length of systole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

# Systole (S1 to S2) shortens less than the beat does. The line is fitted to the hand-corrected annotations of
# PhysioNet/CinC 2016: see `tools/compare_synthesis.py` and the chapter's comparison.
SYSTOLE_AT_ZERO_S = 0.145
SYSTOLE_PER_BEAT = 0.20

SYSTOLE_SPREAD_S = 0.025  # hearts differ: standard deviation from that line

SLOW_WAVE_HZ = 0.1  # the blood-pressure (Mayer) wave, the second rhythm in a healthy heart rate


@dataclass(frozen=True)
class Breathing:
    """A steady breath, `rate` breaths a second, that starts at `phase` (0..1) of its cycle."""

    rate: float
    phase: float

    def lung_volume(self, time: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """How full the lungs are at each time in seconds: 0 after breathing out, 1 after breathing in."""
        return 0.5 - 0.5 * np.cos(2 * np.pi * (self.rate * time + self.phase))

    def air_flow(self, time: Float[np.ndarray, " time"]) -> Float[np.ndarray, " time"]:
        """How fast air moves, 0..1; positive (in) and negative (out) flow sound alike."""
        return np.abs(np.sin(2 * np.pi * (self.rate * time + self.phase)))


@dataclass(frozen=True)
class Beats:
    """One entry a beat: when S1 and S2 begin, in seconds, and how long the beat lasts."""

    s1: Float[np.ndarray, " beats"]
    s2: Float[np.ndarray, " beats"]
    length: Float[np.ndarray, " beats"]


def systole_length(beat_length: Float[np.ndarray, " beats"]) -> Float[np.ndarray, " beats"]:
    """Seconds from S1 to S2 in a beat of `beat_length` seconds.

    Taught in *What a heart sounds like*; Weissler et al. (1968) drew such a line over the heart rate.
    """
    return SYSTOLE_AT_ZERO_S + SYSTOLE_PER_BEAT * beat_length


def draw_beats(
    duration_s: float,
    heart_rate: float,
    breathing: Breathing,
    sinus_arrhythmia: float,
    irregularity: float,
    generator: np.random.Generator,
) -> Beats:
    """Lay beats over `duration_s` seconds, from one before its start to one behind its end.

    The beat shortens as the lungs fill (`sinus_arrhythmia`, as a fraction of the beat), drifts with the slow
    wave, and jitters at random (`irregularity`, the same fraction's standard deviation).
    """
    mean_length = 60.0 / heart_rate
    slow_phase = generator.uniform()
    starts, lengths = [], []
    time = -mean_length * (1 + generator.uniform())  # any moment of the cycle can come first
    while time < duration_s + mean_length:
        lung_volume = breathing.lung_volume(np.array([time]))[0]
        slow_wave = np.sin(2 * np.pi * (SLOW_WAVE_HZ * time + slow_phase))
        change = -sinus_arrhythmia * (lung_volume - 0.5) + 0.25 * sinus_arrhythmia * slow_wave
        jitter = irregularity * generator.standard_normal()
        length = mean_length * float(np.clip(1 + change + jitter, 0.6, 1.6))
        starts.append(time)
        lengths.append(length)
        time += length
    beat_length = np.array(lengths)
    s1 = np.array(starts)
    own = SYSTOLE_SPREAD_S * float(np.clip(generator.standard_normal(), -2, 2))
    return Beats(s1=s1, s2=s1 + systole_length(beat_length) + own, length=beat_length)
