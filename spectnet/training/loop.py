"""The training loop: train an epoch, validate, keep the best."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import Tensor

from spectnet.experiment import TrainingConfig
from spectnet.model import SpectNet
from spectnet.segments import SegmentDataset
from spectnet.training.hardware import determinism
from spectnet.training.history import History
from spectnet.training.trainer import Trainer


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
        after_epoch: called in the main process with the model that was validated and the history so far,
            to save them.

    Raises:
        TrainingError: the loss or its gradient is not finite; the model is left with its best epoch.
        ValueError: a recording is in both sets; settings that this device cannot follow.
    """
    _check_disjoint(training, validation)
    trainer = Trainer(model, training, config, device)
    history, best = History(), _copy(model)
    try:
        with determinism(config.deterministic), trainer.bar(progress) as bar:
            for number in range(1, config.epochs + 1):
                started = time.perf_counter()
                bar.set_description(f"epoch {number} of {config.epochs}")
                loss = trainer.run_epoch(number, bar)
                history.epochs.append(trainer.measure(validation, number, loss, started))
                if history.best.epoch == number:
                    best = _copy(trainer.judged)
                bar.set_postfix(loss=f"{loss:.3f}", macc=f"{history.epochs[-1].validation_macc:.3f}")
                if after_epoch and trainer.accelerator.is_main_process:
                    after_epoch(trainer.judged, history)
    finally:
        model.load_state_dict(best)
        model.eval()
    return history


def _copy(model: SpectNet) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _check_disjoint(training: SegmentDataset, validation: SegmentDataset) -> None:
    shared = {r.name for r in training.recordings} & {r.name for r in validation.recordings}
    if shared:
        raise ValueError(f"{len(shared)} recordings both train and validate, such as {min(shared)}")
