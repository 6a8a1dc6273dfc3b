"""The energy of a gammatone filterbank's output, in windows: one contract, several algorithms.

`energy` filters the waveform, squares the outputs and averages them over windows. Both
algorithms here are exact; they differ only in how they filter: *direct* is a convolution,
one multiplication a tap; *fft* multiplies spectra, and wins when the kernel is long.

Taught in *One recording, all the way*.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn import functional

from spectnet import gammatone

ALGORITHMS = ("auto", "direct", "fft")
# Measured on one core, forward and backward: below this length a convolution is the faster way.
_FFT_FROM_TAPS = 128


def check_algorithm(algorithm: str) -> None:
    """Raise ValueError unless `algorithm` is one of `ALGORITHMS`."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {', '.join(ALGORITHMS)}, got {algorithm!r}")


def n_frames(n_samples: int, window_length: int, hop_length: int) -> int:
    """How many whole windows fit: frame i covers samples ``i hop`` to ``i hop + window - 1``."""
    return 0 if n_samples < window_length else 1 + (n_samples - window_length) // hop_length


def _filter_direct(
    waveform: Float[Tensor, "batch time"], kernel: Float[Tensor, "filters taps"]
) -> Float[Tensor, "batch filters time"]:
    # conv1d correlates; flipping the taps makes it the convolution that a filter is.
    padded = functional.pad(waveform, (kernel.shape[-1] - 1, 0))  # causal: silence came before
    return functional.conv1d(padded[:, None], kernel.flip(-1)[:, None])


def _filter_fft(
    waveform: Float[Tensor, "batch time"], kernel: Float[Tensor, "filters taps"]
) -> Float[Tensor, "batch filters time"]:
    n_samples = waveform.shape[-1]
    n_fft = next_fast_len(n_samples + kernel.shape[-1] - 1, real=True)
    spectrum = torch.fft.rfft(waveform, n_fft)[:, None] * torch.fft.rfft(kernel, n_fft)
    return torch.fft.irfft(spectrum, n_fft)[..., :n_samples]


def filter_waveform(
    waveform: Float[Tensor, "batch time"],
    kernel: Float[Tensor, "filters taps"],
    *,
    algorithm: str = "auto",
) -> Float[Tensor, "batch filters time"]:
    """Pass every waveform through every filter, causally and at full rate.

    Args:
        waveform: ``(batch, time)``.
        kernel: impulse responses ``(filters, taps)``.
        algorithm: ``"direct"``, ``"fft"`` or ``"auto"``, which chooses by the kernel's length.

    Raises:
        ValueError: an unknown algorithm.
    """
    check_algorithm(algorithm)
    if algorithm == "auto":
        algorithm = "fft" if kernel.shape[-1] >= _FFT_FROM_TAPS else "direct"
    return (_filter_fft if algorithm == "fft" else _filter_direct)(waveform, kernel)


def energy(
    waveform: Float[Tensor, "batch time"],
    center_frequencies: Float[Tensor, " filters"],
    bandwidths: Float[Tensor, " filters"],
    *,
    order: int,
    window_length: int,
    hop_length: int,
    sample_rate: float,
    algorithm: str = "auto",
    tolerance: float = 1e-8,
) -> Float[Tensor, "batch filters frames"]:
    """Mean square of each filter's output, window by window.

    Args:
        waveform: ``(batch, time)``; before its first sample there was silence.
        center_frequencies: in Hz.
        bandwidths: decay b in Hz.
        order: of the gammatones, 1 to 8.
        window_length: in samples; frame i averages samples ``i hop`` to ``i hop + window - 1``.
        hop_length: in samples.
        sample_rate: in Hz.
        algorithm: ``"direct"``, ``"fft"`` or ``"auto"``.
        tolerance: the kernel is cut where its envelope falls below this share of its peak.

    Raises:
        ValueError: a waveform shorter than one window, and as `gammatone.impulse_response`.
    """
    if waveform.shape[-1] < window_length:
        raise ValueError(
            f"waveform must hold at least one window of {window_length} samples, got {waveform.shape[-1]}"
        )
    taps = gammatone.effective_length(bandwidths, sample_rate=sample_rate, order=order, tolerance=tolerance)
    kernel = gammatone.impulse_response(
        center_frequencies,
        bandwidths,
        kernel_size=min(taps, waveform.shape[-1]),
        sample_rate=sample_rate,
        order=order,
    )
    kernel = kernel.to(waveform.dtype)
    # Beside a narrow filter a wide one falls silent early; its last taps would be subnormal numbers.
    kernel = functional.hardshrink(kernel, torch.finfo(kernel.dtype).tiny)
    output = filter_waveform(waveform, kernel, algorithm=algorithm)
    return functional.avg_pool1d(output.square(), window_length, hop_length)
