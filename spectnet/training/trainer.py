"""One step after another: a model with all that moves it, on its device."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import torch
from accelerate.utils import broadcast
from torch import Tensor
from tqdm.auto import tqdm

from spectnet.augmentation import augment
from spectnet.experiment import TrainingConfig
from spectnet.model import SpectNet
from spectnet.sampling import BalancedSampler
from spectnet.segments import SegmentDataset
from spectnet.training import validation as judge
from spectnet.training.averaging import WeightAverage
from spectnet.training.checkpoints import Checkpoint, optimizer_state, optimizer_tensors
from spectnet.training.hardware import make_accelerator, make_loader
from spectnet.training.history import Epoch
from spectnet.training.objective import AdversarialObjective, TrainingObjective
from spectnet.training.optimiser import make_optimizer, make_schedule
from spectnet.training.seeds import epoch_seed, seed_everything
from spectnet.training.target import Target


class TrainingError(RuntimeError):
    """Training cannot go on; its message says at which step, and what to try."""


class Trainer:
    """A model with all that moves it, on its device.

    Args:
        model: to train.
        training: segments to learn from.
        config: the settings.
        device: where to compute.
        unlabelled: segments without labels, where the settings say to train against the device.

    Raises:
        ValueError: settings that this device cannot follow; `unlabelled` missing, not wanted, or labelled.
    """

    def __init__(
        self,
        model: SpectNet,
        training: SegmentDataset,
        config: TrainingConfig,
        device: torch.device | str,
        unlabelled: SegmentDataset | None = None,
    ) -> None:
        seed_everything(config.seed)
        self.model, self.config = model, config
        self.accelerator = make_accelerator(config, device)
        self.device = self.accelerator.device
        model.to(self.device)
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a third faster on a CPU
        self.steps = config.segments_per_epoch // config.batch_size
        self._segments = torch.Generator()  # alike in every process
        self._changes = torch.Generator(self.device)  # each process's own
        n_samples = self.steps * config.batch_size
        sampler = BalancedSampler(training, n_samples, self._segments, config.subset_exponent)
        pin_memory = self.device.type == "cuda"
        loaders = [make_loader(training, sampler, config, pin_memory=pin_memory)]
        self.target = _target(training, unlabelled, config)
        objective: TrainingObjective = TrainingObjective(model, config)
        if self.target:
            objective = AdversarialObjective(model, config, self.target.shares(config)).to(self.device)
            loaders.append(self.target.loader(config, self.steps, self._segments, pin_memory=pin_memory))
        self.head = getattr(objective, "head", None)
        optimizer = make_optimizer(model, config, self.head)
        self.schedule = make_schedule(optimizer, config, config.epochs * self.steps)
        self._watched = objective  # itself, where several processes wrap it
        self.objective, self.optimizer, *self.loaders = self.accelerator.prepare(
            objective, optimizer, *loaders
        )
        self.rate = config.learning_rate  # of the step before
        self.device_weight: float | None = None  # of the step before
        self.device_accuracy: float | None = None  # of the epoch before
        self.average = WeightAverage(model, config.averaging) if config.averaging else None

    @property
    def judged(self) -> SpectNet:
        """The model that validates and is kept: the average where there is one."""
        return self.average.model if self.average else self.model

    def bar(self, progress: bool, done: int = 0) -> tqdm:
        """A bar over all steps of the training, of which some epochs may be done, in the main process."""
        shown = progress and self.accelerator.is_main_process
        total = self.config.epochs * self.steps
        return tqdm(total=total, initial=done * self.steps, unit="step", disable=not shown)

    def state(self) -> Checkpoint:
        """All that moves, between two epochs."""
        optimizer, scaler = self.optimizer.state_dict(), self.accelerator.scaler
        tensors = {"model": self.model.state_dict(), "optimizer": optimizer_tensors(optimizer)}
        head = {"groups": optimizer["param_groups"], "schedule": self.schedule.state_dict()}
        if self.head is not None:
            tensors["device_head"] = self.head.state_dict()
        if self.average:
            tensors["average"] = self.average.model.state_dict()
            head["average_steps"] = self.average.steps
        if scaler is not None:
            head["scaler"] = scaler.state_dict()
        return Checkpoint(tensors, head)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on from there."""
        tensors, head = checkpoint.tensors, checkpoint.head
        self.model.load_state_dict(tensors["model"])
        self.optimizer.load_state_dict(optimizer_state(tensors.get("optimizer", {}), head["groups"]))
        self.schedule.load_state_dict(head["schedule"])
        if self.head is not None:
            self.head.load_state_dict(tensors["device_head"])
        if self.average:
            self.average.model.load_state_dict(tensors["average"])
            self.average.steps = head["average_steps"]
        if self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(head["scaler"])

    def run_epoch(self, number: int, bar: tqdm) -> float:
        """One epoch; its mean loss over all processes."""
        config, process = self.config, self.accelerator.process_index
        torch.manual_seed(epoch_seed(config.seed, number, process))
        self._changes.manual_seed(epoch_seed(config.seed, number, process))
        self._segments.manual_seed(epoch_seed(config.seed, number))
        self.model.train()
        losses, named = [], []
        for part, (segments, *targets) in enumerate(self._parts(number)):
            loss, norm = self._part(segments, *targets)
            self._check_finite(loss, norm, f"step {part // config.accumulation} of epoch {number}")
            losses.append(loss)
            named.append(getattr(self._watched, "device_accuracy", 0.0))
            bar.update(self.accelerator.sync_gradients)
        if self.target:
            self.device_accuracy = self._mean(named)
        return self._mean(losses)

    def _mean(self, values: list[float]) -> float:
        """Over the epoch and over all processes."""
        mean = torch.tensor(values, device=self.device).mean()
        return float(self.accelerator.reduce(mean, "mean"))

    def _parts(self, number: int) -> Iterator[tuple]:
        """What the objective takes, part after part of the batches of epoch `number`."""
        if not self.target:
            yield from ((segments, labels) for segments, labels, _ in self.loaders[0])
            return
        assert self.config.adversarial is not None
        done, n_parts = (number - 1) / self.config.epochs, self.steps * self.config.accumulation
        for part, (labelled, unlabelled) in enumerate(zip(*self.loaders, strict=True)):
            segments, labels, owners = labelled
            devices = self.target.devices_of(owners, unlabelled[2])
            progress = done + part / n_parts / self.config.epochs
            self.device_weight = self.config.adversarial.weight_at(progress)
            yield torch.cat([segments, unlabelled[0]]), labels, devices, self.device_weight

    def _part(self, segments: Tensor, *targets: Any) -> tuple[float, float]:
        """Loss of a part of a batch, and after the last part the gradient's length and a step."""
        rate = self.model.frontend.sample_rate
        segments = augment(segments, rate, self.config.augmentation, self._changes)
        accelerator, norm = self.accelerator, torch.zeros(())
        with accelerator.accumulate(self.objective):
            loss = self.objective(segments, *targets)
            accelerator.backward(loss)
            if accelerator.sync_gradients:
                norm = accelerator.clip_grad_norm_(self._watched.parameters(), self.config.clip_norm)
            self.optimizer.step()
            self.optimizer.zero_grad()
        if accelerator.sync_gradients and not accelerator.optimizer_step_was_skipped:
            self.rate = float(self.schedule.get_last_lr()[0])
            self.schedule.step()
            if self.average:
                self.average.update(self.model)
        return loss.item(), norm.item()

    def _check_finite(self, loss: float, norm: float, where: str) -> None:
        found = {"loss": loss}
        if self.config.precision != "fp16":  # there a gradient may overflow: the scaler then skips the step
            found["gradient"] = norm
        for name, value in found.items():
            if not math.isfinite(value):
                raise TrainingError(
                    f"the {name} became {value} at {where}; the best epoch so far is kept. "
                    "Lower learning_rate, or look for a broken recording with `spectnet verify`"
                )

    def _share_buffers(self) -> None:
        """Have every process judge with the main one's batch-norm statistics: those that are kept."""
        if self.accelerator.num_processes > 1:
            models = [self.model, self.average.model] if self.average else [self.model]
            for model in models:  # in one order everywhere, since broadcasts meet by their number alone
                for buffer in model.buffers():
                    buffer.copy_(broadcast(buffer))

    def measure(self, validation: SegmentDataset, number: int, loss: float, started: float) -> Epoch:
        """Validate, and note where the filters stand."""
        config, model = self.config, self.judged
        self._share_buffers()
        found = judge.validate(
            model,
            validation,
            self.device,
            precision=config.precision,
            dropout_at_test=config.dropout_at_test,
            accelerator=self.accelerator,
        )
        return Epoch(
            number,
            loss,
            found.macc,
            found.threshold,
            _hertz(model, "center_frequencies"),
            _hertz(model, "bandwidths"),
            validation_auc=found.auc,
            learning_rate=self.rate,
            seconds=round(time.perf_counter() - started, 3),
            device_weight=self.device_weight,
            device_accuracy=self.device_accuracy,
        )


def _target(
    training: SegmentDataset, unlabelled: SegmentDataset | None, config: TrainingConfig
) -> Target | None:
    """The sound without labels that the settings ask for."""
    if (config.adversarial is None) != (unlabelled is None):
        asked = "does not ask for it" if config.adversarial is None else "needs it"
        raise ValueError(
            f"unlabelled must be given together with training.adversarial, which {asked}; see the configs "
            "named adversarial-*.toml"
        )
    return Target(training, unlabelled) if unlabelled is not None else None


def _hertz(model: SpectNet, name: str) -> list[float]:
    """The filters' centre frequencies or bandwidths; none where the front-end has none."""
    with torch.no_grad():
        values = getattr(model.frontend, name, None)
    return [] if values is None else values.tolist()
