"""Recording devices: what they let through, what they add, and how coarsely they count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.signal
from jaxtyping import Float


@dataclass(frozen=True)
class Device:
    """A stethoscope or microphone.

    Attributes:
        low_cut: below this, in Hz, it falls off at 12 dB an octave.
        high_cut: above this, in Hz, it falls off at 12 dB an octave.
        resonance: frequency in Hz, gain in dB and sharpness of its housing's own tone; None for none.
        noise_db: its own noise, in dB relative to full scale.
        hum_db: mains hum (50 Hz and 100 Hz), in dB relative to full scale; None for none.
        bits: of its converter.
        gain: full scale over the height of a normal S1.
    """

    low_cut: float
    high_cut: float
    resonance: tuple[float, float, float] | None
    noise_db: float
    hum_db: float | None
    bits: int
    gain: float

    def sections(self, sample_rate: int) -> Float[np.ndarray, "sections 6"]:
        """Its frequency response as second-order sections."""
        chain = [scipy.signal.butter(2, self.low_cut, btype="highpass", fs=sample_rate, output="sos")]
        if self.high_cut < 0.45 * sample_rate:
            chain.append(scipy.signal.butter(2, self.high_cut, btype="lowpass", fs=sample_rate, output="sos"))
        if self.resonance is not None:
            chain.append(peaking_section(*self.resonance, sample_rate))
        return np.concatenate(chain)

    def response_db(
        self, frequency: Float[np.ndarray, " frequencies"], sample_rate: int
    ) -> Float[np.ndarray, " frequencies"]:
        """Gain in dB at each frequency in Hz."""
        _, response = scipy.signal.sosfreqz(self.sections(sample_rate), worN=frequency, fs=sample_rate)
        return 20 * np.log10(np.maximum(np.abs(response), 1e-12))

    def record(
        self,
        sound: Float[np.ndarray, " time"],
        sample_rate: int,
        level: float,
        generator: np.random.Generator,
    ) -> Float[np.ndarray, " time"]:
        """Filter, amplify by `level`, add noise and hum, clip and round `sound`, as float32 in -1..1."""
        filtered = self.gain * level * scipy.signal.sosfilt(self.sections(sample_rate), sound)
        noise = 10 ** (self.noise_db / 20) * generator.standard_normal(len(sound))
        recorded = filtered + noise + self._hum(len(sound), sample_rate, generator)
        full_scale = 2 ** (self.bits - 1)
        counts = np.clip(np.round(recorded * full_scale), -full_scale, full_scale - 1)
        return (counts / full_scale).astype(np.float32)

    def _hum(self, n_samples: int, sample_rate: int, generator: np.random.Generator) -> np.ndarray:
        phases = generator.uniform(0, 2 * np.pi, 2)  # drawn also where there is no hum: devices stay in step
        if self.hum_db is None:
            return np.zeros(n_samples)
        time = np.arange(n_samples) / sample_rate
        tones = np.sin(2 * np.pi * 50 * time + phases[0]) + 0.4 * np.sin(2 * np.pi * 100 * time + phases[1])
        return 10 ** (self.hum_db / 20) * tones


def peaking_section(
    frequency: float, gain_db: float, sharpness: float, sample_rate: int
) -> Float[np.ndarray, "1 6"]:
    """One resonance of `gain_db` at `frequency` Hz (the form of the audio-EQ cookbook)."""
    amplitude = 10 ** (gain_db / 40)
    angle = 2 * np.pi * frequency / sample_rate
    alpha = np.sin(angle) / (2 * sharpness)
    section = [
        1 + alpha * amplitude, -2 * np.cos(angle), 1 - alpha * amplitude,
        1 + alpha / amplitude, -2 * np.cos(angle), 1 - alpha / amplitude,
    ]  # fmt: skip
    return np.array([section]) / section[3]


DEVICES: dict[str, Device] = {
    "electronic": Device(12.0, 330.0, None, noise_db=-62.0, hum_db=None, bits=16, gain=0.35),
    "contact": Device(8.0, 180.0, (28.0, 6.0, 1.2), noise_db=-58.0, hum_db=None, bits=12, gain=0.30),
    "microphone": Device(28.0, 240.0, (75.0, 4.0, 1.0), noise_db=-54.0, hum_db=-56.0, bits=16, gain=0.30),
    "phone": Device(52.0, 700.0, (160.0, 8.0, 0.8), noise_db=-44.0, hum_db=None, bits=8, gain=0.60),
}
