"""The truth that errors are measured against: float64, kernels as long as they ring, no code of the package.

The formula of the gammatone stands here a second time, on purpose: what is checked must not check itself.
"""

from __future__ import annotations

import math

import torch
from scipy.fft import next_fast_len
from torch import Tensor

from benchmarks.workloads import ORDER, Workload

TOP_DB = 80.0
_RINGS_UNTIL = 1e-15  # of the envelope's peak: below float64's own rounding


def kernel_length(bandwidths: Tensor, sample_rate: float) -> int:
    """Samples until the slowest filter's envelope has fallen to 1e-15 of its peak."""
    decay, m = 2.0 * math.pi * float(bandwidths.detach().min()), ORDER - 1
    x = m - math.log(_RINGS_UNTIL)
    for _ in range(60):
        x = m - math.log(_RINGS_UNTIL) + m * math.log(x / m)
    return math.ceil(x / decay * sample_rate) + 1


def kernels(frequencies: Tensor, bandwidths: Tensor, sample_rate: float, length: int | None = None) -> Tensor:
    """Impulse responses ``(filters, taps)`` in float64, scaled by their own spectrum at the centre."""
    f, b = frequencies.double()[:, None], bandwidths.double()[:, None]
    t = torch.arange(length or kernel_length(bandwidths, sample_rate), dtype=torch.float64) / sample_rate
    envelope = t ** (ORDER - 1) * torch.exp(-2 * math.pi * b * t)
    kernel = envelope * torch.cos(2 * math.pi * f * t)
    gain = (kernel * torch.exp(-2j * math.pi * f * t)).sum(-1, keepdim=True).abs()
    return kernel / gain


def filter_energy(waveform: Tensor, kernel: Tensor, window_length: int, hop_length: int) -> Tensor:
    """Mean square of every filter's output in windows: ``(batch, time)`` to ``(batch, filters, frames)``."""
    n_samples, taps = waveform.shape[-1], kernel.shape[-1]
    n_fft = next_fast_len(n_samples + taps - 1, real=True)
    spectrum = torch.fft.rfft(waveform.double(), n_fft)[:, None] * torch.fft.rfft(kernel, n_fft)
    output = torch.fft.irfft(spectrum, n_fft)[..., :n_samples]
    return output.square().unfold(-1, window_length, hop_length).mean(-1)


def energy(workload: Workload, frequencies: Tensor, bandwidths: Tensor, waveform: Tensor) -> Tensor:
    """The energies that a front-end of `workload` should find, in float64 and differentiable."""
    kernel = kernels(frequencies, bandwidths, workload.sample_rate)
    return filter_energy(waveform, kernel, workload.window_length, workload.hop_length)


def error_db(found: Tensor, expected: Tensor) -> float:
    """Largest difference in dB where `expected` lies inside the top 80 dB of its clip.

    Args:
        found: energies ``(batch, filters, frames)``.
        expected: the same from the reference; each item of the batch is a clip.
    """
    return float(_differences_db(found, expected).max())


def share_over(found: Tensor, expected: Tensor, db: float) -> float:
    """Share of the same bins that are off by more than `db`."""
    return float((_differences_db(found, expected) > db).double().mean())


def _differences_db(found: Tensor, expected: Tensor) -> Tensor:
    loud = expected >= expected.amax((1, 2), keepdim=True) * 10.0 ** (-TOP_DB / 10)
    difference = 10.0 * torch.log10(found.double()[loud] / expected[loud])
    return difference.abs().nan_to_num(math.inf, math.inf)
