"""Sound without labels that joins a training: where the network will be used, and whose devices these are.

Taught in *Whose stethoscope is this?*
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.utils.data import DataLoader

from spectnet.adversarial import device_names, device_numbers
from spectnet.experiment import TrainingConfig
from spectnet.recordings import UNLABELLED
from spectnet.sampling import BalancedSampler, balanced_weights
from spectnet.segments import SegmentDataset
from spectnet.training.hardware import make_loader


class Target:
    """Segments without labels, and the device of every segment of a training.

    Args:
        training: segments with labels, of other devices.
        unlabelled: segments of recordings that came through `adversarial.without_labels`.

    Attributes:
        devices: names of all devices, those of the training and those without labels.

    Raises:
        ValueError: a recording of `unlabelled` carries a label.
    """

    def __init__(self, training: SegmentDataset, unlabelled: SegmentDataset) -> None:
        if told := [r.name for r in unlabelled.recordings if r.label != UNLABELLED]:
            raise ValueError(
                f"unlabelled must hold no labels, got one of {told[0]}; take adversarial.without_labels"
            )
        self.training, self.unlabelled = training, unlabelled
        self.devices = device_names(training.recordings, unlabelled.recordings)
        self._numbers = [
            torch.from_numpy(device_numbers(dataset.recordings, self.devices))
            for dataset in (training, unlabelled)
        ]

    def loader(
        self, config: TrainingConfig, steps: int, generator: Generator, *, pin_memory: bool
    ) -> DataLoader:
        """Batches without labels beside those with labels: every recording equally often."""
        assert config.adversarial is not None
        size = config.adversarial.target_batch
        sampler = BalancedSampler(self.unlabelled, steps * size, generator)
        return make_loader(self.unlabelled, sampler, config, pin_memory=pin_memory, batch_size=size)

    def shares(self, config: TrainingConfig) -> Float[Tensor, " devices"]:
        """Of each device among all segments that are drawn, in the order of `devices`."""
        assert config.adversarial is not None
        labelled, unlabelled = config.batch_size, config.adversarial.target_batch
        parts = [
            (balanced_weights(self.training, config.subset_exponent), labelled),
            (balanced_weights(self.unlabelled), unlabelled),
        ]
        total = torch.zeros(len(self.devices), dtype=torch.float64)
        for numbers, (weights, n) in zip(self._numbers, parts, strict=True):
            total.index_add_(0, numbers, weights * n / (labelled + unlabelled))
        return total

    def devices_of(
        self, owners: Int[Tensor, " labelled"], unlabelled_owners: Int[Tensor, " unlabelled"]
    ) -> Int[Tensor, " batch"]:
        """Devices of a batch's segments: those with labels, then those without.

        Args:
            owners: numbers of the labelled segments' recordings.
            unlabelled_owners: the same of the others.
        """
        first, second = self._numbers
        return torch.cat([first[owners.cpu()], second[unlabelled_owners.cpu()]]).to(owners.device)
