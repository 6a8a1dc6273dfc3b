"""The sinc front-end: ideal band-passes whose two edges learn (SincNet)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import scales
from spectnet.frontend import arguments
from spectnet.frontend.fir_spectrogram import FIRSpectrogram
from spectnet.frontend.windowed_sinc import band_pass


def sinc_kernel(
    low: Float[Tensor, " filters"], high: Float[Tensor, " filters"], *, kernel_size: int, sample_rate: float
) -> Float[Tensor, "filters {kernel_size}"]:
    r"""Band-passes from `low` to `high` with unit gain in the middle of the band, at $(f_l + f_h)/2$.

    Args:
        low: lower edges in Hz.
        high: upper edges in Hz.
        kernel_size: in samples, odd.
        sample_rate: in Hz.

    Raises:
        ValueError: a kernel size that is not odd.

    Ravanelli and Bengio (2018). The scale is ours; theirs has one at the middle tap, and so
    a gain that falls as a band grows.
    """
    arguments.check_odd(kernel_size)
    kernel = band_pass(low, high, kernel_size=kernel_size, sample_rate=sample_rate)
    half = kernel_size // 2
    k = torch.arange(-half, half + 1, dtype=torch.float64, device=low.device)
    # The response of a symmetric kernel is real: a sum of cosines.
    middle = torch.cos(math.pi * (low + high).double()[:, None] / sample_rate * k)
    return kernel / (kernel * middle).sum(-1, keepdim=True)


class SincSpectrogram(FIRSpectrogram):
    r"""Log energy of band-passes whose lower edge and width learn.

    The parameters are SincNet's: $f_l = f_{\min} + |\theta_1|$ and $f_h = f_l + b_{\min} + |\theta_2|$, no
    higher than Nyquist, with $\theta$ in Hz. The filters are those of `sinc_kernel`, and centred: their delay
    is taken away, so that they look `look_ahead` samples into the future.

    Args:
        sample_rate: in Hz.
        n_filters: how many filters.
        f_min: lower edge of the range in Hz, and the lowest that a filter may reach.
        f_max: upper edge in Hz at the start; by default 0.4 of the sample rate.
        scale: ``"mel"``, ``"slaney"``, ``"erb"`` or ``"linear"``: how the initial bands are spaced; they
            touch.
        kernel_size: taps of each filter, odd. 251 as published, which resolves about 3.3/251 of the sample
            rate.
        min_bandwidth: $b_{\min}$, below which no band can shrink, in Hz.
        learnable: whether the edges learn.
        window_s: length of the energy window in seconds.
        hop_s: from one window to the next, in seconds.
        floor: the energy that silence is drawn with.
        algorithm: how `filterbank.filter_waveform` filters.

    Shape:
        waveform ``(batch, time)`` to spectrogram ``(batch, n_filters, frames)``, framed as by
        `FIRSpectrogram`.

    Raises:
        ValueError: as `FIRSpectrogram`; a range upside down or above Nyquist, an unknown scale, a kernel size
            that is not odd, a `min_bandwidth` that is not positive or wider than an initial band.

    Example:
        >>> layer = SincSpectrogram(1000, n_filters=16, f_min=25, f_max=400)
        >>> layer(torch.zeros(1, 2500)).shape
        torch.Size([1, 16, 248])

    Filters of Ravanelli and Bengio (2018); energy and logarithm are those of our other front-ends, where they
    go on with max pooling and layer norm.
    """

    def __init__(
        self,
        sample_rate: float,
        n_filters: int = 16,
        f_min: float = 25.0,
        f_max: float | None = None,
        scale: str = "mel",
        kernel_size: int = 251,
        min_bandwidth: float = 1.0,
        learnable: bool = True,
        window_s: float = 0.025,
        hop_s: float = 0.010,
        floor: float = 1e-6,
        algorithm: str = "auto",
    ) -> None:
        arguments.check_odd(kernel_size)
        super().__init__(
            sample_rate,
            n_filters,
            look_ahead=kernel_size // 2,
            window_s=window_s,
            hop_s=hop_s,
            floor=floor,
            algorithm=algorithm,
        )
        self.f_min, f_max = arguments.frequency_range(sample_rate, f_min, f_max)
        self.kernel_size, self.min_bandwidth = kernel_size, float(min_bandwidth)
        edges = scales.band_edges(n_filters, self.f_min, f_max, scale)
        if not 0 < min_bandwidth < edges.diff().min().item():
            raise ValueError(
                "min_bandwidth must lie between 0 and the narrowest initial band, "
                f"{edges.diff().min().item():.3g} Hz, got {min_bandwidth:g}"
            )
        low, width = edges[:-1] - self.f_min, edges.diff() - self.min_bandwidth
        self.low = nn.Parameter(low.float(), requires_grad=learnable)
        self.width = nn.Parameter(width.float(), requires_grad=learnable)

    @property
    def edges(self) -> tuple[Float[Tensor, " filters"], Float[Tensor, " filters"]]:
        """Current lower and upper edges in Hz, float64, differentiable."""
        nyquist = self.sample_rate / 2
        low = (self.f_min + self.low.double().abs()).clamp_max(nyquist - self.min_bandwidth)
        high = (low + self.min_bandwidth + self.width.double().abs()).clamp_max(nyquist)
        return low, high

    @property
    def center_frequencies(self) -> Float[Tensor, " filters"]:
        """Middle of each band in Hz, float64, differentiable."""
        low, high = self.edges
        return (low + high) / 2

    @property
    def bandwidths(self) -> Float[Tensor, " filters"]:
        """From edge to edge in Hz (the width at half the peak's amplitude), float64, differentiable."""
        low, high = self.edges
        return high - low

    def kernel(self) -> Float[Tensor, "filters taps"]:
        """Current band-passes, of unit gain in the middle of their bands."""
        low, high = self.edges
        return sinc_kernel(low, high, kernel_size=self.kernel_size, sample_rate=self.sample_rate)
