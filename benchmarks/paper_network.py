"""The published network, rebuilt from its description, to train beside ours.

Ansari and Hasan (2022): 16 filters that learn, drawn by the layer as published, and a CNN of three residual
blocks. What a block does to its input's size differs, as it did: the first convolves at full size and then
takes the larger of 2 x 2, the others step over every second row and frame in their second convolution.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from spectnet.frontend import GammatoneSpectrogram

SAMPLE_RATE, N_FILTERS, N_SAMPLES = 1000, 16, 2500
"""One beat, padded to 2500 samples; 16 filters, as in the headline."""
_STEM, _WIDTHS, _HIDDEN, _DROPOUT = 16, (32, 64, 128), 100, 0.5
FEATURES = 7680  # 128 channels of 2 x 30


class PaperBlock(nn.Module):
    """Two 3 x 3 convolutions; the short cut adds silent channels and takes the larger of 2 x 2."""

    def __init__(self, n_in: int, n_out: int, *, steps: bool) -> None:
        super().__init__()
        self.first = nn.Conv2d(n_in, n_out, 3, padding=1)
        self.first_norm = nn.BatchNorm2d(n_out)
        self.second = nn.Conv2d(n_out, n_out, 3, padding=1, stride=2 if steps else 1)
        self.second_norm = nn.BatchNorm2d(n_out)
        self.pool = nn.Identity() if steps else nn.MaxPool2d(2)
        self.dropout = nn.Dropout2d(_DROPOUT)
        self.n_new = n_out - n_in

    def forward(self, x: Tensor) -> Tensor:
        """Maps of half the size; the sum comes after the ReLU, and nothing after the sum."""
        residual = self.dropout(torch.relu(self.first_norm(self.first(x))))
        residual = torch.relu(self.pool(self.dropout(self.second_norm(self.second(residual)))))
        shortcut = functional.pad(functional.max_pool2d(x, 2), (0, 0, 0, 0, 0, self.n_new))
        return residual + shortcut


class PaperNetwork(nn.Module):
    """Waveform ``(batch, 2500)`` to logits ``(batch, 2)``, by way of a spectrogram of 16 x 240."""

    def __init__(self) -> None:
        super().__init__()
        self.frontend = GammatoneSpectrogram.as_in_paper(SAMPLE_RATE, N_FILTERS)
        widths = (_STEM, *_WIDTHS)
        blocks = [PaperBlock(n_in, n_out, steps=n > 0) for n, (n_in, n_out) in enumerate(pairwise(widths))]
        self.backbone = nn.Sequential(
            nn.Unflatten(1, (1, N_FILTERS)),
            nn.Conv2d(1, _STEM, (3, 2), padding=1),
            nn.BatchNorm2d(_STEM),
            nn.ReLU(),
            *blocks,
            nn.Flatten(),
            nn.Linear(FEATURES, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(_DROPOUT),
            nn.Linear(_HIDDEN, 2),
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """Logits; the published one puts a softmax before its loss, which costs no time."""
        return self.backbone(self.frontend(waveform))
