"""The sounds that errors are measured on: noise, speech-like, chirp, full-scale tones, impulses, hearts."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from benchmarks.workloads import SCALE, Workload
from spectnet import doctor, physionet, scales, segments, synthesis
from spectnet.recordings import Recording

NOISE_AND_HEARTS = ("white", "pink", "heart")
N_HEARTS = 4


def clip_length(workload: Workload) -> int:
    """Samples of a clip: the workload's own at heart rates, a second elsewhere."""
    return workload.n_samples if workload.is_heart else min(workload.n_samples, workload.sample_rate)


def clips(workload: Workload) -> dict[str, Tensor]:
    """Name of a kind to its clips ``(clips, time)``, float32 and at most full scale."""
    rate, n = workload.sample_rate, clip_length(workload)
    generator = np.random.default_rng(0)
    t = np.arange(n) / rate
    sounds = {
        "white": [generator.normal(size=n)],
        "pink": [_pink(n, generator)],
        "speech": [_speech_like(t, rate, generator)],
        "chirp": [_chirp(t, workload)],
        "tones": [np.sin(2 * np.pi * f * t) for f in _tone_frequencies(workload)],
        "impulses": [_impulses(n)],
    }
    if workload.is_heart:
        sounds["heart"] = [_heart(recording, rate, n) for recording in _recordings()]
    return {
        kind: torch.from_numpy(np.stack([x / np.abs(x).max() for x in group])).float()
        for kind, group in sounds.items()
    }


def hearts_are_real() -> bool:
    """Whether the heart sounds are recordings (else they are synthetic)."""
    return doctor.real_recordings_folder() is not None


@cache
def _recordings() -> tuple[Recording, ...]:
    if not hearts_are_real():
        return tuple(synthesis.synthetic_hearts(N_HEARTS, seed=0, duration_s=6.0))
    # One of each of the larger collections, some normal and some abnormal.
    recordings = {r.name: r for r in physionet.index(annotations=False)}
    wanted = [name for name in ("a0001", "b0001", "e00001", "f0001") if name in recordings]
    return tuple(recordings[name] for name in wanted or list(recordings)[:N_HEARTS])


def _heart(recording: Recording, rate: int, n_samples: int) -> np.ndarray:
    waveform, native = recording.read()
    waveform = segments.resample(waveform, native, rate)
    return np.resize(waveform, n_samples).astype(np.float64)  # a short one starts again


def _pink(n_samples: int, generator: np.random.Generator) -> np.ndarray:
    spectrum = np.fft.rfft(generator.normal(size=n_samples))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    spectrum[0] = 0
    return np.fft.irfft(spectrum, n_samples)


def _speech_like(t: np.ndarray, rate: int, generator: np.random.Generator) -> np.ndarray:
    """A gliding voice with three formants, in syllables of a quarter second with pauses and a little hiss."""
    pitch = max(30.0, rate / 133) * (1 + 0.3 * np.sin(2 * np.pi * 1.5 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = np.zeros_like(t)
    for harmonic in range(1, int(rate / 2 / pitch.max())):
        place = harmonic * pitch.mean() / rate
        level = sum(np.exp(-0.5 * ((place - formant) / 0.02) ** 2) for formant in (0.035, 0.1, 0.17))
        voice += (level + 1e-3) * np.sin(harmonic * phase)
    syllables = np.clip(np.sin(2 * np.pi * 4 * t), 0, None)
    return voice * syllables + 1e-3 * generator.normal(size=len(t))


def _chirp(t: np.ndarray, workload: Workload) -> np.ndarray:
    """From the lowest to the highest frequency of the filters, evenly in time."""
    low, high = workload.f_min, workload.f_max
    return np.sin(2 * np.pi * (low * t + (high - low) * t**2 / (2 * t[-1])))


def _tone_frequencies(workload: Workload) -> list[float]:
    """On a low, a middle and a high filter, between two filters, and at the range's lower edge."""
    n = workload.n_filters
    centers = scales.spaced_frequencies(n, workload.f_min, workload.f_max, SCALE).numpy()
    between = float(centers[n // 3 : n // 3 + 2].mean())
    return [workload.f_min, *centers[[1, n // 2, n - 2]].tolist(), between]


def _impulses(n_samples: int) -> np.ndarray:
    waveform = np.zeros(n_samples)
    waveform[[n_samples // 10, n_samples // 3, n_samples * 2 // 3]] = 1.0, -0.5, 0.1
    return waveform
