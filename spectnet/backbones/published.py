"""The network as it was published, rebuilt from its description.

Taught in *The CNN*.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from spectnet.backbones.checks import check_classes, check_dropout

_STEM, _WIDTHS, _HIDDEN = 16, (32, 64, 128), 100


class PublishedBlock(nn.Module):
    """Two 3 x 3 convolutions; the short cut adds silent channels and takes the larger of 2 x 2.

    What a block does to its input's size differs, as it did: the first convolves at full size and then takes
    the larger of 2 x 2, the others step over every second row and frame in their second convolution.
    """

    def __init__(self, n_in: int, n_out: int, *, dropout: float, steps: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(n_in, n_out, 3, padding=1)
        self.first_norm = nn.BatchNorm2d(n_out)
        self.second = nn.Conv2d(n_out, n_out, 3, padding=1, stride=2 if steps else 1)
        self.second_norm = nn.BatchNorm2d(n_out)
        self.pool = nn.Identity() if steps else nn.MaxPool2d(2)
        self.dropout = nn.Dropout2d(dropout)
        self.n_new = n_out - n_in

    def forward(self, x: Float[Tensor, "batch n_in f t"]) -> Float[Tensor, "batch n_out f2 t2"]:
        """Maps of half the size; the sum comes after the ReLU, and nothing after the sum."""
        residual = self.dropout(torch.relu(self.first_norm(self.first(x))))
        residual = torch.relu(self.pool(self.dropout(self.second_norm(self.second(residual)))))
        shortcut = functional.pad(functional.max_pool2d(x, 2), (0, 0, 0, 0, 0, self.n_new))
        return residual + shortcut


class PublishedCNN(nn.Sequential):
    """The CNN of Ansari and Hasan (2022), to compare with `ResidualCNN`: it takes pictures of one size.

    Three blocks, then everything flattened into a dense layer of 100 units. The published one puts a softmax
    before its loss; this one gives logits.

    Args:
        n_classes: how many logits.
        dropout: share of channels dropped in training, and before the last layer.
        n_filters: rows of the spectrogram, a multiple of 8.
        n_frames: its columns; one beat in 2500 samples gives 240.

    Shape:
        spectrogram ``(batch, n_filters, n_frames)`` to logits ``(batch, n_classes)``.

    Raises:
        ValueError: fewer than two classes, a dropout below 0 or not below 1, a size that three halvings do
            not divide.
    """

    def __init__(
        self, n_classes: int = 2, dropout: float = 0.5, n_filters: int = 16, n_frames: int = 240
    ) -> None:
        check_classes(n_classes)
        check_dropout(dropout)
        if n_filters % 8 or n_frames % 8 or min(n_filters, n_frames) < 8:
            raise ValueError(
                f"n_filters and n_frames must be multiples of 8, got {n_filters} and {n_frames}: "
                "each of three blocks halves both"
            )
        super().__init__(
            nn.Unflatten(1, (1, n_filters)),
            nn.Conv2d(1, _STEM, (3, 2), padding=1),
            nn.BatchNorm2d(_STEM),
            nn.ReLU(),
            *(
                PublishedBlock(n_in, n_out, dropout=dropout, steps=n > 0)
                for n, (n_in, n_out) in enumerate(pairwise((_STEM, *_WIDTHS)))
            ),
            nn.Flatten(),
            nn.Linear(_WIDTHS[-1] * (n_filters // 8) * (n_frames // 8), _HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(_HIDDEN, n_classes),
        )
