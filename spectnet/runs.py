"""One experiment from its config to its result: train it into a folder, then test that folder once.

A run's folder holds the saved model, ``history.csv`` and ``run.json``. Training never opens the
recordings it will be tested on; testing reads the folder and changes nothing in it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch

from spectnet import physionet, results, synthesis
from spectnet.evaluation import score_recordings, score_segments
from spectnet.experiment import Experiment
from spectnet.metrics import binary_metrics
from spectnet.model import SpectNet, load_model, save_model
from spectnet.recordings import Recording
from spectnet.segments import SegmentDataset
from spectnet.splits import inner_split, named_split
from spectnet.training import Epoch, History, seed_everything, train

RUN_FILE = "run.json"
N_SYNTHETIC = 160


def load_recordings(data: str) -> list[Recording]:
    """The recordings an experiment names: ``"physionet2016"`` from disk, ``"synthetic"`` made here."""
    return synthesis.synthetic_hearts(N_SYNTHETIC, seed=0) if data == "synthetic" else physionet.index()


def default_device() -> str:
    """The GPU where there is one, else the CPU."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def train_experiment(
    experiment: Experiment, folder: Path | str, *, device: str | None = None, progress: bool = True
) -> Path:
    """Train an experiment and leave the best model so far in `folder` after every epoch.

    Args:
        experiment: as `experiment.load_experiment` reads it.
        folder: is made if need be; an older run in it is replaced.
        device: by default a GPU if there is one.
        progress: show bars.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    commit, started = results.current_commit(), time.perf_counter()
    recordings = load_recordings(experiment.data)
    outer, _ = named_split(experiment.split, recordings).apply(recordings)
    learning, validating = inner_split(outer, experiment.training.validation_folds).apply(outer)
    cut = partial(
        SegmentDataset,
        settings=experiment.model.preprocessing,
        segment_s=experiment.model.segment_s,
        progress=progress,
    )
    training, validation = cut(learning, hop_s=experiment.training.crop_hop_s), cut(validating)

    def keep(model: SpectNet, history: History) -> None:
        if history.best is history.epochs[-1]:
            save_model(model, folder, threshold=history.best.threshold)
        history.write_csv(folder / "history.csv")
        seconds = time.perf_counter() - started
        _write_run(folder, experiment, history, seconds, commit)

    seed_everything(experiment.training.seed)
    model = SpectNet(experiment.model)
    train(
        model,
        training,
        validation,
        experiment.training,
        device=device or default_device(),
        progress=progress,
        after_epoch=keep,
    )
    return folder


def _write_run(folder: Path, experiment: Experiment, history: History, seconds: float, commit: str) -> None:
    run = {
        "experiment": experiment.model_dump(mode="json"),
        "commit": commit,
        "seconds": seconds,
        "machine": results.machine(),
        "history": [asdict(epoch) for epoch in history.epochs],
    }
    (folder / RUN_FILE).write_text(json.dumps(run) + "\n")


def evaluate_run(folder: Path | str, *, device: str | None = None, progress: bool = True) -> dict:
    """Score a trained run on the test side of its split, and give its result.

    Args:
        folder: as `train_experiment` left it.
        device: by default a GPU if there is one.
        progress: show a bar.

    Raises:
        ValueError: no run in the folder, or a model that cannot be used.
    """
    folder = Path(folder)
    if not (folder / RUN_FILE).is_file():
        raise ValueError(f"{folder} holds no {RUN_FILE}; train a run with `spectnet train CONFIG`")
    run = json.loads((folder / RUN_FILE).read_text())
    experiment = Experiment.model_validate(run["experiment"])
    history = History([Epoch(**epoch) for epoch in run["history"]])
    recordings = load_recordings(experiment.data)
    _, tested = named_split(experiment.split, recordings).apply(recordings)
    model = load_model(folder).to(device or default_device())
    dataset = SegmentDataset(
        tested, model.config.preprocessing, segment_s=model.config.segment_s, progress=progress
    )
    probabilities = score_segments(model, dataset, device or default_device())
    return results.make_result(
        experiment,
        history,
        tested,
        score_recordings(dataset, probabilities),
        segment_accuracy=_segment_accuracy(tested, dataset, probabilities, history.best.threshold),
        seconds=run["seconds"],
        commit=run["commit"],
        machine=run["machine"],
    )


def _segment_accuracy(
    recordings: Sequence[Recording], dataset: SegmentDataset, probabilities: np.ndarray, threshold: float
) -> float:
    labels = np.array([recording.label for recording in recordings])[dataset.recording_index]
    return binary_metrics(labels, probabilities, threshold).accuracy
