"""A run goes from its config to its result: the best epoch on disk, tested on what it never heard."""

import csv
import json

import numpy as np
import pytest
import torch

from spectnet import runs, sets
from spectnet.evaluation import class_probabilities, score_recordings, score_segments
from spectnet.experiment import Experiment
from spectnet.metrics import binary_metrics
from spectnet.model import load_model
from spectnet.runs import choose_device, evaluate_run, train_experiment
from spectnet.segments import Preprocessing, SegmentDataset
from spectnet.splits import inner_split, named_split
from spectnet.synthesis import synthetic_hearts
from spectnet.training import Epoch

TINY = Experiment.model_validate(
    {
        "name": "tiny",
        "data": "synthetic",
        "split": "stratified-0",
        "model": {
            "frontend": {"n_filters": 4},
            "backbone": {"channels": [4, 6]},
            "segment_s": 1.0,
        },
        "training": {
            "epochs": 3,
            "segments_per_epoch": 32,
            "batch_size": 8,
            "crop_hop_s": 1.0,
            "validation_folds": 2,
        },
    }
)


@pytest.fixture(scope="module")
def recordings():
    return synthetic_hearts(48, seed=1, duration_s=2.0)


@pytest.fixture
def heard(monkeypatch, recordings):
    """Names of all recordings that were cut into segments, in order, one list a data set."""
    names: list[list[str]] = []

    class Listening(SegmentDataset):
        def __init__(self, recordings, *args, **kwargs):
            names.append([recording.name for recording in recordings])
            super().__init__(recordings, *args, **kwargs)

    monkeypatch.setattr(runs, "SegmentDataset", Listening)
    monkeypatch.setattr(runs, "load_recordings", lambda data: recordings)
    return names


@pytest.fixture
def folder(tmp_path, heard):
    """Of a trained tiny run."""
    return train_experiment(TINY, tmp_path / "runs" / "tiny", device="cpu", progress=False)


def test_no_recording_of_the_test_side_is_heard_in_training(folder, heard, recordings):
    outer, tested = named_split("stratified-0", recordings).apply(recordings)
    learning, validating = inner_split(outer, 2).apply(outer)
    assert heard == [[r.name for r in learning], [r.name for r in validating]]
    names = {name for one in heard for name in one}
    assert names == {r.name for r in outer}
    assert not names & {r.name for r in tested}


def test_the_lesson_chooses_on_the_test_side_and_says_so(tmp_path, heard, recordings):
    """It learns from the same recordings as an honest run; only the choice looks where it must not."""
    lesson = TINY.model_copy(update={"training": TINY.training.model_copy(update={"selection": "test-fold"})})
    folder = train_experiment(lesson, tmp_path, device="cpu", progress=False)
    outer, tested = named_split("stratified-0", recordings).apply(recordings)
    learning, validating = inner_split(outer, 2).apply(outer)
    assert heard == [[r.name for r in learning], [r.name for r in tested]]
    result = evaluate_run(folder, device="cpu", progress=False)
    assert result["selection"] == "test-fold"
    assert {row["name"] for row in result["validation"]} == {r.name for r in validating}


@pytest.mark.parametrize(("changes", "fold"), [({}, 0), ({"seed": 3}, 1), ({"validation_fold": 1}, 1)])
def test_the_part_that_validates_turns_with_the_seed_unless_it_is_named(
    tmp_path, heard, recordings, changes, fold
):
    training = TINY.training.model_copy(update={"epochs": 1, **changes})
    train_experiment(TINY.model_copy(update={"training": training}), tmp_path, device="cpu", progress=False)
    outer, _ = named_split("stratified-0", recordings).apply(recordings)
    _, validating = inner_split(outer, 2, fold=fold).apply(outer)
    assert heard[1] == [r.name for r in validating]


