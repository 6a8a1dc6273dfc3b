"""The Gabor front-end: a Gaussian in frequency, a Gaussian in time, energy normalised (LEAF)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from spectnet import scales
from spectnet.frontend import arguments
from spectnet.frontend.fir_spectrogram import FIRSpectrogram
from spectnet.frontend.pcen import PCEN

POOLINGS = ("gaussian", "mean")
COMPRESSIONS = ("pcen", "log")

# A Gaussian of standard deviation s samples in time is half as high in frequency over a width of this / s.
_HALF_HEIGHT = math.sqrt(2.0 * math.log(2.0)) / math.pi


def gabor_kernel(
    center: Float[Tensor, " filters"], deviation: Float[Tensor, " filters"], *, kernel_size: int
) -> tuple[Float[Tensor, "filters {kernel_size}"], Float[Tensor, "filters {kernel_size}"]]:
    r"""Real and imaginary part of complex Gabor filters with unit gain at their centres.

    $$h(k) = \frac{1}{\sqrt{2\pi}\,\sigma}\, e^{-k^2 / 2\sigma^2}\, e^{j \eta k},
      \qquad |k| \le \frac{K - 1}{2}$$

    Args:
        center: $\eta$, centre frequencies in radians a sample.
        deviation: $\sigma$, standard deviations in samples, the inverse of bandwidths.
        kernel_size: $K$ in samples, odd.

    Raises:
        ValueError: a kernel size that is not odd.

    Zeghidour et al. (2021).
    """
    arguments.check_odd(kernel_size)
    half = kernel_size // 2
    k = torch.arange(-half, half + 1, dtype=torch.float64, device=center.device)
    center, deviation = center.double()[:, None], deviation.double()[:, None]
    envelope = torch.exp(-0.5 * (k / deviation).square()) / (math.sqrt(2.0 * math.pi) * deviation)
    return envelope * torch.cos(center * k), envelope * torch.sin(center * k)


class GaussianPooling(nn.Module):
    r"""Average over windows that fade towards both ends, by how much each filter learns.

    $$w(k) \propto \exp\!\left(-\frac12 \left(\frac{k - (W - 1)/2}{\sigma\, (W - 1)/2}\right)^{\!2}\right),
      \qquad \frac{2}{W} \le \sigma \le \frac12$$

    Args:
        n_filters: how many.
        window_length: $W$ in samples, at least 4.
        hop_length: in samples.
        deviation: initial $\sigma$, in half windows.
        learnable: whether it learns.

    Shape:
        ``(batch, n_filters, time)`` to ``(batch, n_filters, frames)``.

    Raises:
        ValueError: a window of fewer than 4 samples, in which no such Gaussian fits.

    Zeghidour et al. (2021). Their weights add up to about 200 at 16 kHz; ours to one, so that
    the result is a mean energy.
    """

    def __init__(
        self,
        n_filters: int,
        window_length: int,
        hop_length: int,
        deviation: float = 0.4,
        learnable: bool = True,
    ) -> None:
        super().__init__()
        if window_length < 4:
            raise ValueError(f"window_length must be at least 4 samples, got {window_length}")
        self.window_length, self.hop_length = window_length, hop_length
        low, high = self._range()
        start = torch.full((n_filters,), min(max(deviation, low), high))
        self.deviation = nn.Parameter(start, requires_grad=learnable)

    def _range(self) -> tuple[float, float]:
        return 2.0 / self.window_length, 0.5

    def weights(self) -> Float[Tensor, "filters window"]:
        """Current windows, float64; each adds up to one."""
        middle = (self.window_length - 1) / 2
        k = torch.arange(self.window_length, dtype=torch.float64, device=self.deviation.device) - middle
        deviation = self.deviation.double().clamp(*self._range())[:, None] * middle
        window = torch.exp(-0.5 * (k / deviation).square())
        return window / window.sum(-1, keepdim=True)

    def forward(self, power: Float[Tensor, "batch filters time"]) -> Float[Tensor, "batch filters frames"]:
        """Weighted mean over each window."""
        weights = self.weights().to(power.dtype)[:, None]
        return functional.conv1d(power, weights, stride=self.hop_length, groups=len(weights))


class GaborSpectrogram(FIRSpectrogram):
    r"""LEAF: complex Gabor filters, squared modulus, Gaussian pooling, PCEN; all of them learn.

    The parameters are LEAF's, raw: a centre frequency in radians a sample, clipped to $0$ to $\pi$, and an
    inverse bandwidth $\sigma$ in samples, clipped to $4c$ to $Kc$ with $c = \sqrt{2 \ln 2}/\pi$ and $K$ the
    kernel's size. With ``pooling="mean"`` and ``compression="log"`` nothing but the filters differs from the
    other front-ends. The filters are centred: they look `look_ahead` samples into the future.

    A complex filter passes only a tone's positive half: the modulus of a unit sine is 1/2 and its energy 1/4,
    half of what a real filter of unit gain gives.

    Args:
        sample_rate: in Hz.
        n_filters: how many filters.
        f_min: lower edge of the range in Hz.
        f_max: upper edge in Hz; by default 0.4 of the sample rate.
        scale: ``"mel"``, ``"slaney"``, ``"erb"`` or ``"linear"``: how the initial filters are spaced;
            neighbours meet at half their height.
        kernel_size: taps of each filter, odd. 401 as published, 25 ms at 16 kHz.
        pooling: ``"gaussian"``, as published, or ``"mean"``.
        compression: ``"pcen"``, as published, or ``"log"``.
        learnable: whether filters, pooling and compression learn.
        window_s: length of the energy window in seconds.
        hop_s: from one window to the next, in seconds.
        floor: the energy that silence is drawn with; not used by PCEN, which has its own.
        algorithm: how `filterbank.filter_waveform` filters.

    Shape:
        waveform ``(batch, time)`` to spectrogram ``(batch, n_filters, frames)``, framed as by
        `FIRSpectrogram`.

    Raises:
        ValueError: as `FIRSpectrogram`; a range upside down or above Nyquist, an unknown scale, pooling or
            compression, a kernel size that is not odd, a window too short for a Gaussian.

    Example:
        >>> layer = GaborSpectrogram(1000, n_filters=16, f_min=25, f_max=400, compression="log")
        >>> layer(torch.zeros(1, 2500)).shape
        torch.Size([1, 16, 248])

    Zeghidour et al. (2021). They pad the waveform so that a frame is centred on a multiple of the hop.
    """

    def __init__(
        self,
        sample_rate: float,
        n_filters: int = 16,
        f_min: float = 25.0,
        f_max: float | None = None,
        scale: str = "mel",
        kernel_size: int = 401,
        pooling: str = "gaussian",
        compression: str = "pcen",
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
        arguments.check_choice("pooling", pooling, POOLINGS)
        arguments.check_choice("compression", compression, COMPRESSIONS)
        f_min, f_max = arguments.frequency_range(sample_rate, f_min, f_max)
        self.kernel_size = kernel_size
        frequencies = scales.spaced_frequencies(n_filters, f_min, f_max, scale)
        widths = scales.band_edges(n_filters, f_min, f_max, scale).diff()
        # A hair inside the range: on its edge, rounding to float32 could put a filter where nothing moves it.
        low, high = self._deviation_range()
        deviations = (_HALF_HEIGHT * sample_rate / widths).clamp(low * 1.001, high * 0.999)
        self.center = nn.Parameter((2 * math.pi * frequencies / sample_rate).float(), requires_grad=learnable)
        self.deviation = nn.Parameter(deviations.float(), requires_grad=learnable)
        self.pooling = (
            GaussianPooling(n_filters, self.window_length, self.hop_length, learnable=learnable)
            if pooling == "gaussian"
            else None
        )
        self.compression = PCEN(n_filters, learnable=learnable) if compression == "pcen" else None

    def _deviation_range(self) -> tuple[float, float]:
        return 4.0 * _HALF_HEIGHT, self.kernel_size * _HALF_HEIGHT

    def _held(self) -> tuple[Float[Tensor, " filters"], Float[Tensor, " filters"]]:
        """Centre and deviation, clipped, float64."""
        return self.center.double().clamp(0.0, math.pi), self.deviation.double().clamp(
            *self._deviation_range()
        )

    @property
    def center_frequencies(self) -> Float[Tensor, " filters"]:
        """Current centre frequencies in Hz, float64, differentiable."""
        return self._held()[0] * self.sample_rate / (2 * math.pi)

    @property
    def bandwidths(self) -> Float[Tensor, " filters"]:
        """Current widths at half the peak's amplitude in Hz, float64, differentiable."""
        return _HALF_HEIGHT * self.sample_rate / self._held()[1]

    def kernel(self) -> Float[Tensor, "filters taps"]:
        """Real parts of the filters, whose output `filter` gives."""
        return gabor_kernel(*self._held(), kernel_size=self.kernel_size)[0]

    def power(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters time"]:
        """Squared modulus of each complex filter's output."""
        both = torch.cat(gabor_kernel(*self._held(), kernel_size=self.kernel_size))  # (2 filters, taps)
        real, imaginary = self._convolve(waveform, both).chunk(2, dim=1)
        return real.square() + imaginary.square()

    def pool(self, power: Float[Tensor, "batch filters time"]) -> Float[Tensor, "batch filters frames"]:
        """Mean over each window, weighted by a Gaussian unless told otherwise."""
        return super().pool(power) if self.pooling is None else self.pooling(power)

    def compress(
        self, energy: Float[Tensor, "batch filters frames"]
    ) -> Float[Tensor, "batch filters frames"]:
        """PCEN unless told otherwise."""
        return super().compress(energy) if self.compression is None else self.compression(energy)
