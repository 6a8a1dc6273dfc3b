"""A parameter that cannot leave its range, and moves alike wherever it stands."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class BoundedParameter(nn.Module):
    r"""Values held between `low` and `high` through a logistic curve.

    $$v = l + (h - l)\,\sigma(\theta)$$

    The optimiser moves $\theta$, which has no bounds; the gradient never vanishes inside the range.

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
        share = (value.double() - low) / (high - low)
        if not bool(((share > 0) & (share < 1)).all()):
            raise ValueError(f"value must lie between {low:g} and {high:g}, got {value.tolist()}")
        self.low, self.high = low, high
        self.theta = nn.Parameter(torch.logit(share).float(), requires_grad=learnable)

    def forward(self) -> Float[Tensor, " n"]:
        """The values, in float64 so that a filter is drawn where the parameter says."""
        return self.low + (self.high - self.low) * torch.sigmoid(self.theta.double())
