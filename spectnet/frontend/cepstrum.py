"""Cepstral coefficients of any front-end: a cosine transform along the filters, and slopes over time.

Taught in *Spectrograms, mel and MFCC*.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


def cosine_transform(n_filters: int, n_coefficients: int) -> Float[Tensor, "coefficients filters"]:
    r"""The first rows of the orthonormal DCT-II, in float64.

    $$d_{q,f} = \sqrt{\frac{2 - \delta_{q0}}{F}}\, \cos\frac{\pi q (2f + 1)}{2F}$$

    Args:
        n_filters: $F$.
        n_coefficients: how many rows, from $q = 0$ on.

    Raises:
        ValueError: fewer than one coefficient, or more than filters.
    """
    if not 1 <= n_coefficients <= n_filters:
        raise ValueError(
            f"n_coefficients must lie between 1 and the number of filters, {n_filters}, got {n_coefficients}"
        )
    f = torch.arange(n_filters, dtype=torch.float64)
    q = torch.arange(n_coefficients, dtype=torch.float64)[:, None]
    rows = math.sqrt(2.0 / n_filters) * torch.cos(math.pi * q * (2.0 * f + 1.0) / (2.0 * n_filters))
    rows[0] /= math.sqrt(2.0)
    return rows


def slopes(
    spectrogram: Float[Tensor, "batch rows frames"], reach: int = 2
) -> Float[Tensor, "batch rows frames"]:
    r"""Slope over time of each row, a frame: that of the straight line through ``2 reach + 1`` frames.

    $$\Delta_i = \frac{\sum_{k=1}^{N} k\, (c_{i+k} - c_{i-k})}{2 \sum_{k=1}^{N} k^2}$$

    The first and the last frame stand for those beyond the ends.

    Args:
        spectrogram: ``(batch, rows, frames)``.
        reach: $N$, how many frames to either side.

    Raises:
        ValueError: a reach of no frame.

    Furui (1986); the formula and N = 2 as in HTK.
    """
    if reach < 1:
        raise ValueError(f"reach must be at least 1 frame, got {reach}")
    rows = spectrogram.shape[1]
    k = torch.arange(-reach, reach + 1, dtype=spectrogram.dtype, device=spectrogram.device)
    weights = (k / k.square().sum()).expand(rows, 1, -1)
    padded = functional.pad(spectrogram, (reach, reach), mode="replicate")
    return functional.conv1d(padded, weights, groups=rows)


class Cepstrum(nn.Module):
    """A front-end's spectrogram in cosines: coefficient 0 is the level, 1 the tilt, and on to finer ripples.

    Behind a `GammatoneSpectrogram` these are gammatone cepstral coefficients, and its filters learn through
    them.

    Args:
        frontend: whose log energies are transformed; any of `spectnet.frontend`.
        n_coefficients: how many are kept, from number 0 on.
        deltas: 0 for the coefficients alone, 1 with their slopes over time behind them, 2 with the slopes'
            slopes too.
        reach: frames to either side of a slope.

    Shape:
        waveform ``(batch, time)`` to ``(batch, n_filters, frames)``, where `n_filters` is the number of rows,
        ``(1 + deltas) n_coefficients``. They are no frequencies: `center_frequencies` is None.

    Raises:
        ValueError: fewer than one coefficient or more than filters, deltas that are not 0, 1 or 2.

    Example:
        >>> from spectnet.frontend import GammatoneSpectrogram
        >>> layer = Cepstrum(GammatoneSpectrogram(1000, 16), n_coefficients=13, deltas=2)
        >>> layer(torch.zeros(1, 2500)).shape
        torch.Size([1, 39, 248])

    Davis and Mermelstein (1980); with gammatones, Valero and Alias (2012).
    """

    def __init__(self, frontend: Any, n_coefficients: int = 13, deltas: int = 0, reach: int = 2) -> None:
        super().__init__()
        if deltas not in (0, 1, 2):
            raise ValueError(f"deltas must be 0, 1 or 2, got {deltas}")
        if reach < 1:
            raise ValueError(f"reach must be at least 1 frame, got {reach}")
        cosines = cosine_transform(frontend.n_filters, n_coefficients)
        self.frontend, self.n_coefficients, self.deltas, self.reach = frontend, n_coefficients, deltas, reach
        self.n_filters = (1 + deltas) * n_coefficients
        self.sample_rate = frontend.sample_rate
        self.window_length, self.hop_length = frontend.window_length, frontend.hop_length
        self.register_buffer("cosines", cosines, persistent=False)

    @property
    def center_frequencies(self) -> None:
        """None: a coefficient is no frequency."""
        return None

    @property
    def bandwidths(self) -> None:
        """None: a coefficient has no band."""
        return None

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch rows frames"]:
        """Coefficients of each frame, then their slopes, if asked for."""
        with torch.autocast(waveform.device.type, enabled=False):
            spectrogram = self.frontend(waveform)
            rows = [self.cosines.to(spectrogram.dtype) @ spectrogram]
            for _ in range(self.deltas):
                rows.append(slopes(rows[-1], self.reach))
            return torch.cat(rows, dim=1)

    def parameter_groups(self, learning_rate: float, **settings: Any) -> list[dict[str, Any]]:
        """The front-end's."""
        return self.frontend.parameter_groups(learning_rate, **settings)
