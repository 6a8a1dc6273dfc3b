"""The same small training in one process or in several; called by test_processes.py.

python tests/two_processes.py FOLDER
torchrun --nproc_per_node 2 tests/two_processes.py FOLDER
"""

import os
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from spectnet import runs
from spectnet.evaluation import score_segments
from spectnet.experiment import Experiment, TrainingConfig
from spectnet.model import SpectNet, SpectNetConfig
from spectnet.segments import Preprocessing, SegmentDataset
from spectnet.synthesis import synthetic_hearts
from spectnet.training import seed_everything, validate
from spectnet.training.hardware import make_accelerator
from spectnet.training.trainer import Trainer

CONFIG = TrainingConfig(
    epochs=2, segments_per_epoch=48, batch_size=16, crop_hop_s=0, averaging=0.9, label_smoothing=0.1
)
RANK = int(os.environ.get("RANK", "0"))


class PlainBackbone(nn.Sequential):
    """Neither batch norm nor dropout: nothing hangs on which process saw which segment."""

    def __init__(self) -> None:
        super().__init__(
            nn.Unflatten(1, (1, 4)),
            nn.Conv2d(1, 8, 3, stride=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 2),
        )


def small_model(plain: bool) -> SpectNet:
    """Four filters; with batch norm and dropout, or plain."""
    seed_everything(0)
    settings = {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 6, 8]}, "segment_s": 1.0}
    model = SpectNet(SpectNetConfig.model_validate(settings))
    if plain:
        model.backbone = PlainBackbone()
    return model


class Listening(Trainer):
    """Keeps what every step was given, and its loss."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.heard: list[tuple[Tensor, float]] = []

    def _part(self, segments: Tensor, labels: Tensor) -> tuple[float, float]:
        loss, norm = super()._part(segments, labels)
        self.heard.append((segments.clone(), loss))
        return loss, norm


def shared_statistics(training: SegmentDataset) -> list[Tensor]:
    """Batch-norm statistics of a model and of its average, which differed by process and by model before."""
    trainer = Trainer(small_model(plain=False), training, CONFIG, "cpu")
    models = trainer.model, trainer.average.model
    for number, model in enumerate(models):
        for buffer in model.buffers():
            buffer.fill_(10 * number + RANK)
    trainer._share_buffers()
    return [torch.stack([b.double().mean() for b in model.buffers()]) for model in models]


def main(folder: Path) -> None:
    """Evaluate, train and write down what was seen, by rank."""
    recordings = synthetic_hearts(24, seed=1, duration_s=3.0, devices=("electronic", "contact"))
    training = SegmentDataset(recordings[0::2], Preprocessing(), segment_s=1.0, hop_s=0)
    # Enough segments for several batches of evaluation.
    validation = SegmentDataset(recordings[1::2], Preprocessing(), segment_s=1.0, hop_s=0.02)
    untrained = small_model(plain=False)
    accelerator = make_accelerator(CONFIG, "cpu")
    found = {
        "processes": accelerator.num_processes,
        "metrics": tuple(validate(untrained, validation, accelerator=accelerator)),
        "shares": score_segments(untrained, validation, share=(RANK, accelerator.num_processes)),
    }
    found["statistics"] = shared_statistics(training)
    trainer = Listening(small_model(plain=True), training, CONFIG, "cpu")
    bar = trainer.bar(progress=False)
    epochs = []
    for number in (1, 2):
        loss = trainer.run_epoch(number, bar)
        epochs.append(trainer.measure(validation, number, loss, 0.0))
    found["segments"] = [segments for segments, _ in trainer.heard]
    found["losses"] = [loss for _, loss in trainer.heard]
    found["epochs"] = [(e.loss, e.validation_macc, e.validation_auc) for e in epochs]
    found["weights"] = {name: value.clone() for name, value in trainer.judged.state_dict().items()}
    torch.save(found, folder / f"rank{RANK}.pt")
    runs.load_recordings = lambda _: recordings
    experiment = Experiment(
        name="together",
        data="synthetic",
        split="stratified-0",
        model=untrained.config,
        training=CONFIG.model_copy(update={"validation_folds": 2}),
    )
    runs.train_experiment(experiment, folder / "run", device="cpu", progress=False)
    print(f"main {RANK}" if runs.finish() else f"other {RANK}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
