"""The free twin: gammatones as initial values, and every tap free from then on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import gammatone, scales
from spectnet.frontend import arguments
from spectnet.frontend.fir_spectrogram import FIRSpectrogram
from spectnet.frontend.gammatone_spectrogram import GammatoneSpectrogram

# Where a gammatone's envelope has fallen by 60 dB its free twin's taps end.
_TAIL = 1e-3


class FreeFIRSpectrogram(FIRSpectrogram):
    """Log energy of a bank of filters whose every tap learns.

    It starts as a gammatone filterbank and then need not stay one: what it learns more, or forgets, shows
    what the gammatone's shape is worth. It has no centre frequencies, so `center_frequencies` is None.

    Args:
        sample_rate: in Hz.
        n_filters: how many filters.
        order: of the initial gammatones, 1 to 8; one for all, or one a filter.
        f_min: lower edge of the range in Hz.
        f_max: upper edge in Hz; by default 0.4 of the sample rate.
        scale: ``"mel"``, ``"slaney"``, ``"erb"`` or ``"linear"``: how the initial filters are spaced.
        kernel_size: taps of each filter; by default until the longest gammatone has fallen by 60 dB.
        learnable: whether the taps learn.
        window_s: length of the energy window in seconds.
        hop_s: from one window to the next, in seconds.
        floor: the energy that silence is drawn with.
        algorithm: how `filterbank.filter_waveform` filters.

    Shape:
        waveform ``(batch, time)`` to spectrogram ``(batch, n_filters, frames)``, framed as by
        `FIRSpectrogram`; causal.

    Raises:
        ValueError: as `FIRSpectrogram`; a range upside down or above Nyquist, an impossible order, an unknown
            scale, a kernel shorter than one tap.

    Example:
        >>> twin = FreeFIRSpectrogram(1000, n_filters=16, f_min=25, f_max=400, kernel_size=81)
        >>> twin.taps.shape
        torch.Size([16, 81])

    The twin of Ansari and Hasan (2022).
    """

    def __init__(
        self,
        sample_rate: float,
        n_filters: int = 16,
        order: int | Sequence[int] = 4,
        f_min: float = 25.0,
        f_max: float | None = None,
        scale: str = "mel",
        kernel_size: int | None = None,
        learnable: bool = True,
        window_s: float = 0.025,
        hop_s: float = 0.010,
        floor: float = 1e-6,
        algorithm: str = "auto",
    ) -> None:
        super().__init__(
            sample_rate, n_filters, window_s=window_s, hop_s=hop_s, floor=floor, algorithm=algorithm
        )
        f_min, f_max = arguments.frequency_range(sample_rate, f_min, f_max)
        bandwidths = gammatone.bandwidth_from_spacing(n_filters, f_min, f_max, scale, order)
        taps = gammatone.impulse_response(
            scales.spaced_frequencies(n_filters, f_min, f_max, scale),
            bandwidths,
            kernel_size=_until_silent(bandwidths, sample_rate, order) if kernel_size is None else kernel_size,
            sample_rate=sample_rate,
            order=order,
        )
        self.taps = nn.Parameter(taps.float(), requires_grad=learnable)

    @classmethod
    def twin_of(cls, layer: GammatoneSpectrogram, kernel_size: int | None = None) -> FreeFIRSpectrogram:
        """The free twin of a gammatone layer as it stands: its filters and gains, windows and floor.

        Whatever the layer's compression is, the twin's is the logarithm.

        Args:
            layer: whose filters are the initial values.
            kernel_size: taps of each filter; by default until the longest gammatone has fallen by 60 dB.
        """
        frequencies, bandwidths = layer.center_frequencies.detach(), layer.bandwidths.detach()
        taps = gammatone.impulse_response(
            frequencies,
            bandwidths,
            kernel_size=kernel_size or _until_silent(bandwidths, layer.sample_rate, layer.order),
            sample_rate=layer.sample_rate,
            order=layer.order,
        )
        twin = cls(layer.sample_rate, layer.n_filters, kernel_size=taps.shape[-1], floor=layer.floor)
        twin.window_length, twin.hop_length = layer.window_length, layer.hop_length
        with torch.no_grad():
            twin.taps.copy_(layer.gains[:, None] * taps)
        return twin

    def kernel(self) -> Float[Tensor, "filters taps"]:
        """The taps as they stand."""
        return self.taps


def _until_silent(
    bandwidths: Float[Tensor, " filters"], sample_rate: float, order: int | Sequence[int]
) -> int:
    return gammatone.effective_length(bandwidths, sample_rate=sample_rate, order=order, tolerance=_TAIL)
