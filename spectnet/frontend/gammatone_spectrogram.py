"""A spectrogram drawn by gammatone filters that can learn."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import filterbank, gammatone
from spectnet.frontend import arguments
from spectnet.frontend.as_in_paper import PaperSpectrogram
from spectnet.frontend.compression import OverTime, make_compression
from spectnet.frontend.gammatone_bank import GammatoneBank
from spectnet.frontend.stream import SpectrogramStream

# An exported kernel is longer than its filters needed when they were last measured.
_EXPORT_MARGIN = 1.25


class GammatoneSpectrogram(GammatoneBank):
    r"""Log energy of a gammatone filterbank's output, with filters that can learn.

    $$S_{f,i} = \ln\Big(\epsilon + \frac{1}{W} \sum_{k=0}^{W-1} (g_f * x)_{iH + k}^2\Big)$$

    Centre frequencies are held on the chosen scale and bandwidths as logarithms, so that a step
    means the same at 30 Hz and at 8 kHz; both stay inside their ranges by construction, and filters
    may pass one another. `parameter_groups` gives an optimiser the rate that suits them.

    Args:
        sample_rate: in Hz.
        n_filters: how many filters; by default 16, or as many as `center_frequencies`.
        order: of the gammatones, 1 to 8; for all filters, or one for each.
        f_min: lower edge of the range in Hz; by default 25 Hz, or 1/40 of the sample rate if that is less.
        f_max: upper edge in Hz; by default 0.4 of the sample rate.
        scale: ``"mel"`` (HTK's), ``"slaney"``, ``"erb"`` or ``"linear"``: how the initial filters are
            spaced, and on which scale they move.
        bandwidth_rule: ``"spacing"`` (neighbours meet at -3 dB), ``"erb"`` (as the ear), or b in Hz for all.
        learnable: True, False, or which of ``"center_frequencies"``, ``"bandwidths"``, ``"gains"`` and
            ``"compression"`` learn. True is all but the gains: a filter's stays one at its centre.
        window_s: length of the energy window in seconds.
        hop_s: from one window to the next, in seconds.
        floor: $\epsilon$, the energy that silence is drawn with, for ``"log"`` and ``"power"``.
        algorithm: how `filterbank.energy` filters.
        tolerance: where `filterbank.energy` cuts the kernels.
        center_frequencies: your own initial frequencies in Hz, in place of evenly spaced ones.
        parametrisation: ``"scale"``, or ``"hertz"`` for parameters in raw Hz, to compare.
        compression: ``"log"``, ``"power"`` (`PowerCompression`), ``"pcen"`` (`PCEN`), ``"none"``, or a
            module of your own that takes the energy and gives the same shape.
        normalisation: over each clip: ``"none"``, ``"mean"`` or ``"standard"`` (`OverTime`).

    Shape:
        waveform ``(batch, time)`` to spectrogram ``(batch, n_filters, frames)``. Frame i averages
        samples ``i hop_length`` to ``i hop_length + window_length - 1`` of the causal output. The
        spectrogram has the waveform's precision, and is computed in float32 or better, under autocast
        too. A NaN makes NaN of the frames that hear it, and perhaps of others of its clip, but of no
        other clip's.

    Raises:
        ValueError: a range upside down or above Nyquist, no filters, an impossible order, window, hop or
            floor, an unknown scale, rule, algorithm, compression or normalisation, a misspelt
            `learnable`, frequencies outside the range; in use, a waveform shorter than one window.

    Example:
        >>> layer = GammatoneSpectrogram(1000, n_filters=16, f_min=25, f_max=400)
        >>> layer(torch.zeros(1, 2500)).shape
        torch.Size([1, 16, 248])

    To export it to ONNX call ``eval()`` first, as for any model: that notes how long a kernel must be.

    The layer of Ansari and Hasan (2022), with their faults mended; taught in *A spectrogram that learns*.
    """

    def __init__(
        self,
        sample_rate: float,
        n_filters: int | None = None,
        order: int | Sequence[int] = 4,
        f_min: float | None = None,
        f_max: float | None = None,
        scale: str = "mel",
        bandwidth_rule: str | float = "spacing",
        learnable: bool | Iterable[str] = True,
        window_s: float = 0.025,
        hop_s: float = 0.010,
        floor: float = 1e-6,
        algorithm: str = "auto",
        tolerance: float = 1e-8,
        *,
        center_frequencies: Sequence[float] | None = None,
        parametrisation: str = "scale",
        compression: str | nn.Module = "log",
        normalisation: str = "none",
    ) -> None:
        super().__init__(
            sample_rate,
            n_filters=n_filters,
            order=order,
            f_min=f_min,
            f_max=f_max,
            scale=scale,
            center_frequencies=center_frequencies,
            bandwidth_rule=bandwidth_rule,
            learnable=learnable,
            parametrisation=parametrisation,
        )
        filterbank.check_algorithm(algorithm)
        arguments.check_floor(floor)
        if not 0 <= tolerance < 1:
            raise ValueError(f"tolerance must be at least 0 and less than 1, got {tolerance:g}")
        self.window_length = arguments.samples_in("window_s", window_s, sample_rate)
        self.hop_length = arguments.samples_in("hop_s", hop_s, sample_rate)
        self.floor, self.algorithm, self.tolerance = floor, algorithm, tolerance
        if isinstance(compression, str):
            learning = "compression" in self.learnable
            compression = make_compression(compression, self.n_filters, floor, learnable=learning)
        self.compression, self.over_time = compression, OverTime(normalisation)
        self.register_load_state_dict_post_hook(_measure_again)
        self._longest_taps = self._taps(torch.full((self.n_filters,), self.narrowest, dtype=torch.float64))
        self._measure()

    @classmethod
    def as_in_paper(cls, sample_rate: float = 1000.0, n_filters: int = 16) -> PaperSpectrogram:
        """The layer as it was published, faults and all, to compare with: see `PaperSpectrogram`."""
        return PaperSpectrogram(sample_rate, n_filters)

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """Draw the spectrogram; unless another compression was asked for, logarithms of mean energies."""
        exporting = torch.compiler.is_exporting()
        if not (self.training or waveform.is_cuda or torch.compiler.is_compiling()):
            self._measure()
        with torch.autocast(waveform.device.type, enabled=False):
            energy = filterbank.energy(
                waveform,
                self.center_frequencies,
                self.bandwidths,
                order=self.order,
                window_length=self.window_length,
                hop_length=self.hop_length,
                sample_rate=self.sample_rate,
                algorithm="auto" if exporting else self.algorithm,
                tolerance=self._cut if exporting else self.tolerance,
                kernel_size=self._kernel_size(waveform),
            )
            if "gains" in self.learnable:
                energy = energy * self.gains.square().to(energy.dtype)[:, None]
            return self.over_time(self.compression(energy)).to(waveform.dtype)

    def stream(self) -> SpectrogramStream:
        """Draw the same frames from a waveform that arrives in pieces: see `SpectrogramStream`."""
        return SpectrogramStream(self)

    def train(self, mode: bool = True) -> GammatoneSpectrogram:
        """As every module's; and note how long the filters ring, for an export."""
        self._measure()
        return super().train(mode)

    @property
    def _cut(self) -> float:
        """Where a kernel ends that must end somewhere."""
        return self.tolerance or 1e-12

    def _kernel_size(self, waveform: Float[Tensor, "batch time"]) -> int | None:
        """Taps of a kernel where no value may be looked at; None where the bandwidths say it."""
        if torch.compiler.is_exporting():
            return self._export_taps
        # What is compiled now must hold for whatever the filters learn.
        return min(self._longest_taps, waveform.shape[-1]) if torch.compiler.is_compiling() else None

    @torch.no_grad()
    def _measure(self) -> None:
        """Note a kernel's length as a plain number, since an export cannot look at the bandwidths."""
        self._export_taps = math.ceil(_EXPORT_MARGIN * self._taps(self.bandwidths))

    def _taps(self, bandwidths: Float[Tensor, " filters"]) -> int:
        return gammatone.effective_length(
            bandwidths, sample_rate=self.sample_rate, order=self.order, tolerance=self._cut
        )


def _measure_again(layer: GammatoneSpectrogram, _: object) -> None:
    """After other weights were loaded; a function of the module, so that the layer can be pickled."""
    layer._measure()
