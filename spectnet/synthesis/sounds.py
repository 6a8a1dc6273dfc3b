"""What a beat sounds like: S1, S2 with a splitting that breathes, S3 and S4.

Each valve that closes gives one *thud*: a few damped modes, each with a quick rise and a slower decay. S1 is
the mitral then the tricuspid valve, S2 the aortic then the pulmonary valve.
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
    """One valve's sound: modes that start together.

    Attributes:
        frequencies: of its modes, in Hz.
        levels: of its modes, relative.
        rise_s: from onset to peak of the lowest mode, in seconds.
        decay_s: time constant of the lowest mode behind its peak, in seconds.
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

        $$s(t) = \sum_m a_m\, e\big(t \sqrt{f_m / f_1}\big) \cos(2\pi f_m t + \varphi_m),\qquad
        e(t) = \begin{cases} \sin^2\big(\pi t / 2 t_r\big) & 0 \le t < t_r \\
        e^{-(t - t_r)/t_d} & t \ge t_r \end{cases}$$

        Higher modes rise and die sooner, so that a thud starts with a snap.
        """
        sound = np.zeros_like(time)
        for frequency, level, phase in zip(self.frequencies, self.levels, phases, strict=True):
            own_time = time * np.sqrt(frequency / self.frequencies[0])
            rise = np.sin(0.5 * np.pi * np.clip(own_time / self.rise_s, 0, 1)) ** 2
            decay = np.exp(-np.clip(own_time - self.rise_s, 0, None) / self.decay_s)
            sound += level * rise * decay * np.cos(2 * np.pi * frequency * time + phase)
        return sound


MITRAL = Thud((25.0, 37.0, 58.0, 98.0, 180.0), (0.8, 1.0, 0.6, 0.28, 0.10), rise_s=0.026, decay_s=0.032)
TRICUSPID = Thud((29.0, 43.0, 68.0, 115.0, 200.0), (0.6, 1.0, 0.6, 0.28, 0.10), rise_s=0.022, decay_s=0.028)
AORTIC = Thud((37.0, 57.0, 89.0, 142.0, 235.0), (0.7, 1.0, 0.7, 0.40, 0.20), rise_s=0.016, decay_s=0.021)
PULMONARY = Thud((33.0, 51.0, 78.0, 126.0, 205.0), (0.7, 1.0, 0.6, 0.35, 0.15), rise_s=0.016, decay_s=0.021)
THIRD = Thud((24.0, 38.0), (1.0, 0.6), rise_s=0.022, decay_s=0.022)
FOURTH = Thud((20.0, 32.0), (1.0, 0.7), rise_s=0.024, decay_s=0.020)
THUDS = {"M1": MITRAL, "T1": TRICUSPID, "A2": AORTIC, "P2": PULMONARY, "S3": THIRD, "S4": FOURTH}


@dataclass(frozen=True)
class Voice:
    """What makes one chest's heart its own: pitch, lengths, relative levels and phases of every thud."""

    pitch: float
    length: float
    s2_level: float
    pulmonary_level: float
    tricuspid_level: float
    phases: dict[str, tuple[float, ...]]

    def thud(self, name: str) -> Thud:
        """``"M1"``, ``"T1"``, ``"A2"``, ``"P2"``, ``"S3"`` or ``"S4"`` as this chest sounds it."""
        return THUDS[name].scaled(self.pitch, self.length)


def draw_voice(generator: np.random.Generator) -> Voice:
    """Draw one heart's voice."""
    return Voice(
        pitch=float(np.exp(generator.normal(0, 0.12))),
        length=float(np.exp(generator.normal(0, 0.12))),
        s2_level=float(generator.uniform(0.4, 0.95)),
        pulmonary_level=float(generator.uniform(0.4, 0.8)),
        tricuspid_level=float(generator.uniform(0.3, 0.6)),
        phases={
            name: tuple(generator.uniform(-np.pi, np.pi, len(thud.frequencies)))
            for name, thud in THUDS.items()
        },
    )


def play(
    thud: Thud,
    onsets: Float[np.ndarray, " beats"],
    levels: Float[np.ndarray, " beats"],
    phases: tuple[float, ...],
    n_samples: int,
    sample_rate: int,
) -> Float[np.ndarray, " time"]:
    """Sound `thud` at every onset (seconds, between samples too) with its level; those outside are cut."""
    track = np.zeros(n_samples)
    length_s = thud.rise_s + 8 * thud.decay_s  # by then it has fallen by 70 dB
    for onset, level in zip(onsets, levels, strict=True):
        first = max(0, int(np.ceil(onset * sample_rate)))
        last = min(n_samples, int((onset + length_s) * sample_rate) + 1)
        if first < last:
            time = np.arange(first, last) / sample_rate - onset
            track[first:last] += level * thud.at(time, phases)
    return track
