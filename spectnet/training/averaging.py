r"""A moving average of the weights, which wavers less from step to step than the weights themselves.

$$\bar w \leftarrow d\, \bar w + (1 - d)\, w$$

Taught in *Training on a GPU*; Polyak and Juditsky (1992).
"""

from __future__ import annotations

import copy

import torch

from spectnet.model import SpectNet


class WeightAverage:
    """A copy of a model whose weights and batch-norm statistics follow it slowly.

    Args:
        model: to follow.
        decay: $d$, between 0 and 1; the average reaches back over about $1 / (1 - d)$ steps.
    """

    def __init__(self, model: SpectNet, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.model = copy.deepcopy(model).requires_grad_(False).eval()

    @torch.no_grad()
    def update(self, model: SpectNet) -> None:
        """Take one step of `model` into account."""
        self.steps += 1
        # A short memory at first, so that the random weights of the start are soon forgotten.
        decay = min(self.decay, self.steps / (self.steps + 9))
        slow, fast = [], []
        for average, value in zip(self.model.state_dict().values(), model.state_dict().values(), strict=True):
            if average.is_floating_point():
                slow.append(average)
                fast.append(value)
            else:
                average.copy_(value)  # a counter
        torch._foreach_lerp_(slow, fast, 1 - decay)
