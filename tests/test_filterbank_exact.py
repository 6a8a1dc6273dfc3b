"""How far float32 is from the truth: in decibels, inside the top 80 dB of a clip, and in its gradients.

The truth is a float64 convolution with every tap there is. What was measured on clips of full length
stands in results/benchmark-frontend.json.
"""

from functools import cache

import numpy as np
import pytest
import torch

from spectnet import filterbank, synthesis
from spectnet.gammatone import bandwidth_from_erb, bandwidth_from_spacing
from spectnet.scales import spaced_frequencies

SETTINGS = {  # sample rate, filters, samples, window, hop, f_min
    "heart": (1000.0, 16, 2500, 25, 10, 25.0),
    "heart, 64 filters": (1000.0, 64, 2500, 25, 10, 25.0),
    "scene": (16_000.0, 16, 8000, 400, 160, 50.0),
}
CLIPS = ("white", "pink", "chirp", "tone", "impulses", "heart", "speech-like")


def clip(name, rate, n_samples):
    draw = np.random.default_rng(0)
    t = np.arange(n_samples) / rate
    if name == "white":
        return draw.standard_normal(n_samples)
    if name == "pink":
        spectrum = np.fft.rfft(draw.standard_normal(n_samples))
        return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), n_samples)
    if name == "chirp":
        return np.sin(2 * np.pi * (20 * t + (0.45 * rate - 20) / (2 * t[-1]) * t**2))
    if name == "tone":
        return np.sin(2 * np.pi * rate / 7.3 * t)
    if name == "impulses":
        return (np.arange(n_samples) % (n_samples // 3) == 100).astype(float)
    if name == "speech-like":  # a buzz with pauses, and a hiss
        voice = sum(np.sin(2 * np.pi * 0.01 * rate * k * t) / k for k in range(1, 20))
        return voice * (np.sin(2 * np.pi * 3 * t) > 0) + 0.01 * draw.standard_normal(n_samples)
    heart, heart_rate = synthesis.synthetic_hearts(1, seed=3)[0].read()
    return np.interp(np.arange(n_samples) / rate, np.arange(len(heart)) / heart_rate, heart)


def bank(setting, width):
    rate, n_filters, *_, f_min = SETTINGS[setting]
    center = spaced_frequencies(n_filters, f_min, 0.45 * rate)
    if width == "spacing":
        return center, bandwidth_from_spacing(n_filters, f_min, 0.45 * rate, "mel", 4)
    return center, bandwidth_from_erb(center, 4) if width == "erb" else torch.full_like(center, 100.0)


def energy(waveform, filters, setting, algorithm, tolerance):
    rate, _, _, window, hop, _ = SETTINGS[setting]
    return filterbank.energy(
        waveform,
        *filters,
        order=4,
        window_length=window,
        hop_length=hop,
        sample_rate=rate,
        algorithm=algorithm,
        tolerance=tolerance,
    )


@cache
def truth(name, setting, width):
    rate, _, n_samples, *_ = SETTINGS[setting]
    waveform = torch.from_numpy(clip(name, rate, n_samples))[None].float()
    return waveform, energy(waveform.double(), bank(setting, width), setting, "fft", 0)


# A matrix or a convolution with thousands of taps is what the others are there to avoid.
PAIRS = [
    (setting, algorithm)
    for setting in SETTINGS
    for algorithm in ("direct", "toeplitz", "fft", "state-space")
    if setting != "scene" or algorithm in ("fft", "state-space")
]


@pytest.mark.parametrize(("setting", "algorithm"), PAIRS)
@pytest.mark.parametrize("width", ["spacing", "erb", "100 Hz"])
def test_float32_errs_by_less_than_a_fiftieth_of_a_decibel(setting, width, algorithm):
    for name in CLIPS:
        waveform, exact = truth(name, setting, width)
        heard = exact > 1e-8 * exact.max()  # 80 dB
        for tolerance, bound in ((1e-8, 0.02), (0.0, 1e-3)):
            drawn = energy(waveform, bank(setting, width), setting, algorithm, tolerance).double()
            error = 10 * torch.log10(drawn / exact)[heard].abs().max()
            assert error <= bound, f"{name}, tolerance {tolerance:g}: {error:.2g} dB"


@pytest.mark.parametrize(("setting", "algorithm"), PAIRS)
def test_gradients_of_float32_are_those_of_float64(setting, algorithm):
    center, width = bank(setting, "spacing")

    def gradients(waveform, algorithm, tolerance):
        x, f, b = (each.clone().requires_grad_() for each in (waveform, center, width))
        loss = torch.log(energy(x, (f, b), setting, algorithm, tolerance) + 1e-6).mean()
        return torch.autograd.grad(loss, (x, f, b))

    for names, tolerance, bound in ((("white", "heart"), 0.0, 1e-5), (("tone", "chirp"), 1e-8, 1e-2)):
        for name in names:
            waveform, _ = truth(name, setting, "spacing")
            exact = gradients(waveform.double(), "fft", 0)
            for ours, true in zip(gradients(waveform, algorithm, tolerance), exact, strict=True):
                error = (ours.double() - true).abs().max() / true.abs().max()
                assert error <= bound, f"{name}: {error:.2g}"
