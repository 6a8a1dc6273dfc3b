"""What else the stethoscope hears: breath, the rub of the chest piece on skin, and the room."""

from __future__ import annotations

import numpy as np
import scipy.signal
from jaxtyping import Float

from spectnet.synthesis.murmurs import band_noise
from spectnet.synthesis.rhythm import Breathing

BREATH_BAND = (80.0, 350.0)
RUB_BAND = (60.0, 700.0)


def breath_sound(
    breathing: Breathing, n_samples: int, sample_rate: int, generator: np.random.Generator
) -> Float[np.ndarray, " time"]:
    """Noise of the air in the lungs: it comes and goes twice a breath."""
    time = np.arange(n_samples) / sample_rate
    return band_noise(BREATH_BAND, n_samples, sample_rate, generator) * breathing.air_flow(time) ** 2


def rubs(
    rubs_per_minute: float, n_samples: int, sample_rate: int, generator: np.random.Generator
) -> Float[np.ndarray, " time"]:
    """Short scratches at random times, each with its own loudness and length (20 to 250 ms)."""
    noise = band_noise(RUB_BAND, n_samples, sample_rate, generator)
    envelope = np.zeros(n_samples)
    for _ in range(generator.poisson(rubs_per_minute / 60 * n_samples / sample_rate)):
        length = int(generator.uniform(0.02, 0.25) * sample_rate)
        first = int(generator.uniform(0, max(1, n_samples - length)))
        stretch = slice(first, min(first + length, n_samples))
        envelope[stretch] += np.exp(generator.normal(0, 0.6)) * np.hanning(stretch.stop - first)
    return noise * envelope


def room_noise(
    n_samples: int, sample_rate: int, generator: np.random.Generator
) -> Float[np.ndarray, " time"]:
    """Rumble of a room: noise that falls by 6 dB an octave above 30 Hz, with an effective value of 1."""
    warm_up = int(0.5 * sample_rate)
    white = generator.standard_normal(n_samples + warm_up)
    sections = scipy.signal.butter(1, 30.0, btype="lowpass", fs=sample_rate, output="sos")
    noise = scipy.signal.sosfilt(sections, white)[warm_up:]
    return noise / np.sqrt(0.5 * np.pi * 30.0 / (0.5 * sample_rate))
