"""The learnable layer as it was published, faults and all."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from spectnet import scales
from spectnet.frontend import arguments

_ORDER, _BANDWIDTH, _AMPLITUDE, _FLOOR = 4, 100.0, 1e4, 1e-16
_KERNEL_S, _WINDOW_S, _HOP_S = 0.080, 0.025, 0.010


class PaperSpectrogram(nn.Module):
    r"""The layer of Ansari and Hasan (2022), to compare with `GammatoneSpectrogram`.

    $$g(t) = a\, t^{3}\, e^{-2\pi b t} \cos(2\pi f t), \qquad
      S = \ln\big(\mathrm{conv}(y^2) + 10^{-16}\big)$$

    Taps at 0 to 80 ms; centre frequencies at equal steps of mel from 0 Hz to Nyquist, both included; b = 100
    Hz and a = 10 000 for all. All three are trained, raw. Windows of 25 ms are summed by a dense convolution
    over all filters that starts as the identity, and is trained too.

    What goes wrong with it, each held by a test:

    - The filters at 0 Hz and at Nyquist have no gradient to their frequency, and stay.
    - A step of the published optimiser moves a frequency by millionths of itself.
    - At low frequencies the filters are three times wider than their distance: neighbours hear the same.
    - The kernel is correlated with the waveform: reversed in time, it hears a sound before it starts.
    - A tone at a filter's centre comes out 5000 times too soft (gain 1.9e-4), at both ends 2500 times.
    - The floor lies far below any sound, but zeros reach it: padding is drawn 20 below full-scale noise (ours
      about 11) and rules the picture's range.
    - In float16, under autocast too, the squares underflow and with them the floor: half of a full-scale
      noise is drawn as minus infinity.
    - The trained pooling mixes the filters from the first step on: what a row shows is no longer its band.
      A sum with a negative weight may be negative, and its logarithm NaN.

    Args:
        sample_rate: in Hz; it was 1000.
        n_filters: how many; 16 in the headline, 64 before.
        pooling_learnable: whether the pooling is trained, as in most of the published runs.

    Shape:
        waveform ``(batch, time)`` to ``(batch, n_filters, frames)``. Frame i adds up samples
        ``i hop_length`` to ``i hop_length + window_length - 1`` of the outputs; an output has heard the
        80 ms that follow.

    Raises:
        ValueError: fewer than two filters, a rate at which a hop is no sample; in use, a waveform shorter
            than a kernel and a window.

    Example:
        >>> PaperSpectrogram()(torch.randn(1, 2500)).shape
        torch.Size([1, 16, 240])
    """

    def __init__(
        self, sample_rate: float = 1000.0, n_filters: int = 16, pooling_learnable: bool = True
    ) -> None:
        super().__init__()
        if n_filters < 2:
            raise ValueError(f"n_filters must be at least 2, one at each end of the range, got {n_filters}")
        self.sample_rate, self.n_filters = sample_rate, n_filters
        self.window_length = arguments.samples_in("window", _WINDOW_S, sample_rate)
        self.hop_length = arguments.samples_in("hop", _HOP_S, sample_rate)
        self.kernel_size = arguments.samples_in("kernel", _KERNEL_S, sample_rate) + 1
        mel = torch.linspace(0.0, scales.hz_to_mel(sample_rate / 2).item(), n_filters, dtype=torch.float64)
        self.center_frequency = nn.Parameter(scales.mel_to_hz(mel).float())
        self.bandwidth = nn.Parameter(torch.full((n_filters,), _BANDWIDTH))
        self.amplitude = nn.Parameter(torch.full((n_filters,), _AMPLITUDE))
        identity = torch.eye(n_filters)[..., None].repeat(1, 1, self.window_length)
        self.pooling = nn.Parameter(identity, requires_grad=pooling_learnable)

    @property
    def center_frequencies(self) -> Float[Tensor, " filters"]:
        """Current centre frequencies in Hz, float64, differentiable."""
        return self.center_frequency.double()

    @property
    def bandwidths(self) -> Float[Tensor, " filters"]:
        """Current bandwidths (the decay b) in Hz, float64, differentiable."""
        return self.bandwidth.double()

    def kernel(self) -> Float[Tensor, "filters taps"]:
        """The taps, one filter a row, first the one at t = 0."""
        taps = torch.arange(self.kernel_size, dtype=self.amplitude.dtype, device=self.amplitude.device)
        t = taps / self.sample_rate
        f, b, a = self.center_frequency[:, None], self.bandwidth[:, None], self.amplitude[:, None]
        return a * t ** (_ORDER - 1) * torch.exp(-2 * math.pi * b * t) * torch.cos(2 * math.pi * f * t)

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """Draw the spectrogram."""
        arguments.check_length(waveform, self.kernel_size + self.window_length - 1)
        output = functional.conv1d(waveform[:, None], self.kernel().to(waveform.dtype)[:, None])
        energy = functional.conv1d(output.square(), self.pooling.to(output.dtype), stride=self.hop_length)
        return torch.log(energy + _FLOOR)
