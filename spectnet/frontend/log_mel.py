"""The log-mel spectrogram, by torchaudio: what one takes where nothing is to be learned."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import scales
from spectnet._torchaudio import torchaudio
from spectnet.frontend import arguments

# What torchaudio and librosa call the scales, and how each weighs its triangles unless told otherwise.
_MEL_SCALES = {"mel": "htk", "slaney": "slaney"}
_NORMS = {"mel": None, "slaney": "slaney"}


class LogMel(nn.Module):
    r"""Log energy of triangular mel filters over the short-time Fourier transform. Nothing learns.

    $$S_{f,i} = \ln\Big(\epsilon + \sum_{k} m_{f,k} \Big| \sum_{n=0}^{W-1} w_n\, x_{iH + n}\,
      e^{-2\pi j k n/N} \Big|^2\Big)$$

    with a Hann window $w$. Which mel is meant goes by name: ``"mel"`` is HTK's, its triangles one high
    (torchaudio's default); ``"slaney"`` is Slaney's, its triangles of equal area (librosa's default). The
    energy is the power spectrum, not divided by anything, as in both libraries: against the mean energy of
    our other front-ends it is off by a constant.

    Args:
        sample_rate: in Hz.
        n_filters: how many filters.
        f_min: lower edge of the lowest triangle in Hz.
        f_max: upper edge of the highest in Hz; by default 0.4 of the sample rate.
        scale: ``"mel"`` or ``"slaney"``.
        n_fft: $N$, points of the Fourier transform, at least the window's; by default the smallest power of
            two from 512 on that holds the window and leaves no filter without a point.
        window_s: length $W$ of the window in seconds.
        hop_s: from one window to the next, $H$, in seconds.
        floor: $\epsilon$, the energy that silence is drawn with.

    Shape:
        waveform ``(batch, time)`` to spectrogram ``(batch, n_filters, frames)``. Frame i sees samples ``i
        hop_length`` to ``i hop_length + window_length - 1`` and no others, however large `n_fft` is. The
        libraries centre the window in `n_fft` samples, and by default the frame on a multiple of the hop.

    Raises:
        ValueError: a range upside down or above Nyquist, no filters, an impossible window, hop or floor,
            another scale, an `n_fft` that is shorter than the window or so small that a filter stays empty;
            in use, a waveform shorter than one window.

    Example:
        >>> layer = LogMel(1000, n_filters=16, f_min=25, f_max=400)
        >>> layer(torch.zeros(1, 2500)).shape
        torch.Size([1, 16, 248])

    Davis and Mermelstein (1980), before the cosine transform.
    """

    def __init__(
        self,
        sample_rate: float,
        n_filters: int = 16,
        f_min: float = 25.0,
        f_max: float | None = None,
        scale: str = "mel",
        n_fft: int | None = None,
        window_s: float = 0.025,
        hop_s: float = 0.010,
        floor: float = 1e-6,
    ) -> None:
        super().__init__()
        arguments.check_choice("scale", scale, tuple(_MEL_SCALES))
        arguments.check_floor(floor)
        self.f_min, self.f_max = arguments.frequency_range(sample_rate, f_min, f_max)
        self.sample_rate, self.n_filters, self.scale, self.floor = sample_rate, n_filters, scale, floor
        self.window_length = arguments.samples_in("window_s", window_s, sample_rate)
        self.hop_length = arguments.samples_in("hop_s", hop_s, sample_rate)
        self._frequencies = scales.spaced_frequencies(n_filters, self.f_min, self.f_max, scale)
        triangles = self._triangles(n_fft)
        self.n_fft = 2 * (triangles.shape[0] - 1)
        self.register_buffer("window", torch.hann_window(self.window_length), persistent=False)
        self.register_buffer("triangles", triangles, persistent=False)

    def _triangles(self, n_fft: int | None) -> Float[Tensor, "bins filters"]:
        """torchaudio's filters; for `n_fft` None, over as many points as they need."""
        points = _power_of_two(max(512, self.window_length)) if n_fft is None else n_fft
        if points < self.window_length or points % 2:
            raise ValueError(
                f"n_fft must be even and at least the window's {self.window_length} samples, got {points}"
            )
        while True:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # torchaudio's about empty filters, which are dealt with here
                triangles = torchaudio.functional.melscale_fbanks(
                    points // 2 + 1,
                    self.f_min,
                    self.f_max,
                    self.n_filters,
                    self.sample_rate,
                    _NORMS[self.scale],
                    _MEL_SCALES[self.scale],
                )
            if (triangles > 0).any(dim=0).all():
                return triangles
            if n_fft is not None:
                raise ValueError(
                    f"n_fft must leave no filter without a frequency, got {n_fft}; "
                    "give more points, or fewer filters"
                )
            points *= 2

    @property
    def center_frequencies(self) -> Float[Tensor, " filters"]:
        """Peaks of the triangles in Hz, float64."""
        return self._frequencies

    @property
    def bandwidths(self) -> None:
        """None: what the window smears is wider than a triangle."""
        return None

    def energy(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """Mel energies before the logarithm."""
        arguments.check_length(waveform, self.window_length)
        # torchaudio centres the window in n_fft samples. Silence around the waveform moves it to the front.
        before = (self.n_fft - self.window_length) // 2
        after = self.n_fft - self.window_length - before
        power = torchaudio.functional.spectrogram(
            nn.functional.pad(waveform, (before, after)),
            pad=0,
            window=self.window.to(waveform.dtype),
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            win_length=self.window_length,
            power=2.0,
            normalized=False,
            center=False,
        )  # (batch, bins, frames)
        return self.triangles.to(power.dtype).T @ power

    def parameter_groups(self, learning_rate: float, ratio: float = 1.0) -> list[dict[str, Any]]:
        """Nothing: no part of it learns."""
        return []

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """Draw the spectrogram; natural logarithm of the energy in each triangle."""
        # In full precision under autocast too: half a float has no room for 80 dB of energy.
        with torch.autocast(waveform.device.type, enabled=False):
            single = waveform.float() if waveform.dtype in (torch.float16, torch.bfloat16) else waveform
            return torch.log(self.energy(single) + self.floor)


def _power_of_two(at_least: int) -> int:
    return 1 << (at_least - 1).bit_length()
