"""Mel-frequency cepstral coefficients, by torchaudio: a cosine transform of the log-mel spectrogram."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet._torchaudio import torchaudio
from spectnet.frontend.log_mel import LogMel


class MFCC(nn.Module):
    r"""The first coefficients of the orthonormal DCT-II along the filters of `LogMel`. Nothing learns.

    $$C_{q,i} = \sqrt{\frac{2}{F}}\,\gamma_q \sum_{f=0}^{F-1} S_{f,i} \cos\frac{\pi q (2f + 1)}{2F}, \qquad
      \gamma_0 = \tfrac{1}{\sqrt 2},\ \gamma_{q > 0} = 1$$

    Coefficient 0 is the overall level, 1 the tilt from low to high, and so on to finer and finer ripples.

    Args:
        sample_rate: in Hz.
        n_coefficients: how many are kept, from number 0 on.
        n_mels: $F$, how many mel filters.
        f_min: lower edge of the lowest triangle in Hz.
        f_max: upper edge of the highest in Hz; by default 0.4 of the sample rate.
        scale: ``"mel"`` or ``"slaney"``.
        n_fft: points of the Fourier transform, as for `LogMel`.
        window_s: length of the window in seconds.
        hop_s: from one window to the next, in seconds.
        floor: the energy that silence is drawn with, before the transform.

    Shape:
        waveform ``(batch, time)`` to ``(batch, n_coefficients, frames)``, framed as by `LogMel`. `n_filters`
        is the number of rows, `n_coefficients`; they are no frequencies, and `center_frequencies` is None.

    Raises:
        ValueError: fewer than one coefficient or more than filters, and as `LogMel`.

    Example:
        >>> layer = MFCC(16000, n_coefficients=13, n_mels=40)
        >>> layer(torch.zeros(1, 16000)).shape
        torch.Size([1, 13, 98])

    Davis and Mermelstein (1980).
    """

    def __init__(
        self,
        sample_rate: float,
        n_coefficients: int = 13,
        n_mels: int = 40,
        f_min: float = 25.0,
        f_max: float | None = None,
        scale: str = "mel",
        n_fft: int | None = None,
        window_s: float = 0.025,
        hop_s: float = 0.010,
        floor: float = 1e-6,
    ) -> None:
        super().__init__()
        if not 1 <= n_coefficients <= n_mels:
            raise ValueError(
                f"n_coefficients must lie between 1 and n_mels, here {n_mels}, got {n_coefficients}"
            )
        self.log_mel = LogMel(sample_rate, n_mels, f_min, f_max, scale, n_fft, window_s, hop_s, floor)
        self.sample_rate, self.n_filters, self.n_mels = sample_rate, n_coefficients, n_mels
        self.window_length, self.hop_length = self.log_mel.window_length, self.log_mel.hop_length
        cosines = torchaudio.functional.create_dct(n_coefficients, n_mels, norm="ortho")
        self.register_buffer("cosines", cosines, persistent=False)  # (mels, coefficients)

    @property
    def center_frequencies(self) -> None:
        """None: a coefficient is no frequency."""
        return None

    @property
    def bandwidths(self) -> None:
        """None: a coefficient has no band."""
        return None

    def parameter_groups(self, learning_rate: float, ratio: float = 1.0) -> list[dict[str, Any]]:
        """Nothing: no part of it learns."""
        return []

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch coefficients frames"]:
        """Coefficients of each frame."""
        with torch.autocast(waveform.device.type, enabled=False):
            spectrogram = self.log_mel(waveform)
            return self.cosines.to(spectrogram.dtype).T @ spectrogram
