"""A bank of gammatone filters that can learn: where they stand, how wide they are, how loud."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import scales
from spectnet.frontend import arguments, initialisation
from spectnet.frontend.bounded import BoundedParameter, RawParameter
from spectnet.orders import check_order, orders_per_filter

LEARNABLE = ("center_frequencies", "bandwidths", "gains", "compression")
LEARNABLE_BY_DEFAULT = ("center_frequencies", "bandwidths", "compression")
PARAMETRISATIONS = ("scale", "hertz")
# Eight times wider or narrower than at the start: beyond, a filter is a click or a whistle.
_WIDENING = 2.1


def which_learn(learnable: bool | Iterable[str]) -> tuple[str, ...]:
    """The names of what learns, from True (all but the gains), False or the names themselves.

    Raises:
        ValueError: a name that is none of `LEARNABLE`.
    """
    if isinstance(learnable, bool):
        return LEARNABLE_BY_DEFAULT if learnable else ()
    names = (learnable,) if isinstance(learnable, str) else tuple(learnable)
    if unknown := set(names) - set(LEARNABLE):
        raise ValueError(f"learnable must be True, False or some of {LEARNABLE}, got {sorted(unknown)}")
    return names


class GammatoneBank(nn.Module):
    r"""Centre frequencies, bandwidths and gains of gammatone filters, as parameters.

    Centre frequencies are held on a scale, and bandwidths as logarithms, both between bounds
    (`BoundedParameter`). Gains multiply a filter's output, $e^{a}$ with $a$ the parameter; unless they
    learn, every filter passes a tone at its centre as it is.

    Attributes:
        initial_center_frequencies: where the filters stood before anything was learned, in Hz.
        initial_bandwidths: and how wide they were.

    Args:
        sample_rate: in Hz.
        n_filters: as in `GammatoneSpectrogram`, like all that follow.
        order: of the gammatones.
        f_min: in Hz.
        f_max: in Hz.
        scale: on which filters are spaced and move.
        center_frequencies: initial ones in Hz, in place of evenly spaced ones.
        bandwidth_rule: how wide the filters start.
        learnable: which of the quantities learn.
        parametrisation: ``"scale"``, or ``"hertz"`` for raw parameters.

    Raises:
        ValueError: as `GammatoneSpectrogram`, for the same arguments.
    """

    def __init__(
        self,
        sample_rate: float,
        *,
        n_filters: int | None,
        order: int | Sequence[int],
        f_min: float | None,
        f_max: float | None,
        scale: str,
        center_frequencies: Sequence[float] | None,
        bandwidth_rule: str | float,
        learnable: bool | Iterable[str],
        parametrisation: str,
    ) -> None:
        super().__init__()
        arguments.check_choice("parametrisation", parametrisation, PARAMETRISATIONS)
        f_min = initialisation.lowest_frequency(sample_rate) if f_min is None else f_min
        self.f_min, self.f_max = arguments.frequency_range(sample_rate, f_min, f_max)
        self.sample_rate, self.scale, self.parametrisation = sample_rate, scale, parametrisation
        self.learnable = which_learn(learnable)
        frequencies = initialisation.initial_frequencies(
            n_filters, center_frequencies, self.f_min, self.f_max, scale
        )
        self.n_filters = len(frequencies)
        if isinstance(order, Sequence):
            order = orders_per_filter(order, self.n_filters)
        else:
            check_order(order)
        self.order: int | tuple[int, ...] = order
        bandwidths = initialisation.initial_bandwidths(
            frequencies,
            bandwidth_rule,
            self.f_min,
            self.f_max,
            scale,
            order,
            own=center_frequencies is not None,
        )
        self.bandwidth_rule = bandwidth_rule
        self.initial_center_frequencies, self.initial_bandwidths = frequencies.tolist(), bandwidths.tolist()
        self._make_parameters(frequencies, bandwidths)

    def _make_parameters(
        self, frequencies: Float[Tensor, " filters"], bandwidths: Float[Tensor, " filters"]
    ) -> None:
        low, high = bandwidths.min().log().item() - _WIDENING, bandwidths.max().log().item() + _WIDENING
        move, widen = ("center_frequencies" in self.learnable), ("bandwidths" in self.learnable)
        if self.parametrisation == "hertz":
            self.center_frequency = RawParameter(frequencies, self.f_min, self.f_max, learnable=move)
            bounds = torch.tensor([low, high], dtype=torch.float64).exp().tolist()
            self.bandwidth = RawParameter(bandwidths, *bounds, learnable=widen)
        else:
            places = scales.to_scale(frequencies, self.scale)
            edges = [scales.to_scale(edge, self.scale).item() for edge in (self.f_min, self.f_max)]
            self.position = BoundedParameter(places, *edges, learnable=move)
            self.log_bandwidth = BoundedParameter(bandwidths.log(), low, high, learnable=widen)
        if "gains" in self.learnable:
            self.log_gain = nn.Parameter(torch.zeros(self.n_filters))

    @property
    def center_frequencies(self) -> Float[Tensor, " filters"]:
        """Current centre frequencies in Hz, float64, differentiable."""
        if self.parametrisation == "hertz":
            return self.center_frequency()
        # A filter at the end of its range may round to a hair above it, and so above Nyquist.
        return scales.from_scale(self.position(), self.scale).clamp(self.f_min, self.f_max)

    @property
    def bandwidths(self) -> Float[Tensor, " filters"]:
        """Current bandwidths (the decay b) in Hz, float64, differentiable."""
        return self.bandwidth() if self.parametrisation == "hertz" else self.log_bandwidth().exp()

    @property
    def narrowest(self) -> float:
        """The smallest bandwidth in Hz that any filter can learn."""
        return self.bandwidth.low if self.parametrisation == "hertz" else math.exp(self.log_bandwidth.low)

    @property
    def gains(self) -> Float[Tensor, " filters"]:
        """Current gains of the filters at their centres, float64, differentiable; one unless they learn."""
        if "gains" in self.learnable:
            return self.log_gain.double().exp()
        return torch.ones_like(self.center_frequencies)

    def parameter_groups(self, learning_rate: float, ratio: float = 3.0) -> list[dict[str, Any]]:
        """What learns here, as an optimiser takes it: at a rate of its own, and without weight decay.

        Decay would draw the filters to the middle of their range. The ratio is for Adam and its kin, whose
        steps do not depend on the gradient's size: between 1 and 3 times the rate of the layers behind,
        filters reach a band in a hundred steps; at 10 times they jitter.

        Args:
            learning_rate: of the layers behind the spectrogram.
            ratio: how many times that the filters take.

        Returns:
            One group, or none where nothing learns.

        Example:
            >>> from spectnet.frontend import GammatoneSpectrogram
            >>> frontend, head = GammatoneSpectrogram(1000), nn.Linear(16, 2)
            >>> groups = [{"params": head.parameters()}, *frontend.parameter_groups(1e-3)]
            >>> optimizer = torch.optim.AdamW(groups, lr=1e-3)
            >>> [group["lr"] for group in optimizer.param_groups]
            [0.001, 0.003]
        """
        learning = [parameter for parameter in self.parameters() if parameter.requires_grad]
        if not learning:
            return []
        return [{"params": learning, "lr": ratio * learning_rate, "weight_decay": 0.0}]

    def extra_repr(self) -> str:
        """What `print` shows of the bank."""
        return (
            f"{self.n_filters} filters of order {self.order}, {self.f_min:g} to {self.f_max:g} Hz, "
            f"{self.scale}, at {self.sample_rate:g} Hz"
        )
