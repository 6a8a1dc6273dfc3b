"""A small residual CNN that reads a spectrogram as a picture, (filters x frames).

Taught in *The CNN*.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet.backbones.checks import check_classes, check_dropout


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions around which the input takes a short cut; halves both axes.

    He et al. (2016). The short cut averages 2 x 2 and mixes channels with a 1 x 1 convolution.
    """

    def __init__(self, n_in: int, n_out: int, dropout: float) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(n_in, n_out, 3, padding=1, stride=2, bias=False),
            nn.BatchNorm2d(n_out),
            nn.ReLU(),
            nn.Dropout2d(dropout),
            nn.Conv2d(n_out, n_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(n_out),
        )
        # Ceil mode keeps a last odd row or column, as the strided convolution does.
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2, ceil_mode=True, count_include_pad=False), nn.Conv2d(n_in, n_out, 1, bias=False)
        )

    def forward(self, x: Float[Tensor, "batch n_in f t"]) -> Float[Tensor, "batch n_out f2 t2"]:
        """Halve filters and frames, rounding up."""
        return torch.relu(self.residual(x) + self.shortcut(x))


class ResidualCNN(nn.Module):
    """Classify a spectrogram with any number of filters and any number of frames.

    Args:
        n_classes: how many logits.
        channels: of the stem and of each residual block after it.
        dropout: share of channels dropped in training, and before the last layer.

    Shape:
        spectrogram ``(batch, filters, frames)`` to logits ``(batch, n_classes)``.
        No softmax: the loss takes logits.

    Raises:
        ValueError: fewer than two classes, no channels, a dropout below 0 or not below 1.
    """

    def __init__(
        self, n_classes: int = 2, channels: Sequence[int] = (16, 32, 64, 128), dropout: float = 0.3
    ) -> None:
        super().__init__()
        check_classes(n_classes)
        check_dropout(dropout)
        if not channels or min(channels) < 1:
            raise ValueError(f"channels must be one or more positive numbers, got {list(channels)}")
        # One mean and one scale for the whole picture: it keeps how loud the filters are beside each other.
        self.norm = nn.BatchNorm2d(1)
        # Frames lie closer than a heart sound needs: the stem keeps every filter and every second frame.
        self.stem = nn.Sequential(
            nn.Conv2d(1, channels[0], (3, 5), padding=(1, 2), stride=(1, 2), bias=False),
            nn.BatchNorm2d(channels[0]),
            nn.ReLU(),
        )
        self.blocks = nn.Sequential(
            *(ResidualBlock(n_in, n_out, dropout) for n_in, n_out in pairwise(channels))
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * channels[-1], n_classes)

    def embed(self, spectrogram: Float[Tensor, "batch filters frames"]) -> Float[Tensor, "batch features"]:
        """Mean and maximum of every channel over the whole map: global pooling."""
        maps = self.blocks(self.stem(self.norm(spectrogram[:, None])))  # (batch, channels, filters, frames)
        return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)

    def classify(self, features: Float[Tensor, "batch features"]) -> Float[Tensor, "batch classes"]:
        """Logits of each class, from what `embed` gives."""
        return self.head(self.dropout(features))

    def forward(self, spectrogram: Float[Tensor, "batch filters frames"]) -> Float[Tensor, "batch classes"]:
        """Logits of each class."""
        return self.classify(self.embed(spectrogram))
