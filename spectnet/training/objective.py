"""From a batch of segments to the loss: what stands between the model and its optimiser.

Masks hide parts of the spectrogram, mixup mixes pairs of spectrograms: both act between the front-end
and the CNN, so that the gradient still reaches the filters.

Taught in *Training on a GPU* and *Whose stethoscope is this?*
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from spectnet.adversarial import AdversarialConfig, DeviceHead, device_loss
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
        _, read = self._parts
        spectrogram = self._drawn(waveform)
        if not self.config.mixup:
            return self._loss(read(spectrogram), labels)
        share = torch.distributions.Beta(self.config.mixup, self.config.mixup).sample().to(waveform.device)
        other = torch.randperm(len(labels), device=waveform.device)
        logits = read(share * spectrogram + (1 - share) * spectrogram[other])
        return share * self._loss(logits, labels) + (1 - share) * self._loss(logits, labels[other])

    def _drawn(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """The spectrogram, masked where the settings say so."""
        draw, frontend = self._parts[0], self.model.frontend
        frames_per_s = frontend.sample_rate / frontend.hop_length
        return mask_spectrogram(draw(waveform).float(), frames_per_s, self.config.augmentation)

    def _loss(self, logits: Float[Tensor, "batch classes"], labels: Int[Tensor, " batch"]) -> Tensor:
        smoothing = self.config.label_smoothing
        return nn.functional.cross_entropy(logits.float(), labels, label_smoothing=smoothing)


class AdversarialObjective(TrainingObjective):
    """The same, with a head that names the device, and features that learn to prevent it.

    Only the first rows of a batch have labels; all have a device.

    Args:
        model: to train; its backbone gives features by `embed`.
        config: with `adversarial` set.
        shares: of each device that the head tells apart, among the segments that are drawn.

    Attributes:
        head: names the device. It is trained along, and no part of the model that is kept.
        device_accuracy: share of the last batch whose device the head named rightly, devices alike.

    Ganin and Lempitsky (2015); with confusion loss, Tzeng et al. (2015).
    """

    def __init__(self, model: SpectNet, config: TrainingConfig, shares: Float[Tensor, " devices"]) -> None:
        super().__init__(model, config)
        self.against = config.adversarial or AdversarialConfig()
        self.head = DeviceHead(model.reader.head.in_features, len(shares), self.against.hidden)
        self.register_buffer("shares", shares.float(), persistent=False)
        self._embed = torch.compile(model.reader.embed) if config.compile else model.reader.embed
        self.device_accuracy = 0.0

    def forward(  # type: ignore[override]
        self,
        waveform: Float[Tensor, "batch time"],
        labels: Int[Tensor, " labelled"],
        devices: Int[Tensor, " batch"],
        weight: float,
    ) -> Tensor:
        """Mean loss of the labelled rows, and that of all rows' devices.

        Args:
            waveform: segments; those with a label come first.
            labels: of these.
            devices: of all of them.
            weight: of what the features learn against the head.
        """
        features = self._embed(self._drawn(waveform))
        logits = self.model.reader.classify(features[: len(labels)])
        features = features.float()
        kind, shares = self.against.kind, self.get_buffer("shares")
        self.device_accuracy = self._named_rightly(features.detach(), devices)
        return self._loss(logits, labels) + device_loss(self.head, features, devices, weight, kind, shares)

    @torch.no_grad()
    def _named_rightly(self, features: Tensor, devices: Tensor) -> float:
        """Mean over devices of the share of segments that the head names rightly."""
        right = (self.head(features).argmax(dim=-1) == devices).float()
        counts = torch.bincount(devices, minlength=len(self.get_buffer("shares")))
        each = torch.bincount(devices, weights=right, minlength=len(counts)) / counts
        return float(each[counts > 0].mean())
