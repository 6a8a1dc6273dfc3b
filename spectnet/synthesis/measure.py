"""What can be measured on real and synthetic recordings alike: spectrum, rhythm, loudness of each state."""

from __future__ import annotations

import numpy as np
import scipy.signal
from jaxtyping import Float

from spectnet.recordings import HeartStates, Recording

STATES = ("S1", "systole", "S2", "diastole")
HEART_BAND = (25.0, 400.0)  # where heart sounds lie; levels are relative to the power inside it
BAND_CENTERS = 25.0 * 2 ** (np.arange(31) / 6)  # sixth-octaves from 25 Hz to 800 Hz


def long_term_spectrum(waveform: Float[np.ndarray, " time"], sample_rate: int) -> Float[np.ndarray, " bands"]:
    """Power in each sixth-octave band in dB, relative to all power in `HEART_BAND`."""
    n_window = round(0.5 * sample_rate)
    frequency, power = scipy.signal.welch(waveform, sample_rate, nperseg=n_window, nfft=4 * n_window)
    total = power[(frequency >= HEART_BAND[0]) & (frequency < HEART_BAND[1])].sum()
    edges = 2 ** (1 / 12)
    inside = (frequency >= BAND_CENTERS[:, None] / edges) & (frequency < BAND_CENTERS[:, None] * edges)
    return _db((inside * power).sum(axis=1) / total)


def state_levels(
    waveform: Float[np.ndarray, " time"], sample_rate: int, states: HeartStates
) -> dict[str, float]:
    """Median effective value of each state inside `HEART_BAND`, in dB relative to S1."""
    sections = scipy.signal.butter(4, HEART_BAND, btype="bandpass", fs=sample_rate, output="sos")
    filtered = scipy.signal.sosfiltfilt(sections, waveform)
    pieces = {name: _pieces(filtered, sample_rate, states, name) for name in STATES}
    powers = {name: float(np.median([np.mean(piece**2) for piece in pieces[name]])) for name in STATES}
    return {name: float(_db(powers[name] / powers["S1"])) for name in STATES}


def spectral_centroid(
    waveform: Float[np.ndarray, " time"], sample_rate: int, states: HeartStates, name: str
) -> float:
    """Middle of the mean power spectrum of one state inside `HEART_BAND`, in Hz."""
    spectra = [
        np.abs(np.fft.rfft(piece * np.hanning(len(piece)), 1024)) ** 2
        for piece in _pieces(waveform, sample_rate, states, name)
    ]
    frequency = np.fft.rfftfreq(1024, 1 / sample_rate)
    power = np.mean(spectra, axis=0) * ((frequency >= HEART_BAND[0]) & (frequency < HEART_BAND[1]))
    return float((frequency * power).sum() / power.sum())


def rhythm(states: HeartStates) -> dict[str, float]:
    """Rate in beats a minute, systole (S1 to S2), beat length and its change from beat to beat, in seconds.

    Only whole beats count: the four states in order, and the next S1.
    """
    names = np.array(states.names)
    cycle = np.array([*STATES, "S1"])
    first = [i for i in range(len(names) - 4) if (names[i : i + 5] == cycle).all()]
    if len(first) < 3:
        raise ValueError(f"a rhythm needs at least 3 whole beats, got {len(first)}")
    times = states.starts[np.array(first)[:, None] + np.arange(5)]  # (beats, 5)
    lengths = times[:, 4] - times[:, 0]
    neighbours = np.diff(first) == 4
    changes = np.diff(lengths)[neighbours]
    return {
        "rate": float(60 / np.median(lengths)),
        "beat_s": float(np.median(lengths)),
        "systole_s": float(np.median(times[:, 2] - times[:, 0])),
        "s1_s": float(np.median(times[:, 1] - times[:, 0])),
        "s2_s": float(np.median(times[:, 3] - times[:, 2])),
        "change_s": float(np.median(np.abs(changes))) if changes.size else float("nan"),
    }


def measure(recording: Recording, longest_s: float = 30.0) -> dict:
    """All of the above for the first `longest_s` seconds of a recording with states."""
    waveform, sample_rate = recording.read()
    waveform = waveform[: round(longest_s * sample_rate)].astype(np.float64)
    if recording.states is None:
        raise ValueError(f"{recording.name} has no states to measure")
    states = _until(recording.states, len(waveform) / sample_rate)
    return {
        "spectrum_db": long_term_spectrum(waveform, sample_rate),
        **rhythm(states),
        "levels_db": state_levels(waveform, sample_rate, states),
        "s1_centroid": spectral_centroid(waveform, sample_rate, states, "S1"),
        "s2_centroid": spectral_centroid(waveform, sample_rate, states, "S2"),
    }


def _until(states: HeartStates, end_s: float) -> HeartStates:
    """The states that start before `end_s` seconds."""
    n_kept = int(np.searchsorted(states.starts, end_s))
    return HeartStates(states.starts[:n_kept], states.names[:n_kept])


def _pieces(
    waveform: Float[np.ndarray, " time"], sample_rate: int, states: HeartStates, name: str
) -> list[np.ndarray]:
    """The waveform of every state called `name` that ends inside it."""
    edges = np.round(states.starts * sample_rate).astype(int)
    spans = zip(edges[:-1], edges[1:], states.names[:-1], strict=True)
    pieces = [waveform[start:stop] for start, stop, state in spans if state == name and stop <= len(waveform)]
    return [piece for piece in pieces if len(piece) >= 8]


def _db(ratio: np.ndarray | float) -> np.ndarray:
    return np.asarray(10 * np.log10(np.maximum(ratio, 1e-12)))
