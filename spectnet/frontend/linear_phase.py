"""Linear-phase filters of types I to IV: half of the taps are free, symmetry gives the rest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import scales
from spectnet.frontend.fir_spectrogram import FIRSpectrogram
from spectnet.frontend.windowed_sinc import band_pass

# The bands of the paper's branches: from 0 Hz, over three edges, to Nyquist.
_EDGES = (45.0, 80.0, 200.0)


class LinearPhaseSpectrogram(FIRSpectrogram):
    """Log energy of filters that delay every frequency by the same time, whatever they learn.

    Half of the taps are parameters; the other half mirrors them, with its sign kept or turned:

    | type | taps | symmetry | always zero at | free taps of K |
    |---|---|---|---|---|
    | 1 | odd | symmetric | nowhere | (K + 1)/2 |
    | 2 | even | symmetric | Nyquist | K/2 |
    | 3 | odd | antisymmetric | 0 Hz and Nyquist, and its middle tap | (K - 1)/2 |
    | 4 | even | antisymmetric | 0 Hz | K/2 |

    So types 3 and 4 make poor low-passes and types 2 and 3 poor high-passes, before and after training. All
    are causal: they delay by ``(kernel_size - 1) / 2`` samples, which an even number of taps makes half a
    sample. `filter` gives the filtered waveform, which the paper's 1-D networks take.

    Args:
        sample_rate: in Hz.
        fir_type: 1 to 4.
        bands: lower and upper edge in Hz of each initial filter; by default the paper's four, below 45 Hz, 45
            to 80, 80 to 200, and above 200 Hz.
        kernel_size: taps of each filter; by default 61 as in the paper, and 60 for types 2 and 4.
        learnable: whether the free taps learn.
        window_s: length of the energy window in seconds.
        hop_s: from one window to the next, in seconds.
        floor: the energy that silence is drawn with.
        algorithm: how `filterbank.filter_waveform` filters.

    Shape:
        waveform ``(batch, time)`` to spectrogram ``(batch, bands, frames)``, framed as by `FIRSpectrogram`.

    Raises:
        ValueError: as `FIRSpectrogram`; a type that is not 1 to 4, a kernel size that is odd where it must be
            even or even where it must be odd, a band upside down or above Nyquist.

    Example:
        >>> layer = LinearPhaseSpectrogram(1000, fir_type=4)
        >>> layer.filter(torch.zeros(1, 2500)).shape, layer(torch.zeros(1, 2500)).shape
        (torch.Size([1, 4, 2500]), torch.Size([1, 4, 248]))

    The initial filters are those of `windowed_sinc.band_pass`. The branches of Humayun et al. (2020); types
    as in Oppenheim and Schafer (2010), section 5.7.
    """

    def __init__(
        self,
        sample_rate: float,
        fir_type: int = 1,
        bands: Sequence[tuple[float, float]] | None = None,
        kernel_size: int | None = None,
        learnable: bool = True,
        window_s: float = 0.025,
        hop_s: float = 0.010,
        floor: float = 1e-6,
        algorithm: str = "auto",
    ) -> None:
        if fir_type not in (1, 2, 3, 4):
            raise ValueError(f"fir_type must be 1, 2, 3 or 4, got {fir_type}")
        odd = fir_type in (1, 3)
        kernel_size = (61 if odd else 60) if kernel_size is None else kernel_size
        if kernel_size < 3 or (kernel_size % 2 == 1) != odd:
            parity = "odd" if odd else "even"
            raise ValueError(
                f"kernel_size must be {parity} for type {fir_type}, and at least 3, got {kernel_size}"
            )
        bands = _paper_bands(sample_rate) if bands is None else tuple(bands)
        super().__init__(
            sample_rate, len(bands), window_s=window_s, hop_s=hop_s, floor=floor, algorithm=algorithm
        )
        for low, high in bands:
            scales.check_range(low, high, sample_rate)
        self.fir_type, self.kernel_size, self.bands = fir_type, kernel_size, bands
        low, high = torch.tensor(bands, dtype=torch.float64).T
        taps = band_pass(
            low, high, kernel_size=kernel_size, sample_rate=sample_rate, antisymmetric=fir_type in (3, 4)
        )
        n_free = kernel_size // 2 + (fir_type == 1)
        self.free_taps = nn.Parameter(taps[:, :n_free].float(), requires_grad=learnable)

    def kernel(self) -> Float[Tensor, "filters taps"]:
        """The free half of the taps and its mirror image."""
        mirrored = self.free_taps.flip(-1)
        if self.fir_type == 1:
            parts = [self.free_taps, mirrored[:, 1:]]  # the middle tap once
        elif self.fir_type == 2:
            parts = [self.free_taps, mirrored]
        elif self.fir_type == 3:
            parts = [self.free_taps, torch.zeros_like(mirrored[:, :1]), -mirrored]
        else:
            parts = [self.free_taps, -mirrored]
        return torch.cat(parts, dim=-1)


def _paper_bands(sample_rate: float) -> tuple[tuple[float, float], ...]:
    if sample_rate / 2 <= _EDGES[-1]:
        raise ValueError(
            f"the paper's bands need a sample rate above 400 Hz, got {sample_rate:g}; give bands"
        )
    edges = (0.0, *_EDGES, sample_rate / 2)
    return tuple(pairwise(edges))