def test_the_run_on_disk_is_its_best_epoch(folder, recordings):
    run = json.loads((folder / "run.json").read_text())
    best = max(run["history"], key=lambda epoch: (epoch["validation_macc"], -epoch["epoch"]))
    model = load_model(folder)
    assert model.config == TINY.model.model_copy(update={"threshold": best["threshold"]})
    assert model.frontend.center_frequencies.tolist() == pytest.approx(best["center_frequencies"])
    with (folder / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == [epoch["loss"] for epoch in run["history"]]
    assert Experiment.model_validate(run["experiment"]) == TINY


def test_the_same_config_gives_the_same_run_again(folder, tmp_path, heard):
    again = train_experiment(TINY, tmp_path / "again", device="cpu", progress=False)
    first, second = (json.loads((f / "run.json").read_text())["history"] for f in (folder, again))
    assert [Epoch(**epoch) for epoch in first] == [Epoch(**epoch) for epoch in second]
    assert (folder / "model.safetensors").read_bytes() == (again / "model.safetensors").read_bytes()


def test_the_result_is_the_kept_models_on_the_test_side(folder, heard, recordings):
    heard.clear()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    result = evaluate_run(folder, device="cpu", progress=False)
    _, tested = named_split("stratified-0", recordings).apply(recordings)
    assert heard[0] == [recording.name for recording in tested]

    model = load_model(folder)
    dataset = SegmentDataset(tested, Preprocessing(), segment_s=1.0)
    probabilities = score_segments(model, dataset)
    scores = score_recordings(dataset, probabilities)
    labels = np.array([recording.label for recording in tested])
    assert [r["score"] for r in result["recordings"]] == pytest.approx(scores.tolist(), abs=5e-6)
    assert result["macc"] == binary_metrics(labels, scores, model.config.threshold).macc
    right = (probabilities >= model.config.threshold) == labels[dataset.recording_index]
    assert result["segment_accuracy"] == pytest.approx(right.mean())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_run_is_tested_as_it_was_validated(tmp_path, heard, monkeypatch):
    """In its precision, and with dropout where the lesson asks for it."""
    asked = []

    def listening(*args: object, **how: object) -> np.ndarray:
        asked.append(how)
        return class_probabilities(*args, **how)

    monkeypatch.setattr(runs, "class_probabilities", listening)
    how = {"precision": "bf16", "dropout_at_test": True}
    recipe = TINY.training.model_copy(update={"epochs": 1, **how})
    train_experiment(TINY.model_copy(update={"training": recipe}), tmp_path, device="cpu", progress=False)
    first = evaluate_run(tmp_path, device="cpu", progress=False)
    assert asked == [how, how], "the test side, and inner validation for an ensemble's threshold"
    torch.rand(1)
    again = evaluate_run(tmp_path, device="cpu", progress=False)
    assert first == again, "what is drawn is drawn from the run's seed"


def test_an_experiment_may_be_chosen_after_training_and_nothing_else_changes(folder, heard):
    plain = evaluate_run(folder, device="cpu", progress=False)
    chosen = evaluate_run(folder, device="cpu", role="chosen", progress=False)
    assert (plain.pop("role"), chosen.pop("role")) == ("", "chosen")
    assert (plain["config"].pop("role"), chosen["config"].pop("role")) == ("", "chosen")
    assert plain == chosen


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds no run\.json; train a run with `spectnet train CONFIG`"):
        evaluate_run(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "JSONDecodeError"),
        ("{}", "KeyError"),
        ('{"experiment": {"name": "x", "sed": 1}, "history": []}', "unknown setting 'sed'"),
    ],
)
def test_a_run_that_is_cut_short_is_named(tmp_path, content, reason):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(ValueError, match=rf"run\.json is not what a run writes \(.*{reason}.*train it again"):
        evaluate_run(tmp_path)


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "meta:x"])
def test_a_device_that_is_not_there_is_refused_before_anything_is_read(name, tmp_path, heard):
    with pytest.raises(
        ValueError, match=f"device '{name}' is not there .*take cpu, or run `spectnet doctor`"
    ):
        train_experiment(TINY, tmp_path / "run", device=name, progress=False)
    assert heard == []


def test_the_device_is_the_gpu_where_there_is_one():
    assert choose_device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert choose_device("cpu") == torch.device("cpu")


def test_synthetic_data_is_made_and_the_same_every_time(monkeypatch):
    monkeypatch.setattr(sets, "N_SYNTHETIC", 4)
    first, second = runs.load_recordings("synthetic"), runs.load_recordings("synthetic")
    assert [r.name for r in first] == ["syn0001", "syn0002", "syn0003", "syn0004"]
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(first, second, strict=True))
