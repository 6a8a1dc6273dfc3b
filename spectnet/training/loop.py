"""The training loop: train an epoch, validate, keep the best, be ready to be killed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from spectnet import atomic
from spectnet.experiment import TrainingConfig
from spectnet.model import SpectNet
from spectnet.segments import SegmentDataset
from spectnet.training.checkpoints import (
    Checkpoint,
    CheckpointError,
    check_same,
    load_checkpoint,
    save_checkpoint,
)
from spectnet.training.clock import Clock
from spectnet.training.hardware import determinism
from spectnet.training.history import Epoch, History
from spectnet.training.trainer import Trainer, TrainingError


def train(
    model: SpectNet,
    training: SegmentDataset,
    validation: SegmentDataset,
    config: TrainingConfig,
    *,
    unlabelled: SegmentDataset | None = None,
    device: torch.device | str = "cpu",
    progress: bool = True,
    after_epoch: Callable[[SpectNet, History], None] | None = None,
    checkpoint: Path | str | None = None,
    resume: bool = False,
    clock: Clock | None = None,
) -> History:
    """Train `model` in place; it ends with the weights of its best epoch on `validation`.

    Args:
        model: its initial weights should come from ``seed_everything(config.seed)``.
        training: segments to learn from, usually overlapping (``hop_s=config.crop_hop_s``).
        validation: segments of recordings that are neither in `training` nor in any test set.
        config: rates, lengths, seed.
        unlabelled: segments of another device, from recordings `without_labels`, to train against it.
        device: where to compute.
        progress: show a bar.
        after_epoch: called in the main process with the model that was validated and the history so far,
            to save them.
        checkpoint: file that holds all of the training after every epoch; None keeps nothing.
        resume: go on from `checkpoint` where there is one. On one device the result is then the same, bit
            for bit, as if it had never stopped.
        clock: what the run has cost; it goes on from the checkpoint's.

    Raises:
        TrainingError: the loss or its gradient is not finite, or the disk is full; the model is left with
            its best epoch, and the last checkpoint is whole.
        CheckpointError: a checkpoint of another training, or a damaged one.
        ValueError: a recording is in both sets; settings that this device cannot follow.
    """
    for other in (training, unlabelled):
        if other is not None:
            _check_disjoint(other, validation)
    run = _Run(model, training, validation, config, device, clock or Clock(), unlabelled)
    path = Path(checkpoint) if checkpoint else None
    try:
        if path:
            run.clear(path, resume)
        if path and resume and path.is_file():
            run.restore(path)
        with determinism(config.deterministic), run.trainer.bar(progress, len(run.history.epochs)) as bar:
            for number in range(len(run.history.epochs) + 1, config.epochs + 1):
                bar.set_description(f"epoch {number} of {config.epochs}")
                epoch = run.epoch(number, bar)
                bar.set_postfix(loss=f"{epoch.loss:.3f}", macc=f"{epoch.validation_macc:.3f}")
                run.keep(after_epoch, path)
        run.trainer.accelerator.wait_for_everyone()
    finally:
        model.load_state_dict(run.best)
        model.eval()
    return run.history


class _Run:
    """A trainer, its history and its best weights so far."""

    def __init__(
        self,
        model: SpectNet,
        training: SegmentDataset,
        validation: SegmentDataset,
        config: TrainingConfig,
        device: torch.device | str,
        clock: Clock,
        unlabelled: SegmentDataset | None = None,
    ) -> None:
        self.trainer = Trainer(model, training, config, device, unlabelled)
        self.validation, self.clock = validation, clock
        clock.processes = self.trainer.accelerator.num_processes
        self.history, self.best = History(), _copy(model)
        self.settings = {
            "training": config.model_dump(mode="json"),
            "model": model.config.model_dump(mode="json"),
            "data": {"training": training.fingerprint(), "validation": validation.fingerprint()},
        }
        if unlabelled is not None:
            self.settings["data"]["unlabelled"] = unlabelled.fingerprint()

    def epoch(self, number: int, bar: Any) -> Epoch:
        """Train and validate once more."""
        started = time.perf_counter()
        loss = self.trainer.run_epoch(number, bar)
        epoch = self.trainer.measure(self.validation, number, loss, started)
        self.history.epochs.append(epoch)
        if self.history.best is epoch:
            self.best = _copy(self.trainer.judged)
        return epoch

    def keep(self, after_epoch: Callable[[SpectNet, History], None] | None, path: Path | None) -> None:
        """Tell the caller, then write the checkpoint: killed in between, the epoch is done once more."""
        if not self.trainer.accelerator.is_main_process:
            return
        try:
            if after_epoch:
                after_epoch(self.trainer.judged, self.history)
            if path:
                save_checkpoint(self._checkpoint(), path)
        except OSError as error:
            raise TrainingError(
                f"{error}. Epoch {len(self.history.epochs)} is lost, those before it are kept: make room, "
                "then continue with `spectnet train ... --resume`"
            ) from error

    def _checkpoint(self) -> Checkpoint:
        state = self.trainer.state()
        head = {
            **state.head,
            "settings": self.settings,
            "history": self.history.rows(),
            "cost": [self.clock.seconds, self.clock.core_seconds],
        }
        return Checkpoint({**state.tensors, "best": self.best}, head)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint of the same training."""
        found = load_checkpoint(path)
        try:
            check_same(found.head["settings"], self.settings, path)
            self.trainer.restore(found)
            self.history = History([Epoch(**row) for row in found.head["history"]])
            self.clock.earlier = tuple(found.head["cost"])
            self.best = found.tensors["best"]
        except (KeyError, TypeError, RuntimeError) as error:
            raise CheckpointError(f"{path} is no checkpoint of this training ({error!r})") from error

    def clear(self, path: Path, resume: bool) -> None:
        """Remove halves of files, and before a new start an earlier training's checkpoint."""
        if self.trainer.accelerator.is_main_process:
            atomic.remove_halves(path.parent)
            if not resume:
                path.unlink(missing_ok=True)


def _copy(model: SpectNet) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _check_disjoint(training: SegmentDataset, validation: SegmentDataset) -> None:
    shared = {r.name for r in training.recordings} & {r.name for r in validation.recordings}
    if shared:
        raise ValueError(f"{len(shared)} recordings both train and validate, such as {min(shared)}")
