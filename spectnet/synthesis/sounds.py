"""What a beat sounds like: S1, S2 with a splitting that breathes, S3 and S4.

Each valve that closes gives one *thud*: a few damped modes that share an envelope with a quick rise and a
slower decay. S1 is the mitral then the tricuspid valve, S2 the aortic then the pulmonary valve.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

TRICUSPID_DELAY_S = 0.025
S3_DELAY_S = 0.15  # behind A2, when the ventricle has filled quickly
S4_LEAD_S = 0.10  # before the next S1, when the atrium contracts


@dataclass(frozen=True)
class Thud:
    """One valve's sound.

    Attributes:
        frequencies: of its modes, in Hz.
        levels: of its modes, relative.
        rise_s: from onset to peak, in seconds.
        decay_s: time constant behind the peak, in seconds.
    """

    frequencies: tuple[float, ...]
    levels: tuple[float, ...]
    rise_s: float
    decay_s: float

    def scaled(self, pitch: float, length: float) -> Thud:
        """The same thud from another chest: every frequency times `pitch`, every time times `length`."""
        frequencies = tuple(frequency * pitch for frequency in self.frequencies)
        return Thud(frequencies, self.levels, self.rise_s * length, self.decay_s * length)

    def at(self, time: Float[np.ndarray, " time"], phases: tuple[float, ...]) -> Float[np.ndarray, " time"]:
        r"""The thud at `time` seconds after its onset, zero before it.

        $$s(t) = e(t) \sum_m a_m \cos(2\pi f_m t + \varphi_m),\qquad
        e(t) = \sin^2\!\Big(\frac{\pi t}{2 t_r}\Big)\ (t < t_r),\quad e^{-(t - t_r)/t_d}\ (t \ge t_r)$$
        """
        rise = np.sin(0.5 * np.pi * np.clip(time / self.rise_s, 0, 1)) ** 2
        envelope = rise * np.exp(-np.clip(time - self.rise_s, 0, None) / self.decay_s)
        modes = zip(self.frequencies, self.levels, phases, strict=True)
        carrier = sum(level * np.cos(2 * np.pi * f * time + phase) for f, level, phase in modes)
        return envelope * carrier


MITRAL = Thud((34.0, 52.0, 85.0, 140.0), (0.8, 1.0, 0.35, 0.10), rise_s=0.022, decay_s=0.022)
TRICUSPID = Thud((40.0, 63.0, 105.0, 170.0), (0.5, 1.0, 0.35, 0.10), rise_s=0.018, decay_s=0.020)
AORTIC = Thud((48.0, 72.0, 115.0, 185.0), (0.6, 1.0, 0.50, 0.15), rise_s=0.012, decay_s=0.015)
PULMONARY = Thud((44.0, 66.0, 105.0, 165.0), (0.6, 1.0, 0.40, 0.10), rise_s=0.012, decay_s=0.015)
THIRD = Thud((28.0, 42.0), (1.0, 0.6), rise_s=0.020, decay_s=0.022)
FOURTH = Thud((24.0, 36.0), (1.0, 0.7), rise_s=0.022, decay_s=0.020)


@dataclass(frozen=True)
class Voice:
    """What makes one chest's heart its own: pitch, lengths, relative levels and phases of every thud."""

    pitch: float
    length: float
    s2_level: float
    pulmonary_level: float
    tricuspid_level: float
    phases: dict[str, tuple[float, ...]]


def draw_voice(generator: np.random.Generator) -> Voice:
    """Draw one heart's voice."""
    thuds = {"M1": MITRAL, "T1": TRICUSPID, "A2": AORTIC, "P2": PULMONARY, "S3": THIRD, "S4": FOURTH}
    return Voice(
        pitch=float(np.exp(generator.normal(0, 0.12))),
        length=float(np.exp(generator.normal(0, 0.12))),
        s2_level=float(generator.uniform(0.5, 1.0)),
        pulmonary_level=float(generator.uniform(0.4, 0.8)),
        tricuspid_level=float(generator.uniform(0.3, 0.6)),
        phases={
            name: tuple(generator.uniform(-np.pi, np.pi, len(thud.frequencies)))
            for name, thud in thuds.items()
        },
    )


def play(
    thud: Thud,
    onsets: Float[np.ndarray, " beats"],
    levels: Float[np.ndarray, " beats"],
    phases: tuple[float, ...],
    n_samples: int,
    sample_rate: float,
) -> Float[np.ndarray, " time"]:
    """Sound `thud` at every onset (seconds, between samples too) with its level; those outside are cut."""
    track = np.zeros(n_samples)
    length_s = thud.rise_s + 10 * thud.decay_s
    for onset, level in zip(onsets, levels, strict=True):
        first = max(0, int(np.ceil(onset * sample_rate)))
        last = min(n_samples, int((onset + length_s) * sample_rate) + 1)
        if first < last:
            time = np.arange(first, last) / sample_rate - onset
            track[first:last] += level * thud.at(time, phases)
    return track
