"""The networks behind a front-end: a residual CNN, the published one, and the 1-D baseline's branches.

Each takes what a front-end gives, ``(batch, filters, frames)``, and gives logits.
"""

from spectnet.backbones.branched import BranchedCNN
from spectnet.backbones.published import PublishedBlock, PublishedCNN
from spectnet.backbones.residual import ResidualBlock, ResidualCNN
from spectnet.backbones.settings import (
    AnyBackbone,
    BackboneConfig,
    BranchedConfig,
    PublishedConfig,
    build_backbone,
)

__all__ = [
    "AnyBackbone",
    "BackboneConfig",
    "BranchedCNN",
    "BranchedConfig",
    "PublishedBlock",
    "PublishedCNN",
    "PublishedConfig",
    "ResidualBlock",
    "ResidualCNN",
    "build_backbone",
]
