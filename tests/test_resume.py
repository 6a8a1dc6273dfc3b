"""A run that was killed goes on as if nothing had happened, and never with what it was not begun with."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from spectnet import atomic, runs
from spectnet.experiment import Experiment
from spectnet.model import SpectNet, load_model
from spectnet.runs import evaluate_run, train_experiment
from spectnet.synthesis import synthetic_hearts
from spectnet.training import CheckpointError, Epoch, TrainingError, trainer
from spectnet.training.checkpoints import Checkpoint, load_checkpoint, save_checkpoint

ROOT = Path(__file__).parents[1]
TINY = Experiment.model_validate(
    {
        "name": "tiny",
        "data": "synthetic",
        "split": "stratified-0",
        "model": {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 6]}, "segment_s": 1.0},
        "training": {"epochs": 2, "segments_per_epoch": 16, "batch_size": 8, "validation_folds": 2},
    }
)


@pytest.fixture(scope="module")
def hearts_of_two_seconds():
    return synthetic_hearts(48, seed=1, duration_s=2.0)


@pytest.fixture(autouse=True)
def short_recordings(monkeypatch, hearts_of_two_seconds):
    monkeypatch.setattr(runs, "load_recordings", lambda _: hearts_of_two_seconds)


def train(folder: Path, resume: bool = True, experiment: Experiment = TINY) -> Path:
    return train_experiment(experiment, folder, device="cpu", progress=False, resume=resume)


def epochs(folder: Path) -> list[Epoch]:
    return [Epoch(**epoch) for epoch in json.loads((folder / "run.json").read_text())["history"]]


def stop_in_epoch(monkeypatch, number: int) -> None:
    """The next training ends by Ctrl+C in that epoch."""
    whole = trainer.Trainer.run_epoch

    def stopped(self, epoch, bar):
        if epoch == number:
            raise KeyboardInterrupt
        return whole(self, epoch, bar)

    monkeypatch.setattr(trainer.Trainer, "run_epoch", stopped)


@pytest.mark.timeout(400)  # eight short trainings: seconds, on a machine with nothing else to do
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_run_killed_again_and_again_ends_bit_for_bit_as_one_that_ran_through(tmp_path):
    script = ROOT / "tests" / "killed_again_and_again.py"
    ran = subprocess.run(
        [sys.executable, script, tmp_path],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert [line.endswith("True") for line in ran.stdout.splitlines()] == [False] + 5 * [True]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for name in ("model.safetensors", "config.json"):
        assert (whole / name).read_bytes() == (killed / name).read_bytes(), name
    assert epochs(whole) == epochs(killed)
    assert len(epochs(whole)) == 4
    ends = [load_checkpoint(folder / "checkpoint.safetensors") for folder in (whole, killed)]
    first, second = ({(g, n): t for g, ts in end.tensors.items() for n, t in ts.items()} for end in ends)
    assert first.keys() == second.keys()
    assert {group for group, _ in first} == {"model", "average", "best", "optimizer"}
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key
    assert not list(killed.glob(".*")), "halves of files were left"


def test_a_finished_run_resumes_to_itself(tmp_path):
    folder = train(tmp_path / "run")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    train(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "changes",
    [{"optimiser": "sgd", "schedule": "constant"}, {"precision": "bf16", "deterministic": True}],
    ids=["sgd", "bf16"],
)
def test_every_kind_of_training_goes_on_as_if_it_had_not_stopped(tmp_path, monkeypatch, changes):
    training = TINY.training.model_copy(update={**changes, "averaging": 0.5})
    experiment = TINY.model_copy(update={"training": training})
    whole = train(tmp_path / "whole", experiment=experiment)
    with monkeypatch.context() as patch:
        stop_in_epoch(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "run", experiment=experiment)
    folder = train(tmp_path / "run", experiment=experiment)
    assert epochs(folder) == epochs(whole)
    assert (folder / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()


def test_without_resume_a_run_begins_anew_and_leaves_no_old_checkpoint(tmp_path, monkeypatch):
    folder = train(tmp_path / "run")
    stop_in_epoch(monkeypatch, 1)
    with pytest.raises(KeyboardInterrupt):
        train(folder, resume=False)
    assert not (folder / "checkpoint.safetensors").exists()


def test_what_a_run_costs_adds_up_over_resumes(tmp_path, monkeypatch):
    def cost() -> np.ndarray:
        run = json.loads((tmp_path / "run.json").read_text())
        return np.array([run["seconds"], run["core_seconds"]])

    with monkeypatch.context() as patch:
        stop_in_epoch(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path)
    before = cost()
    train(tmp_path)
    assert (cost() > before).all()
    assert (before > 0).all()
    spent = sum(epoch.seconds for epoch in epochs(tmp_path))
    assert cost()[0] >= spent


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": {"learning_rate": 0.1}}, r"training\.learning_rate = 0\.003, and now it is 0\.1; "),
        ({"model": {"segment_s": 0.5}}, r"model\.segment_s = 1\.0, and now it is 0\.5; "),
        ({"split": "stratified-1"}, r"split = 'stratified-0', and now it is 'stratified-1'; "),
    ],
)
def test_another_config_is_refused(tmp_path, changes, message):
    train(tmp_path)
    other = TINY.model_dump()
    for key, value in changes.items():
        other[key] = {**other[key], **value} if isinstance(value, dict) else value
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(CheckpointError, match=message + "go back to that, or start again without --resume"):
        train(tmp_path, experiment=Experiment.model_validate(other))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_other_data_are_refused(tmp_path, monkeypatch, hearts_of_two_seconds):
    train(tmp_path)
    others = synthetic_hearts(48, seed=2, duration_s=2.0)  # with the same names
    monkeypatch.setattr(runs, "load_recordings", lambda _: others)
    with pytest.raises(CheckpointError, match=r"was made with data\..* = '\w{16}', and now it is '\w{16}'"):
        train(tmp_path)


def test_a_run_that_goes_on_with_other_code_names_both_commits(tmp_path, monkeypatch):
    monkeypatch.setattr(runs.results, "current_commit", lambda: "first")
    with monkeypatch.context() as patch:
        stop_in_epoch(patch, 2)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path)
    monkeypatch.setattr(runs.results, "current_commit", lambda: "second")
    train(tmp_path)
    assert json.loads((tmp_path / "run.json").read_text())["commit"] == "first+second"


@pytest.mark.parametrize("kind", ["cut short", "pickle", "foreign"])
def test_a_checkpoint_that_is_none_is_refused(tmp_path, kind):
    path = train(tmp_path) / "checkpoint.safetensors"
    if kind == "cut short":
        path.write_bytes(path.read_bytes()[:-100])
    elif kind == "pickle":
        torch.save({"model": {}}, path)
    else:
        path.write_bytes((tmp_path / "model.safetensors").read_bytes())
    with pytest.raises(CheckpointError, match=r"is not a whole checkpoint .*; start again without --resume"):
        train(tmp_path)


def test_a_full_disk_stops_with_a_sentence_and_the_last_checkpoint_can_go_on(tmp_path, monkeypatch):
    """The disk fills up while the second epoch's checkpoint is written."""
    whole = train(tmp_path / "whole")
    folder, count = tmp_path / "full", iter(range(1, 100))

    def full(descriptor: int) -> None:
        if next(count) > 5:  # weights, config, CSV, run and checkpoint of the first epoch
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(atomic.os, "fsync", full)
        with pytest.raises(
            TrainingError,
            match=r"could not be written \(No space left on device\); what it held before is kept\. "
            r"Epoch 2 is lost, .*make room, then continue with `spectnet train \.\.\. --resume`",
        ):
            train(folder)
    assert len(load_checkpoint(folder / "checkpoint.safetensors").head["history"]) == 1
    assert not list(folder.glob(".*"))
    train(folder)
    assert epochs(folder) == epochs(whole)


