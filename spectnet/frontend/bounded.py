"""Parameters held in a range: by a curve that lets them move alike in any unit, or clipped and raw."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


def _check_inside(value: Tensor, low: float, high: float) -> None:
    if not bool(((value > low) & (value < high)).all()):  # true for NaN too
        raise ValueError(f"value must lie between {low:g} and {high:g}, got {value.tolist()}")


class BoundedParameter(nn.Module):
    r"""Values held between `low` and `high` through a logistic curve.

    $$v = l + (h - l)\,\sigma(\theta)$$

    The optimiser moves $\theta$, which has no bounds; the gradient never vanishes inside the range. A step of
    Adam at rate $\eta$ moves a value in the middle of its range by $\eta / 4$ of it, whatever unit $v$ is in;
    towards the ends steps grow shorter, since no number of them may reach an end.

    Args:
        value: initial values, strictly between the bounds.
        low: lower bound.
        high: upper bound.
        learnable: whether an optimiser may move it.

    Raises:
        ValueError: an initial value on or outside a bound.
    """

    def __init__(self, value: Float[Tensor, " n"], low: float, high: float, *, learnable: bool) -> None:
        super().__init__()
        _check_inside(value.double(), low, high)
        self.low, self.high = low, high
        share = (value.double() - low) / (high - low)
        self.theta = nn.Parameter(torch.logit(share).float(), requires_grad=learnable)

    def forward(self) -> Float[Tensor, " n"]:
        """The values, in float64 so that a filter is drawn where the parameter says."""
        return self.low + (self.high - self.low) * torch.sigmoid(self.theta.double())


class RawParameter(nn.Module):
    """Values in their own unit, clipped at the bounds: what most published layers do, here for comparison.

    A step means something else at 30 Hz than at 8 kHz, and either is a millionth of what the value is; what
    has stepped over a bound has no gradient to come back with.

    Args:
        value: initial values, strictly between the bounds.
        low: lower bound.
        high: upper bound.
        learnable: whether an optimiser may move it.

    Raises:
        ValueError: an initial value on or outside a bound.
    """

    def __init__(self, value: Float[Tensor, " n"], low: float, high: float, *, learnable: bool) -> None:
        super().__init__()
        _check_inside(value.double(), low, high)
        self.low, self.high = low, high
        self.value = nn.Parameter(value.float(), requires_grad=learnable)

    def forward(self) -> Float[Tensor, " n"]:
        """The values, in float64."""
        return self.value.double().clamp(self.low, self.high)
