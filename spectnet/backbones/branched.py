"""The 1-D baseline: every band of the waveform has a small network of its own.

Taught in *The CNN*.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from spectnet.backbones.checks import check_classes, check_dropout

_CHANNELS, _TAPS, _HIDDEN = (8, 4), 5, 20


class BranchedCNN(nn.Module):
    """Classify the outputs of a few filters, each by two convolutions that see no other filter.

    A branch is a convolution to 8 channels and one to 4, 5 taps each; batch norm, ReLU, dropout and pooling
    by 2 follow either. The branches meet in a layer of 20 units before the classes.

    The published network flattens the branches, which ties it to one length. Here they are first averaged to
    a fixed number of `steps`, so that any length fits.

    Args:
        n_classes: how many logits.
        n_branches: how many filters.
        dropout: share of values dropped in training, after each convolution.
        steps: into how many stretches of time the last layers divide a segment.

    Shape:
        filtered waveforms ``(batch, n_branches, time)``, of at least 8 samples, to logits
        ``(batch, n_classes)``. No softmax: the loss takes logits.

    Raises:
        ValueError: fewer than two classes, no branches, no steps, a dropout below 0 or not below 1.

    Example:
        >>> BranchedCNN()(torch.zeros(3, 4, 2500)).shape
        torch.Size([3, 2])

    The branches of Humayun et al. (2020), as Ansari and Hasan (2022) use them for a baseline.
    """

    def __init__(
        self, n_classes: int = 2, n_branches: int = 4, dropout: float = 0.5, steps: int = 25
    ) -> None:
        super().__init__()
        check_classes(n_classes)
        check_dropout(dropout)
        if n_branches < 1 or steps < 1:
            raise ValueError(f"n_branches and steps must be at least 1, got {n_branches} and {steps}")
        self.steps = steps
        stages: list[nn.Module] = []
        width = 1
        for channels in _CHANNELS:
            # A group a branch: one convolution runs them all, and none hears its neighbour.
            stages += [
                nn.Conv1d(
                    n_branches * width,
                    n_branches * channels,
                    _TAPS,
                    padding=_TAPS // 2,
                    groups=n_branches,
                    bias=False,
                ),
                nn.BatchNorm1d(n_branches * channels),
                nn.ReLU(),
                nn.Dropout(dropout),
                nn.MaxPool1d(2),
            ]
            width = channels
        self.branches = nn.Sequential(*stages)
        self.hidden = nn.Linear(n_branches * width * steps, _HIDDEN)
        self.head = nn.Linear(_HIDDEN, n_classes)

    def embed(self, bands: Float[Tensor, "batch branches time"]) -> Float[Tensor, "batch features"]:
        """The 20 units in which the branches meet."""
        maps = self.branches(bands)  # (batch, branches * 4, time / 4)
        pooled = functional.adaptive_avg_pool1d(maps, self.steps)
        return torch.relu(self.hidden(pooled.flatten(1)))

    def classify(self, features: Float[Tensor, "batch features"]) -> Float[Tensor, "batch classes"]:
        """Logits of each class, from what `embed` gives."""
        return self.head(features)

    def forward(self, bands: Float[Tensor, "batch branches time"]) -> Float[Tensor, "batch classes"]:
        """Logits of each class."""
        return self.classify(self.embed(bands))