def test_a_loss_that_is_not_finite_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    whole = trainer.Trainer.run_epoch

    def spoilt(self, number, bar):
        if number == 2:
            with torch.no_grad():
                self.model.backbone.head.weight.fill_(float("nan"))
        return whole(self, number, bar)

    with monkeypatch.context() as patch:
        patch.setattr(trainer.Trainer, "run_epoch", spoilt)
        with pytest.raises(TrainingError, match=r"the loss became nan at step 0 of epoch 2; "):
            train(tmp_path)
    found = load_checkpoint(tmp_path / "checkpoint.safetensors")
    assert len(found.head["history"]) == 1
    assert all(tensor.isfinite().all() for tensor in found.tensors["model"].values())
    load_model(tmp_path)
    with pytest.raises(ValueError, match=r"has 1 of \d epochs; finish it with .* --resume`, then test it"):
        evaluate_run(tmp_path, device="cpu", progress=False)


def test_a_run_stopped_while_its_model_was_saved_is_not_tested(tmp_path):
    train(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "threshold": 0.123}))
    with pytest.raises(ValueError, match=r"stopped while its model was saved; .* --resume"):
        evaluate_run(tmp_path, device="cpu", progress=False)


def test_a_checkpoint_survives_the_disk_bit_for_bit(tmp_path):
    tensors = {"a/b": torch.rand(3, 2).T, "n": torch.tensor(7), "h": torch.rand(2).bfloat16()}
    save_checkpoint(Checkpoint({"model": tensors}, {"x": [0.1, None]}), tmp_path / "c")
    again = load_checkpoint(tmp_path / "c")
    assert again.head == {"x": [0.1, None]}
    assert all(torch.equal(again.tensors["model"][name], tensor) for name, tensor in tensors.items())


def test_curves_are_written_for_tensorboard(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    experiment = TINY.changed(seed=1)
    train_experiment(experiment, tmp_path, device="cpu", progress=False, tensorboard=True)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    for number, epoch in enumerate(epochs(tmp_path)):
        assert events.Scalars("loss")[number].value == pytest.approx(epoch.loss)
        found = events.Scalars("center_frequencies/03")[number]
        assert (found.step, found.value) == (epoch.epoch, pytest.approx(epoch.center_frequencies[3]))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    atomic.write(path, "before")

    def fail_half_way() -> None:
        with atomic.replacing(path) as file:
            file.write(b"half of what")
            raise OSError("no luck")

    with pytest.raises(
        OSError, match=r"file\.txt could not be written \(no luck\); what it held before is kept"
    ):
        fail_half_way()
    assert path.read_text() == "before"
    atomic.write(path, b"after")
    assert path.read_text() == "after"
    assert list(path.parent.iterdir()) == [path]


def test_the_average_is_what_is_saved_and_resumed(tmp_path):
    experiment = TINY.model_copy(update={"training": TINY.training.model_copy(update={"averaging": 0.9})})
    train(tmp_path, experiment=experiment)
    found = load_checkpoint(tmp_path / "checkpoint.safetensors").tensors
    best = json.loads((tmp_path / "run.json").read_text())["history"]
    last_is_best = max(best, key=lambda e: (e["validation_macc"], -e["epoch"]))["epoch"] == 2
    kept = SpectNet(experiment.model)
    kept.load_state_dict(found["average" if last_is_best else "best"])
    for name, value in load_model(tmp_path).state_dict().items():
        assert torch.equal(value, kept.state_dict()[name]), name
