"""Train a tiny run, once at a stretch and once killed with -9 again and again; called by test_resume.py.

Every training is a process of its own, forked before any number was computed, and ends by SIGKILL, which
nothing can catch, at a moment that is known to the step. So the same moments are tried every time.

    python tests/killed_again_and_again.py FOLDER
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from spectnet import atomic, runs
from spectnet.experiment import Experiment
from spectnet.synthesis import synthetic_hearts
from spectnet.training import loop, trainer

EXPERIMENT = Experiment.model_validate(
    {
        "name": "tiny",
        "data": "synthetic",
        "split": "stratified-0",
        "model": {
            "frontend": {"n_filters": 4},
            "backbone": {"channels": [4, 6], "dropout": 0.3},
            "segment_s": 1.0,
        },
        # Everything that draws random numbers or remembers something is on.
        "training": {
            "epochs": 4,
            "segments_per_epoch": 32,
            "batch_size": 8,
            "crop_hop_s": 0,
            "validation_folds": 2,
            "averaging": 0.9,
            "mixup": 0.4,
            "label_smoothing": 0.05,
            "accumulation": 2,
            "augmentation": {
                "gain_db": 6,
                "colour_db": 6,
                "noise_snr_db": 0,
                "shift_s": 0.1,
                "speed": 0.1,
                "requantise_bits": [6, 10],
                "filter_mask": 1,
                "time_mask_s": 0.2,
            },
        },
    }
)


def kill_at(calls: int, where: object, name: str, *, before: bool = True) -> Callable[[], None]:
    """Arrange a SIGKILL at the `calls`-th call of a function."""

    def arrange() -> None:
        kept, count = getattr(where, name), iter(range(1, 10**6))

        def deadly(*args: object, **kwargs: object) -> object:
            last = next(count) == calls
            if last and before:
                os.kill(os.getpid(), signal.SIGKILL)
            out = kept(*args, **kwargs)
            if last:
                os.kill(os.getpid(), signal.SIGKILL)
            return out

        setattr(where, name, deadly)

    return arrange


class HalfWritten:
    """A file that takes half of what it is given, and then the process dies."""

    def __init__(self, file) -> None:
        self.file = file

    def __getattr__(self, name: str):
        return getattr(self.file, name)

    def write(self, content: bytes) -> None:
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        os.kill(os.getpid(), signal.SIGKILL)


def kill_while_writing_the_checkpoint() -> None:
    """When half of the second checkpoint's bytes are on disk."""
    write, count = atomic.write, iter(range(1, 10**6))

    def deadly(path: Path, content: bytes) -> None:
        if Path(path).name != "checkpoint.safetensors" or next(count) < 2:
            return write(path, content)
        with atomic.replacing(path) as file:
            HalfWritten(file).write(content)

    atomic.write = deadly


MOMENTS = {
    "in the first epoch": kill_at(3, trainer.Trainer, "_part"),
    "in the second epoch, between two parts of a batch": kill_at(12, trainer.Trainer, "_part"),
    "while validating the second epoch": kill_at(1, trainer.judge, "validate"),
    "while the second epoch's checkpoint is written": kill_while_writing_the_checkpoint,
    "after the model was saved, before the checkpoint": kill_at(1, loop, "save_checkpoint"),
    "right after a checkpoint": kill_at(1, loop, "save_checkpoint", before=False),
}


def in_a_process(work: Callable[[], object]) -> int:
    """Run something in a fork; the signal that ended it, or 0."""
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the training failed by itself"
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    code = 1
    try:
        torch.set_num_threads(1)
        recordings = synthetic_hearts(48, seed=1, duration_s=2.0)
        runs.load_recordings = lambda _: recordings
        work()
        code = 0
    finally:
        os._exit(code)


def train(folder: Path, resume: bool = True) -> None:
    """The tiny run."""
    runs.train_experiment(EXPERIMENT, folder, device="cpu", progress=False, resume=resume)


def main(folder: Path) -> None:
    """Both runs, into `folder`."""
    assert in_a_process(lambda: train(folder / "whole", resume=False)) == 0
    for name, arrange in MOMENTS.items():
        ended = in_a_process(lambda arrange=arrange: (arrange(), train(folder / "killed")))
        assert ended == signal.SIGKILL, name
        left = folder / "killed" / "checkpoint.safetensors"
        print(f"killed {name}; checkpoint: {left.is_file()}")
    assert in_a_process(lambda: train(folder / "killed")) == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
