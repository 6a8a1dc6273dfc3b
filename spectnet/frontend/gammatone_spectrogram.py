"""A spectrogram drawn by gammatone filters that can learn."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import filterbank, gammatone, scales
from spectnet.frontend.bounded import BoundedParameter

LEARNABLE = ("center_frequencies", "bandwidths")


class GammatoneSpectrogram(nn.Module):
    r"""Log energy of a gammatone filterbank's output, with filters that can learn.

    $$S_{f,i} = \ln\Big(\epsilon + \frac{1}{W} \sum_{k=0}^{W-1} (g_f * x)_{iH + k}^2\Big)$$

    Centre frequencies are held on the chosen scale and bandwidths as logarithms, so that a step
    means the same at 30 Hz and at 8 kHz; both stay inside their ranges by construction.

    Args:
        sample_rate: in Hz.
        n_filters: how many filters.
        order: of the gammatones, 1 to 8.
        f_min: lower edge of the range in Hz.
        f_max: upper edge in Hz; by default 0.4 of the sample rate.
        scale: ``"mel"``, ``"slaney"``, ``"erb"`` or ``"linear"``: how the initial filters are spaced.
        bandwidth_rule: ``"spacing"`` (neighbours meet at -3 dB), ``"erb"`` (as the ear), or b in Hz for all.
        learnable: True, False, or which of ``"center_frequencies"`` and ``"bandwidths"`` learn.
        window_s: length of the energy window in seconds.
        hop_s: from one window to the next, in seconds.
        floor: $\epsilon$, the energy that silence is drawn with.
        algorithm: how `filterbank.energy` filters.
        tolerance: where `filterbank.energy` cuts the kernels.

    Shape:
        waveform ``(batch, time)`` to spectrogram ``(batch, n_filters, frames)``. Frame i averages
        samples ``i hop_length`` to ``i hop_length + window_length - 1`` of the causal output.

    Raises:
        ValueError: a range upside down or above Nyquist, no filters, an impossible order, window, hop or
            floor, an unknown scale, rule or algorithm, a misspelt `learnable`.

    Example:
        >>> layer = GammatoneSpectrogram(1000, n_filters=16, f_min=25, f_max=400)
        >>> layer(torch.zeros(1, 2500)).shape
        torch.Size([1, 16, 248])

    The layer of Ansari and Hasan (2022), with their faults mended; taught in *One recording, all the way*.
    """

    def __init__(
        self,
        sample_rate: float,
        n_filters: int = 16,
        order: int = 4,
        f_min: float = 25.0,
        f_max: float | None = None,
        scale: str = "mel",
        bandwidth_rule: str | float = "spacing",
        learnable: bool | Iterable[str] = True,
        window_s: float = 0.025,
        hop_s: float = 0.010,
        floor: float = 1e-6,
        algorithm: str = "auto",
        tolerance: float = 1e-8,
    ) -> None:
        super().__init__()
        f_max = 0.4 * sample_rate if f_max is None else f_max
        scales.check_range(f_min, f_max, sample_rate)
        gammatone.check_order(order)
        filterbank.check_algorithm(algorithm)
        if not floor >= 0:
            raise ValueError(f"floor must not be negative, got {floor:g}")
        learning = _which_learn(learnable)
        self.sample_rate, self.n_filters, self.order, self.scale = sample_rate, n_filters, order, scale
        self.f_min, self.f_max = float(f_min), float(f_max)
        self.window_length = _samples("window_s", window_s, sample_rate)
        self.hop_length = _samples("hop_s", hop_s, sample_rate)
        self.floor, self.algorithm, self.tolerance = floor, algorithm, tolerance

        frequencies = scales.spaced_frequencies(n_filters, f_min, f_max, scale)
        bandwidths = self._initial_bandwidths(frequencies, bandwidth_rule)
        self.position = BoundedParameter(
            scales.to_scale(frequencies, scale),
            scales.to_scale(self.f_min, scale).item(),
            scales.to_scale(self.f_max, scale).item(),
            learnable="center_frequencies" in learning,
        )
        # Eight times wider or narrower than at the start: beyond, a filter is a click or a whistle.
        low, high = bandwidths.min().log().item() - 2.1, bandwidths.max().log().item() + 2.1
        self.log_bandwidth = BoundedParameter(bandwidths.log(), low, high, learnable="bandwidths" in learning)

    def _initial_bandwidths(
        self, frequencies: Float[Tensor, " filters"], rule: str | float
    ) -> Float[Tensor, " filters"]:
        if rule == "spacing":
            return gammatone.bandwidth_from_spacing(
                self.n_filters, self.f_min, self.f_max, self.scale, self.order
            )
        if rule == "erb":
            return gammatone.bandwidth_from_erb(frequencies, self.order)
        if isinstance(rule, int | float) and rule > 0:
            return torch.full_like(frequencies, float(rule))
        raise ValueError(f"bandwidth_rule must be 'spacing', 'erb' or a positive number of Hz, got {rule!r}")

    @property
    def center_frequencies(self) -> Float[Tensor, " filters"]:
        """Current centre frequencies in Hz, float64, differentiable."""
        # A filter at the end of its range may round to a hair above it, and so above Nyquist.
        return scales.from_scale(self.position(), self.scale).clamp(self.f_min, self.f_max)

    @property
    def bandwidths(self) -> Float[Tensor, " filters"]:
        """Current bandwidths (the decay b) in Hz, float64, differentiable."""
        return self.log_bandwidth().exp()

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """Draw the spectrogram; natural logarithm of the mean energy in each window."""
        energy = filterbank.energy(
            waveform,
            self.center_frequencies,
            self.bandwidths,
            order=self.order,
            window_length=self.window_length,
            hop_length=self.hop_length,
            sample_rate=self.sample_rate,
            algorithm=self.algorithm,
            tolerance=self.tolerance,
        )
        return torch.log(energy + self.floor)

    def extra_repr(self) -> str:
        """What `print` shows of the layer."""
        return (
            f"{self.n_filters} filters of order {self.order}, {self.f_min:g} to {self.f_max:g} Hz, "
            f"{self.scale}, at {self.sample_rate:g} Hz"
        )


def _which_learn(learnable: bool | Iterable[str]) -> tuple[str, ...]:
    if isinstance(learnable, bool):
        return LEARNABLE if learnable else ()
    names = (learnable,) if isinstance(learnable, str) else tuple(learnable)
    if unknown := set(names) - set(LEARNABLE):
        raise ValueError(f"learnable must be True, False or some of {LEARNABLE}, got {sorted(unknown)}")
    return names


def _samples(name: str, seconds: float, sample_rate: float) -> int:
    samples = round(seconds * sample_rate)
    if samples < 1:
        raise ValueError(f"{name} must span at least one sample at {sample_rate:g} Hz, got {seconds:g} s")
    return samples
