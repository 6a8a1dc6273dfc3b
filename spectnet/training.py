"""The training loop: inner validation chooses the epoch and the threshold, nothing else does.

Taught in *One recording, all the way*.
"""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from spectnet.evaluation import score_recordings, score_segments
from spectnet.experiment import TrainingConfig
from spectnet.metrics import best_threshold, binary_metrics
from spectnet.model import SpectNet
from spectnet.sampling import balanced_sampler
from spectnet.segments import SegmentDataset
from spectnet.splits import balancing_weights


class TrainingError(RuntimeError):
    """Training cannot go on; its message says at which step, and what to try."""


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave: mean loss, inner validation, and where the filters stand (Hz)."""

    epoch: int
    loss: float
    validation_macc: float
    threshold: float
    center_frequencies: list[float]
    bandwidths: list[float]


@dataclass
class History:
    """Every epoch of a run, and which of them inner validation chose."""

    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> Epoch:
        """The epoch with the highest validation MACC; of equals, the first."""
        return max(self.epochs, key=lambda epoch: (epoch.validation_macc, -epoch.epoch))

    def write_csv(self, path: Path | str) -> None:
        """One line an epoch: number, loss, validation MACC, threshold."""
        with Path(path).open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["epoch", "loss", "validation_macc", "threshold"])
            writer.writerows([e.epoch, e.loss, e.validation_macc, e.threshold] for e in self.epochs)


def seed_everything(seed: int) -> torch.Generator:
    """Seed PyTorch, and give the generator that draws the segments."""
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def make_optimizer(model: SpectNet, config: TrainingConfig) -> torch.optim.Optimizer:
    """AdamW with two groups: the CNN, and the filters with a rate of their own and no decay."""
    groups = [
        {"params": list(model.backbone.parameters()), "lr": config.learning_rate},
        *model.frontend.parameter_groups(config.frontend_learning_rate, ratio=1.0),
    ]
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def validate(
    model: SpectNet, validation: SegmentDataset, device: torch.device | str = "cpu"
) -> tuple[float, float]:
    """MACC on inner validation, balanced over class and subset, and the threshold that gives it."""
    labels = np.array([recording.label for recording in validation.recordings])
    weights = balancing_weights(validation.recordings)
    scores = score_recordings(validation, score_segments(model, validation, device))
    threshold = best_threshold(labels, scores, weights)
    return binary_metrics(labels, scores, threshold, weights).macc, threshold


def train(
    model: SpectNet,
    training: SegmentDataset,
    validation: SegmentDataset,
    config: TrainingConfig,
    *,
    device: torch.device | str = "cpu",
    progress: bool = True,
    after_epoch: Callable[[SpectNet, History], None] | None = None,
) -> History:
    """Train `model` in place; it ends with the weights of its best epoch on `validation`.

    Args:
        model: its initial weights should come from ``seed_everything(config.seed)``.
        training: segments to learn from, usually overlapping (``hop_s=config.crop_hop_s``).
        validation: segments of recordings that are neither in `training` nor in any test set.
        config: rates, lengths, seed.
        device: where to compute.
        progress: show a bar.
        after_epoch: called with the model and the history so far, to save them.

    Raises:
        TrainingError: the loss or its gradient is not finite; the model is left with its best epoch.
        ValueError: a recording is in both sets.
    """
    _check_disjoint(training, validation)
    generator = seed_everything(config.seed)
    model.to(device)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU
    sampler = balanced_sampler(training, config.segments_per_epoch, generator)
    loader = DataLoader(training, config.batch_size, sampler=sampler, drop_last=True)
    optimizer = make_optimizer(model, config)
    rates = [group["lr"] for group in optimizer.param_groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=config.epochs * len(loader))
    history, best_state = History(), copy.deepcopy(model.state_dict())
    bar = tqdm(range(1, config.epochs + 1), "training", unit="epoch", disable=not progress)
    try:
        for number in bar:
            loss = _train_epoch(model, number, loader, optimizer, schedule, device)
            history.epochs.append(_measure(model, validation, number, loss, device))
            if history.best.epoch == number:
                best_state = copy.deepcopy(model.state_dict())
            bar.set_postfix(loss=f"{loss:.3f}", macc=f"{history.epochs[-1].validation_macc:.3f}")
            if after_epoch:
                after_epoch(model, history)
    finally:
        model.load_state_dict(best_state)
        model.eval()
    return history


def _train_epoch(
    model: SpectNet,
    number: int,
    loader: DataLoader,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    device: torch.device | str,
) -> float:
    model.train()
    losses = []
    for step, (segments, labels, _) in enumerate(loader):
        loss = nn.functional.cross_entropy(model(segments.to(device)), labels.to(device))
        optimizer.zero_grad()
        loss.backward()
        gradient = nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        _check_finite("loss", loss, f"step {step} of epoch {number}")
        _check_finite("gradient", gradient, f"step {step} of epoch {number}")
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return float(np.mean(losses))


def _check_finite(name: str, value: Tensor, where: str) -> None:
    if not torch.isfinite(value):
        raise TrainingError(
            f"the {name} became {value.item()} at {where}; the best epoch so far is kept. "
            "Lower learning_rate, or look for a broken recording with `spectnet verify`"
        )


def _measure(
    model: SpectNet, validation: SegmentDataset, number: int, loss: float, device: torch.device | str
) -> Epoch:
    macc, threshold = validate(model, validation, device)
    with torch.no_grad():
        frequencies, bandwidths = model.frontend.center_frequencies, model.frontend.bandwidths
    return Epoch(number, loss, macc, threshold, frequencies.tolist(), bandwidths.tolist())


def _check_disjoint(training: SegmentDataset, validation: SegmentDataset) -> None:
    shared = {r.name for r in training.recordings} & {r.name for r in validation.recordings}
    if shared:
        raise ValueError(f"{len(shared)} recordings both train and validate, such as {min(shared)}")
