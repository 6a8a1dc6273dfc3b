"""The energy of a gammatone filterbank's output, in windows: one contract, several algorithms.

`energy` filters the waveform, squares the outputs and averages them over windows. The algorithms
differ only in how they filter, and so in speed and memory:

- *direct* is a convolution, one multiplication a tap: plain, and what other programs can import;
- *toeplitz* makes a matrix of the taps and multiplies a hop at a time: for short kernels;
- *fft* multiplies spectra, block by block: for long kernels;
- *state-space* runs the filter's own recursion: no kernel at all. The fastest on a CPU by far.

All but *direct* compute again in the backward pass what they did not keep. Taught in *Making it fast*.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from spectnet import gammatone
from spectnet.filterbank import kernels, state_space
from spectnet.filterbank.kernels import filter_waveform
from spectnet.filterbank.windows import Windows, n_frames
from spectnet.orders import orders_per_filter

__all__ = ["ALGORITHMS", "check_algorithm", "energy", "filter_waveform", "n_frames"]

ALGORITHMS = ("auto", "direct", "toeplitz", "fft", "state-space")


def check_algorithm(algorithm: str) -> None:
    """Raise ValueError unless `algorithm` is one of `ALGORITHMS`."""
    if algorithm not in ALGORITHMS:
        raise ValueError(f"algorithm must be one of {', '.join(ALGORITHMS)}, got {algorithm!r}")


def energy(
    waveform: Float[Tensor, "batch time"],
    center_frequencies: Float[Tensor, " filters"],
    bandwidths: Float[Tensor, " filters"],
    *,
    order: int | Sequence[int],
    window_length: int,
    hop_length: int,
    sample_rate: float,
    algorithm: str = "auto",
    tolerance: float = 1e-8,
    kernel_size: int | None = None,
) -> Float[Tensor, "batch filters frames"]:
    """Mean square of each filter's output, window by window.

    Args:
        waveform: ``(batch, time)``; before its first sample there was silence.
        center_frequencies: in Hz.
        bandwidths: decay b in Hz.
        order: of the gammatones, 1 to 8; one for all or one a filter.
        window_length: in samples; frame i averages samples ``i hop`` to ``i hop + window - 1``.
        hop_length: in samples.
        sample_rate: in Hz.
        algorithm: one of `ALGORITHMS`. ``"auto"`` takes the recursion on a CPU, elsewhere what suits
            the kernel's length, and the plain convolution while a model is exported.
        tolerance: a kernel is cut where its envelope falls below this share of its peak; the
            recursion has none to cut. Zero asks for all there is: no cut, and float64 inside.
        kernel_size: taps of the kernel, in place of the number that `tolerance` asks for.

    Returns:
        The energies: in float64 for a waveform in float64, else in float32; half precision would not
        hold them. After a NaN every later frame of its clip is NaN, since the filters ring without end.

    Raises:
        ValueError: a waveform shorter than one window, an unknown algorithm, the recursion asked for
            on a GPU, and as `gammatone.impulse_response`.
    """
    check_algorithm(algorithm)
    windows = Windows(window_length, hop_length)
    if waveform.shape[-1] < window_length:
        raise ValueError(
            f"waveform must hold at least one window of {window_length} samples, got {waveform.shape[-1]}"
        )
    gammatone._check_filters(center_frequencies, bandwidths, sample_rate)
    orders = orders_per_filter(order, len(center_frequencies))
    if algorithm == "auto":
        algorithm = _on_this_device(waveform)
    exact = tolerance == 0
    # Half precision would neither hold 80 dB nor the filters' phases.
    with torch.autocast(waveform.device.type, enabled=False):
        waveform = waveform if waveform.dtype == torch.float64 else waveform.float()
        if algorithm == "state-space":
            return state_space.energy(
                waveform, center_frequencies, bandwidths, orders, windows, sample_rate, exact=exact
            )
        if kernel_size is None:
            kernel_size = waveform.shape[-1]
            if not exact:
                needed = gammatone.effective_length(
                    bandwidths, sample_rate=sample_rate, order=order, tolerance=tolerance
                )
                kernel_size = min(kernel_size, needed)
        kernel = gammatone.impulse_response(
            center_frequencies, bandwidths, kernel_size=kernel_size, sample_rate=sample_rate, order=order
        )
        precise = waveform.double() if exact else waveform
        kernel = kernel.to(precise.dtype)
        # Beside a narrow filter a wide one falls silent early; its last taps would be subnormal numbers.
        kernel = functional.hardshrink(kernel, torch.finfo(kernel.dtype).tiny)
        return kernels.energy(precise, kernel, windows, algorithm).to(waveform.dtype)


def _on_this_device(waveform: Tensor) -> str:
    if torch.compiler.is_exporting():
        return "direct"
    return "state-space" if waveform.device.type == "cpu" else "kernel"
