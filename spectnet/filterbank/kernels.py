r"""Filtering with a kernel, three ways: a convolution, a matrix product, a product of spectra.

The last two work through the waveform in blocks that fit into the cache. They keep the waveform and
the kernel, and compute a block again when its gradient is asked for. Any device. Taught in *Making it fast*.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from jaxtyping import Float
from scipy.fft import next_fast_len
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from spectnet.filterbank.windows import Windows

# Measured on one core, forward and backward: below this length a matrix is the faster way.
FFT_FROM_TAPS = 128
_SHORTEST_FFT = 2048


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
    if algorithm not in ("auto", "direct", "fft"):
        raise ValueError(f"algorithm must be one of auto, direct, fft, got {algorithm!r}")
    n_samples, n_taps = waveform.shape[-1], kernel.shape[-1]
    if algorithm == "direct" or (algorithm == "auto" and n_taps < FFT_FROM_TAPS):
        # conv1d correlates; flipping the taps makes it the convolution that a filter is.
        padded = functional.pad(waveform, (n_taps - 1, 0))  # causal: silence came before
        return functional.conv1d(padded[:, None], kernel.flip(-1)[:, None])
    n_fft = next_fast_len(n_samples + n_taps - 1, real=True)
    spectrum = torch.fft.rfft(waveform, n_fft)[:, None] * torch.fft.rfft(kernel, n_fft)
    return torch.fft.irfft(spectrum, n_fft)[..., :n_samples]


def energy(
    waveform: Float[Tensor, "batch time"],
    kernel: Float[Tensor, "filters taps"],
    windows: Windows,
    algorithm: str,
) -> Float[Tensor, "batch filters frames"]:
    """Mean square of each filter's output, window by window.

    Args:
        waveform: ``(batch, time)``, at least one window long.
        kernel: impulse responses, no longer than the waveform.
        windows: in samples.
        algorithm: ``"direct"``, ``"toeplitz"``, ``"fft"``; anything else chooses by the kernel's length.
    """
    if algorithm == "direct":
        output = filter_waveform(waveform, kernel, algorithm="direct")
        return functional.avg_pool1d(output.square(), windows.window_length, windows.hop_length)
    if algorithm not in ("toeplitz", "fft"):
        algorithm = "fft" if kernel.shape[-1] >= FFT_FROM_TAPS else "toeplitz"
    return (_energy_toeplitz if algorithm == "toeplitz" else _energy_fft)(waveform, kernel, windows)


def _block_outputs(device: str) -> int:
    """Outputs that one block holds: what fits into a core's cache, or what keeps a GPU busy."""
    return 2**18 if device == "cpu" else 2**24


def _toeplitz(kernel: Float[Tensor, "filters taps"], hop: int) -> Float[Tensor, "filters hop samples"]:
    """Row t of each filter's matrix holds its taps, backwards in time and shifted by t samples."""
    n_filters, n_taps = kernel.shape
    padded = functional.pad(kernel.flip(-1), (0, hop))  # (filters, taps + hop)
    # Written one after the other and cut one sample short of their length, the rows shift by themselves.
    rows = padded[:, None].expand(-1, hop, -1).reshape(n_filters, -1)
    width = n_taps + hop - 1
    return rows[:, : hop * width].reshape(n_filters, hop, width)


def _energy_toeplitz(
    waveform: Float[Tensor, "batch time"], kernel: Float[Tensor, "filters taps"], windows: Windows
) -> Float[Tensor, "batch filters frames"]:
    (n_filters, n_taps), hop = kernel.shape, windows.hop_length
    matrix = _toeplitz(kernel, hop).flatten(0, 1)  # (filters * hop, hop + taps - 1)

    def block(samples: Tensor, matrix: Tensor) -> Tensor:
        rows = samples.unfold(-1, matrix.shape[1], hop)  # (batch, hops, hop + taps - 1)
        output = rows @ matrix.T  # (batch, hops, filters * hop)
        squares = output.unflatten(-1, (-1, hop)).square()
        return windows.segment_sums(squares).movedim(2, 1).flatten(-2)  # (batch, filters, segments)

    return _by_blocks(block, waveform, n_filters, n_taps, windows, matrix)


def _energy_fft(
    waveform: Float[Tensor, "batch time"], kernel: Float[Tensor, "filters taps"], windows: Windows
) -> Float[Tensor, "batch filters frames"]:
    (n_filters, n_taps), hop = kernel.shape, windows.hop_length
    # Overlap-save: of a block's outputs the first taps - 1 are wrapped around and thrown away.
    n_fft = next_fast_len(max(_SHORTEST_FFT, 2 * n_taps, n_taps - 1 + hop), real=True)
    hops = (n_fft - n_taps + 1) // hop
    spectra = torch.fft.rfft(kernel, n_fft)

    def block(samples: Tensor, spectra: Tensor) -> Tensor:
        product = torch.fft.rfft(samples, n_fft)[:, None] * spectra
        output = torch.fft.irfft(product, n_fft)[..., n_taps - 1 : samples.shape[-1]]
        return windows.segment_sums(output.square())

    return _by_blocks(block, waveform, n_filters, n_taps, windows, spectra, hops)


def _by_blocks(
    block: Callable[[Tensor, Tensor], Tensor],
    waveform: Tensor,
    n_filters: int,
    n_taps: int,
    windows: Windows,
    factor: Tensor,
    hops: int | None = None,
) -> Tensor:
    """Apply `block` to clips and stretches of whole hops, each with the taps - 1 samples before it."""
    hop, n_clips, frames = windows.hop_length, waveform.shape[0], windows.n_frames(waveform.shape[-1])
    n_hops = -(-((frames - 1) * hop + windows.window_length) // hop)
    n_samples = n_hops * hop
    missing = max(0, n_samples - waveform.shape[-1])
    padded = functional.pad(waveform[:, :n_samples], (n_taps - 1, missing))
    in_block = max(1, _block_outputs(waveform.device.type) // (n_filters * hop))  # hops
    hops = min(hops or in_block, n_hops)
    clips = max(1, in_block // hops)
    recomputed = partial(checkpoint, block, use_reentrant=False, preserve_rng_state=False)
    rows = []
    for first_clip in range(0, n_clips, clips):
        part, stretches = padded[first_clip : first_clip + clips], []
        for first in range(0, n_hops, hops):
            last = min(first + hops, n_hops)
            samples = part[:, first * hop : last * hop + n_taps - 1]
            stretches.append(recomputed(samples, factor))
        rows.append(windows.means(torch.cat(stretches, dim=-1), frames))
    return torch.cat(rows)
