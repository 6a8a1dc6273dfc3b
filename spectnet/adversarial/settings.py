"""How a training goes against the device, and the head that names it.

Taught in *Whose stethoscope is this?*
"""

from __future__ import annotations

from typing import Literal

from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from spectnet.adversarial.reversal import reversal_weight
from spectnet.settings import Settings


class AdversarialConfig(Settings):
    """Settings of a training against the device.

    Attributes:
        kind: ``"reversal"`` of the gradient, or ``"confusion"`` loss.
        weight: the most that the features' part counts beside the labels' loss; at 0 the device's head only
            watches.
        schedule: ``"rising"`` from 0 to `weight`, or ``"constant"``.
        target_batch: segments without labels that join each batch.
        hidden: units of the device's head.
    """

    kind: Literal["reversal", "confusion"] = "reversal"
    weight: float = Field(1.0, ge=0)
    schedule: Literal["rising", "constant"] = "rising"
    target_batch: int = Field(16, ge=1)
    hidden: int = Field(64, ge=1)

    def weight_at(self, progress: float) -> float:
        """How much the features' part counts when `progress` of the training, 0 to 1, is done."""
        return self.weight * (reversal_weight(progress) if self.schedule == "rising" else 1.0)


class DeviceHead(nn.Sequential):
    """Names the device from the CNN's features: one hidden layer.

    Features are first brought to one scale. Otherwise they could hide by shrinking, or push all its units
    where they no longer learn: the head would be blind, and the device still there.

    Args:
        n_features: of the backbone's `embed`.
        n_devices: how many there are to tell apart.
        hidden: units between.

    Shape:
        features ``(batch, n_features)`` to logits ``(batch, n_devices)``.

    Raises:
        ValueError: fewer than two devices.
    """

    def __init__(self, n_features: int, n_devices: int, hidden: int = 64) -> None:
        if n_devices < 2:
            raise ValueError(
                f"n_devices must be at least 2, got {n_devices}: with one device there is nothing to hide"
            )
        super().__init__(
            nn.BatchNorm1d(n_features, affine=False),
            nn.Linear(n_features, hidden),
            nn.LeakyReLU(0.1),
            nn.Linear(hidden, n_devices),
        )

    def forward(self, features: Float[Tensor, "batch features"]) -> Float[Tensor, "batch devices"]:
        """Logits of each device."""
        return super().forward(features)
