"""A layer that does nothing on the way forward and turns the gradient round on the way back.

Taught in *Whose stethoscope is this?*
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

STEEPNESS = 10.0  # of the rise, as its authors chose it


class _Reversed(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, features: Tensor, weight: float) -> Tensor:
        context.weight = weight
        return features.view_as(features)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -context.weight * gradients[0], None


def reverse_gradient(features: Float[Tensor, "*shape"], weight: float) -> Float[Tensor, "*shape"]:
    """The same numbers, whose gradient comes back times ``-weight``.

    What stands behind learns as always; what stands before learns the opposite.

    Args:
        features: of any shape.
        weight: 0 lets nothing back; 1 turns the gradient round.

    Example:
        >>> x = torch.ones(2, requires_grad=True)
        >>> reverse_gradient(x, 0.5).sum().backward()
        >>> x.grad
        tensor([-0.5000, -0.5000])

    Ganin and Lempitsky (2015), equation 13. Taught in *Whose stethoscope is this?*
    """
    return _Reversed.apply(features, weight)


def reversal_weight(progress: float) -> float:
    """How much of the reversed gradient counts when `progress` of the training is done.

    It rises from 0 to 1: at first the device's head knows nothing, and its gradient is noise.

    Args:
        progress: 0 at the start of the training, 1 at its end.

    Raises:
        ValueError: `progress` is outside 0 to 1.

    Example:
        >>> [round(reversal_weight(p), 2) for p in (0, 0.1, 0.5, 1)]
        [0.0, 0.46, 0.99, 1.0]

    Ganin and Lempitsky (2015), section 5.2: ``2 / (1 + exp(-10 progress)) - 1``.
    Taught in *Whose stethoscope is this?*
    """
    if not 0 <= progress <= 1:
        raise ValueError(f"progress must be between 0 and 1, got {progress:g}")
    return 2 / (1 + math.exp(-STEEPNESS * progress)) - 1
