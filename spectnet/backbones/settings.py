"""Settings of the backbones, told apart by their `kind`.

Taught in *The CNN*.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from spectnet.backbones.branched import BranchedCNN
from spectnet.backbones.published import PublishedCNN
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


class PublishedConfig(Settings):
    """Settings of `backbones.PublishedCNN`, which reads pictures of one size."""

    kind: Literal["published"] = "published"
    n_classes: int = Field(2, ge=2)
    dropout: float = Field(0.5, ge=0, lt=1)
    n_filters: int = Field(16, ge=8)
    n_frames: int = Field(240, ge=8)


AnyBackbone = Annotated[
    BackboneConfig | BranchedConfig | PublishedConfig, Field(discriminator="kind"), default_kind("residual")
]
_BUILDERS: dict[str, type[ResidualCNN | BranchedCNN | PublishedCNN]] = {
    "residual": ResidualCNN,
    "branched": BranchedCNN,
    "published": PublishedCNN,
}


def build_backbone(
    config: BackboneConfig | BranchedConfig | PublishedConfig,
) -> ResidualCNN | BranchedCNN | PublishedCNN:
    """The network that a config describes, with fresh weights.

    Example:
        >>> build_backbone(BranchedConfig(n_classes=3)).head.out_features
        3
    """
    settings = config.model_dump()
    return _BUILDERS[settings.pop("kind")](**settings)
