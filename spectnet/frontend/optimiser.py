"""What an optimiser is given of a front-end."""

from __future__ import annotations

from typing import Any

from torch import nn


def learning_group(module: nn.Module, learning_rate: float) -> list[dict[str, Any]]:
    """One group with all that learns in `module`, without weight decay; none where nothing learns.

    Decay draws towards zero: a silent filter, 0 Hz, the middle of a range. No front-end wants to go there.

    Args:
        module: a front-end, or a part of one.
        learning_rate: the group's own.

    Example:
        >>> learning_group(nn.Linear(2, 1).requires_grad_(False), 1e-3)
        []
    """
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return [{"params": learning, "lr": learning_rate, "weight_decay": 0.0}] if learning else []
