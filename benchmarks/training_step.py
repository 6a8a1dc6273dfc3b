"""One step of training, taken apart: how long its parts take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import torch
from torch import Tensor, nn

from spectnet.augmentation import augment, mask_spectrogram
from spectnet.experiment import Experiment, load_experiment
from spectnet.sampling import BalancedSampler
from spectnet.segments import SegmentDataset
from spectnet.synthesis import synthetic_hearts

EXPERIMENT = Path(__file__).resolve().parents[1] / "configs" / "learned-16.toml"
"""Its model, batches and augmentation are ours here."""
MODEL_PARTS = ("front-end", "CNN forward", "CNN backward", "front-end backward", "optimiser")
"""What a step of any network consists of; their sum is the step."""
BATCH_PARTS = ("data", "augmentation", "masks")
"""What our training does besides; the same for every network."""
_PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}

Clock = Callable[[], float]


class Stopwatch:
    """Seconds since it was last asked, by part."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.parts = clock, dict[str, float]()
        self._last = clock()

    def lap(self, part: str) -> None:
        """What ended just now was `part`."""
        now = self.clock()
        self.parts[part] = self.parts.get(part, 0.0) + now - self._last
        self._last = now


class Trainee:
    """A network in training: front-end, backbone and their optimiser, the same for all.

    The spectrogram is cut out of the graph and its gradient handed on, so that the two backward passes can be
    told apart; the mathematics is that of one backward pass.

    Args:
        model: with a ``frontend`` and a ``backbone``.
        precision: ``"fp32"`` or ``"bf16"``, of the products.
        channels_last: how the CNN's maps lie in memory.
        compiled: let PyTorch compile the CNN.
    """

    def __init__(self, model: nn.Module, precision: str, *, channels_last: bool, compiled: bool) -> None:
        if channels_last:
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.model, self.dtype = model, _PRECISIONS[precision]
        self.backbone = torch.compile(model.backbone) if compiled else model.backbone
        self.optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def step(self, waveform: Tensor, labels: Tensor, clock: Clock = time.process_time) -> dict[str, float]:
        """Forward, backward, one step of the optimiser; seconds of `MODEL_PARTS`."""
        watch = Stopwatch(clock)
        self.optimizer.zero_grad()
        with torch.autocast("cpu", self.dtype, enabled=self.dtype != torch.float32):
            spectrogram = self.model.frontend(waveform)
            watch.lap("front-end")
            read = spectrogram.detach().requires_grad_()
            loss = nn.functional.cross_entropy(self.backbone(read).float(), labels)
            watch.lap("CNN forward")
        loss.backward()
        watch.lap("CNN backward")
        spectrogram.backward(read.grad)
        watch.lap("front-end backward")
        self.optimizer.step()
        watch.lap("optimiser")
        return watch.parts


class Batches:
    """Balanced batches of prepared segments, changed as our training changes them.

    The sounds are synthetic hearts: what a batch costs does not depend on what it sounds like.
    """

    def __init__(self, batch_size: int, n_hearts: int = 40) -> None:
        self.experiment, self.batch_size = load_experiment(EXPERIMENT), batch_size
        model, training = self.experiment.model, self.experiment.training
        self.dataset = SegmentDataset(
            synthetic_hearts(n_hearts, seed=0, duration_s=8.0),
            model.preprocessing,
            segment_s=model.segment_s,
            hop_s=training.crop_hop_s,
        )
        self.generator = torch.Generator().manual_seed(0)
        self._items = self._draw()

    def _draw(self) -> Iterator[int]:
        sampler = BalancedSampler(self.dataset, 100 * self.batch_size, self.generator)
        return chain.from_iterable(iter(sampler) for _ in repeat(None))

    def next(self, clock: Clock = time.process_time) -> tuple[Tensor, Tensor, dict[str, float]]:
        """Waveforms, labels, and the seconds of `BATCH_PARTS` that the batch took."""
        watch = Stopwatch(clock)
        items = [next(self._items) for _ in range(self.batch_size)]
        waveform, labels, _ = self.dataset.gather(items)
        watch.lap("data")
        model, augmentation = self.experiment.model, self.experiment.training.augmentation
        rate = model.preprocessing.sample_rate
        waveform = augment(waveform, rate, augmentation, self.generator)
        watch.lap("augmentation")
        return waveform, labels, watch.parts

    def mask(self, spectrogram: Tensor, frames_per_s: float, clock: Clock = time.process_time) -> float:
        """Seconds that hiding filters and frames takes."""
        watch = Stopwatch(clock)
        mask_spectrogram(spectrogram, frames_per_s, self.experiment.training.augmentation)
        watch.lap("masks")
        return watch.parts["masks"]


def our_experiment() -> Experiment:
    """The experiment whose model stands for ours."""
    return load_experiment(EXPERIMENT)
