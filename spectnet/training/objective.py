"""From a batch of segments to the loss: what stands between the model and its optimiser.

Masks hide parts of the spectrogram, mixup mixes pairs of spectrograms: both act between the front-end
and the CNN, so that the gradient still reaches the filters.

Taught in *Training on a GPU*.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from spectnet.augmentation import mask_spectrogram
from spectnet.experiment import TrainingConfig
from spectnet.model import SpectNet


class TrainingObjective(nn.Module):
    """Cross-entropy of a model on a batch, with masks, mixup and label smoothing.

    Args:
        model: to train; its own forward stays as it is.
        config: which of them, and how much.

    Mixup is by Zhang et al. (2018), here of spectrograms.
    """

    def __init__(self, model: SpectNet, config: TrainingConfig) -> None:
        super().__init__()
        self.model, self.config = model, config
        parts = (model.frontend, model.backbone)
        # In a tuple, so that the compiled twins' parameters are not counted a second time.
        self._parts = tuple(map(torch.compile, parts)) if config.compile else parts

    def forward(self, waveform: Float[Tensor, "batch time"], labels: Int[Tensor, " batch"]) -> Tensor:
        """Mean loss of the batch."""
        draw, read = self._parts
        frontend = self.model.frontend
        spectrogram = draw(waveform).float()  # (batch, filters, frames)
        frames_per_s = frontend.sample_rate / frontend.hop_length
        spectrogram = mask_spectrogram(spectrogram, frames_per_s, self.config.augmentation)
        if not self.config.mixup:
            return self._loss(read(spectrogram), labels)
        share = torch.distributions.Beta(self.config.mixup, self.config.mixup).sample().to(waveform.device)
        other = torch.randperm(len(labels), device=waveform.device)
        logits = read(share * spectrogram + (1 - share) * spectrogram[other])
        return share * self._loss(logits, labels) + (1 - share) * self._loss(logits, labels[other])

    def _loss(self, logits: Float[Tensor, "batch classes"], labels: Int[Tensor, " batch"]) -> Tensor:
        smoothing = self.config.label_smoothing
        return nn.functional.cross_entropy(logits.float(), labels, label_smoothing=smoothing)
