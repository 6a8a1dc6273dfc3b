"""One experiment from its config to its result: train it into a folder, then test that folder once.

A run's folder holds the saved model, ``history.csv``, ``run.json`` and a checkpoint. The model never hears
in training what it will be tested on; testing reads the folder and changes nothing in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from accelerate import PartialState
from pydantic import ValidationError

from spectnet import atomic, results
from spectnet.adversarial import without_labels
from spectnet.cache import WaveformCache
from spectnet.evaluation import class_probabilities, score_recordings
from spectnet.experiment import Experiment, TrainingConfig
from spectnet.model import SpectNet, load_model, save_model
from spectnet.recordings import ABNORMAL, Recording
from spectnet.segments import SegmentDataset, prepare_once
from spectnet.sets import SCENES, class_names, load_recordings
from spectnet.settings import explain
from spectnet.splits import inner_split, named_split
from spectnet.training import (
    CHECKPOINT_FILE,
    Clock,
    Epoch,
    History,
    check_same,
    seed_everything,
    train,
    write_curves,
)

RUN_FILE = "run.json"


def choose_device(name: str | None = None) -> torch.device:
    """The device called `name`; by default the GPU where there is one, else the CPU.

    Raises:
        ValueError: no such device, or not on this machine.
    """
    name = name or ("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and "LOCAL_RANK" in os.environ:  # of several processes, each has its own
        name = f"cuda:{os.environ['LOCAL_RANK']}"
    try:
        return torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError) as error:  # PyTorch built without CUDA asserts
        raise ValueError(
            f"device {name!r} is not there ({str(error).splitlines()[0]}); take cpu, or run `spectnet doctor`"
        ) from error


def train_experiment(
    experiment: Experiment,
    folder: Path | str,
    *,
    device: str | None = None,
    progress: bool = True,
    resume: bool = False,
    tensorboard: bool = False,
) -> Path:
    """Train an experiment and leave the best model so far in `folder` after every epoch.

    Args:
        experiment: as `experiment.load_experiment` reads it.
        folder: is made if need be; an older run in it is replaced, unless `resume` continues it.
        device: by default a GPU if there is one.
        progress: show bars.
        resume: go on after the last whole epoch of a run that was stopped; without one, begin.
        tensorboard: write curves to ``folder/tensorboard``.

    Raises:
        ValueError: no such device, split or recordings; a recording that cannot be used; a checkpoint of
            another experiment.
        TrainingError: the loss is not finite, or the disk is full.
    """
    folder, computing_on, clock = Path(folder), choose_device(device), Clock()
    commit = _commit(folder, experiment) if resume else results.current_commit()
    recipe = experiment.training
    training, validation, unlabelled = _training_sides(experiment, progress)

    def keep(model: SpectNet, history: History) -> None:
        if history.best is history.epochs[-1]:
            save_model(model, folder, threshold=history.best.threshold)
        history.write_csv(folder / "history.csv")
        if tensorboard:
            write_curves(history, folder / "tensorboard")
        _write_run(folder, experiment, history, clock, commit)

    seed_everything(recipe.seed)
    train(
        SpectNet(experiment.model),
        training,
        validation,
        recipe,
        unlabelled=unlabelled,
        device=computing_on,
        progress=progress,
        after_epoch=keep,
        checkpoint=folder / CHECKPOINT_FILE,
        resume=resume,
        clock=clock,
    )
    return folder


def finish() -> bool:
    """Let go of the other processes; whether this is the main one, which speaks for all."""
    state = PartialState()
    main = state.is_main_process
    state.destroy_process_group()
    return main


def _training_sides(
    experiment: Experiment, progress: bool
) -> tuple[SegmentDataset, SegmentDataset, SegmentDataset | None]:
    """Segments to learn from, those that choose the epoch, and the other device's, without labels."""
    recipe, recordings = experiment.training, load_recordings(experiment.data)
    learning, validating = inner_sides(experiment, recordings)
    _, tested = named_split(experiment.split, recordings).apply(recordings)
    if recipe.adversarial and {r.subset for r in tested} <= {r.subset for r in (*learning, *validating)}:
        raise ValueError(
            f"{experiment.split} tests no device that is left out of the training, so there is none to train "
            "against; take a split such as leave-out-a (`--split`)"
        )
    if recipe.selection == "test-fold":  # the lesson: what choosing on the test fold would have claimed
        validating = tested
    cut = partial(
        SegmentDataset,
        settings=experiment.model.preprocessing,
        segment_s=experiment.model.segment_s,
        cache=prepare_once(recordings, experiment.model.preprocessing, progress=progress),
    )
    unlabelled = cut(without_labels(tested), hop_s=recipe.crop_hop_s) if recipe.adversarial else None
    return cut(learning, hop_s=recipe.crop_hop_s), cut(validating), unlabelled


def _commit(folder: Path, experiment: Experiment) -> str:
    """The commit of a run that goes on: where the code has changed since, the old one and the new."""
    now, path = results.current_commit(), folder / RUN_FILE
    if not path.is_file():
        return now
    run, before, _ = read_run(path)
    check_same(before.model_dump(mode="json"), experiment.model_dump(mode="json"), path)
    commits = run["commit"].split("+")
    return "+".join([*commits, now] if now != commits[-1] else commits)


