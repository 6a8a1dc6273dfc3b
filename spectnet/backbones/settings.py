"""Settings of the backbones, told apart by their `kind`.

Taught in *The CNN*.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spectnet.backbones.branched import BranchedCNN
from spectnet.backbones.residual import ResidualCNN
from spectnet.settings import Settings, default_kind


class BackboneConfig(Settings):
    """Settings of `backbones.ResidualCNN`."""

    kind: Literal["residual"] = "residual"
    n_classes: int = Field(2, ge=2)
    channels: tuple[int, ...] = (16, 32, 64, 128)
    dropout: float = Field(0.3, ge=0, lt=1)


class BranchedConfig(Settings):
    """Settings of `backbones.BranchedCNN`, which reads the bands of `frontend.Branches`."""

    kind: Literal["branched"] = "branched"
    n_classes: int = Field(2, ge=2)
    dropout: float = Field(0.5, ge=0, lt=1)
    steps: int = Field(25, ge=1)


AnyBackbone = Annotated[
    BackboneConfig | BranchedConfig, Field(discriminator="kind"), default_kind("residual")
]


def build_backbone(config: BackboneConfig | BranchedConfig) -> ResidualCNN | BranchedCNN:
    """The network that a config describes, with fresh weights.

    Example:
        >>> build_backbone(BranchedConfig(n_classes=3)).head.out_features
        3
    """
    if isinstance(config, BranchedConfig):
        return BranchedCNN(**config.model_dump(exclude={"kind"}))
    return ResidualCNN(**config.model_dump(exclude={"kind"}))
