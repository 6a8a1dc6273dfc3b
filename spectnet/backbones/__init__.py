"""The networks behind a front-end: a residual CNN for spectrograms, and the 1-D baseline's branches.

Each takes what a front-end gives, ``(batch, filters, frames)``, and gives logits.
"""

from spectnet.backbones.branched import BranchedCNN
from spectnet.backbones.residual import ResidualBlock, ResidualCNN
from spectnet.backbones.settings import AnyBackbone, BackboneConfig, BranchedConfig, build_backbone

__all__ = [
    "AnyBackbone",
    "BackboneConfig",
    "BranchedCNN",
    "BranchedConfig",
    "ResidualBlock",
    "ResidualCNN",
    "build_backbone",
]