def _write_run(folder: Path, experiment: Experiment, history: History, clock: Clock, commit: str) -> None:
    run = {
        "experiment": experiment.model_dump(mode="json"),
        "commit": commit,
        "seconds": clock.seconds,
        "core_seconds": clock.core_seconds,
        "machine": results.machine(),
        "history": history.rows(),
    }
    atomic.write(folder / RUN_FILE, json.dumps(run) + "\n")


def evaluate_run(
    folder: Path | str,
    *,
    device: str | None = None,
    role: Literal["", "chosen"] | None = None,
    progress: bool = True,
) -> dict:
    """Score a trained run on the test side of its split, and give its result.

    Args:
        folder: as `train_experiment` left it.
        device: by default a GPU if there is one.
        role: of the experiment; by default what its config said. It may be ``"chosen"`` only after
            training, when inner validation has picked.
        progress: show a bar.

    Raises:
        ValueError: no such device, no run in the folder, one that has not ended, or a model that cannot
            be used.
    """
    folder, computing_on = Path(folder), choose_device(device)
    run, experiment, history, model = read_finished(folder)
    if role is not None:
        experiment = experiment.model_copy(update={"role": role})
    recordings = load_recordings(experiment.data)
    _, tested = named_split(experiment.split, recordings).apply(recordings)
    model = model.to(computing_on)
    _, validating = inner_sides(experiment, recordings)
    cache = prepare_once(recordings, model.config.preprocessing, progress=progress)
    score = partial(_score, model, experiment.training, computing_on, cache)
    dataset, probabilities, scores = score(tested)
    _, _, validation_scores = score(validating)
    names = class_names(experiment.data)
    return results.make_result(
        experiment,
        history,
        tested,
        scores,
        segment_accuracy=_segment_accuracy(dataset, probabilities, history.best.threshold),
        seconds=run["seconds"],
        core_seconds=run.get("core_seconds"),
        commit=run["commit"],
        machine=run["machine"],
        n_parameters=sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
        validation=results.rows_of(validating, validation_scores),
        classes=names if len(names) > 2 else None,
    )


def inner_sides(
    experiment: Experiment, recordings: Sequence[Recording]
) -> tuple[list[Recording], list[Recording]]:
    """The training side of an experiment's split, less the part that validates, and that part."""
    recipe = experiment.training
    outer, _ = named_split(experiment.split, recordings).apply(recordings)
    whole = experiment.data in SCENES
    inner = inner_split(outer, recipe.validation_folds, fold=recipe.inner_fold, whole_subsets=whole)
    return inner.apply(outer)


def _score(
    model: SpectNet,
    recipe: TrainingConfig,
    device: torch.device,
    cache: WaveformCache | None,
    recordings: Sequence[Recording],
) -> tuple[SegmentDataset, np.ndarray, np.ndarray]:
    """Segments of some recordings, and the scores of both: of abnormal, or of every class."""
    config = model.config
    dataset = SegmentDataset(recordings, config.preprocessing, segment_s=config.segment_s, cache=cache)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)  # with dropout left on, as a lesson, scores are drawn
        probabilities = class_probabilities(
            model, dataset, device, precision=recipe.precision, dropout_at_test=recipe.dropout_at_test
        )
    if probabilities.shape[1] == 2:
        probabilities = probabilities[:, ABNORMAL]
    return dataset, probabilities, score_recordings(dataset, probabilities)


def read_run(path: Path) -> tuple[dict, Experiment, History]:
    """What a run's folder says of it: all of its ``run.json``, its experiment and its history.

    Args:
        path: of that file.

    Raises:
        ValueError: there is none, or it is not what a run writes.
    """
    if not path.is_file():
        raise ValueError(f"{path.parent} holds no {path.name}; train a run with `spectnet train CONFIG`")
    try:
        run = json.loads(path.read_text())
        experiment = Experiment.model_validate(run["experiment"])
        return run, experiment, History([Epoch(**epoch) for epoch in run["history"]])
    except (ValueError, KeyError, TypeError) as error:
        reason = explain(error) if isinstance(error, ValidationError) else repr(error)
        raise ValueError(f"{path} is not what a run writes ({reason}); train it again") from error


def read_finished(folder: Path) -> tuple[dict, Experiment, History, SpectNet]:
    """What the folder of a run says that has ended, as `read_run` gives it, and its model.

    Half a run must not be tested: its end would be tested again, and then the test recordings had been
    read twice.

    Raises:
        ValueError: no run in the folder, one that has not ended, or a model that cannot be used.
    """
    run, experiment, history = read_run(folder / RUN_FILE)
    if len(history.epochs) < experiment.training.epochs:
        raise ValueError(
            f"{folder} has {len(history.epochs)} of {experiment.training.epochs} epochs; "
            "finish it with `spectnet train ... --resume`, then test it"
        )
    model = load_model(folder)
    if model.config.threshold != history.best.threshold:
        raise ValueError(
            f"{folder} was stopped while its model was saved; finish it with `spectnet train ... --resume`"
        )
    return run, experiment, history, model


def _segment_accuracy(dataset: SegmentDataset, probabilities: np.ndarray, threshold: float) -> float:
    labels = np.array([recording.label for recording in dataset.recordings])[dataset.recording_index]
    called = probabilities.argmax(axis=1) if probabilities.ndim == 2 else probabilities >= threshold
    return float((called == labels).mean())
