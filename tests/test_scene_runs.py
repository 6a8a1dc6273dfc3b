"""A run of several classes, from config to record: whole folds validate, records hold every score."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import ValidationError

from spectnet import results, runs, sets
from spectnet.experiment import Experiment
from spectnet.recordings import Recording
from spectnet.report import summary_rows

N_CLASSES = 8
SMALL = {
    "preprocessing": {"sample_rate": 4000, "f_low": 50.0, "f_high": 1900.0, "despike": False},
    "frontend": {"n_filters": 4, "f_min": 50.0, "f_max": 1900.0},
    "backbone": {"channels": [4, 8], "n_classes": N_CLASSES},
    "segment_s": 0.5,
}
RECIPE = {"epochs": 6, "segments_per_epoch": 256, "batch_size": 16, "validation_folds": 3, "crop_hop_s": 0.0}


def tones(n: int = 64) -> list[Recording]:
    """A tone a class in noise, recorded at four places."""
    time = np.arange(4000) / 4000
    made = []
    for i in range(n):
        draw, label = np.random.default_rng(i), i % N_CLASSES
        sound = np.sin(2 * np.pi * 150 * 1.35**label * time) + 0.5 * draw.standard_normal(4000)
        made.append(
            Recording(
                f"t{i:03d}", label, f"p{i // N_CLASSES % 4}",
                samples=(0.1 * sound).astype(np.float32), sample_rate=4000,
            )
        )  # fmt: skip
    return made


def experiment(**changes: object) -> Experiment:
    settings = {"name": "esc10-static-4", "data": "synthetic-scenes", "split": "leave-out-p0"}
    return Experiment.model_validate(settings | {"model": SMALL, "training": RECIPE} | changes)


@pytest.fixture(scope="module")
def record(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "load_recordings", lambda _: tones())
        runs.train_experiment(experiment(), folder, device="cpu", progress=False)
        return runs.evaluate_run(folder, device="cpu", progress=False)


def test_a_record_holds_every_score_and_its_metrics_follow(record):
    assert record["classes"] == list(sets.class_names("synthetic-scenes"))
    assert record["n_recordings"] == 16
    assert all(len(row["scores"]) == N_CLASSES for row in record["recordings"])
    again = results.class_metrics_of(record["recordings"])
    assert {key: record[key] for key in again} == again
    assert record["sensitivity"] is record["threshold"] is None


def test_tones_are_told_apart(record):
    assert record["accuracy"] > 2 / N_CLASSES


def test_whole_places_validate(record):
    inner = {row["subset"] for row in record["validation"]}
    assert len(inner) == 1
    assert inner <= {"p1", "p2", "p3"}
    assert {row["subset"] for row in record["recordings"]} == {"p0"}


def test_a_record_comes_back_and_stands_in_every_table(record, tmp_path):
    results.save_result(record, tmp_path)
    (loaded,) = results.load_results(tmp_path)
    assert loaded == json.loads(json.dumps(record))
    assert "| – | – | – |" in results.markdown_table([loaded])
    assert len(results.csv_table([loaded]).splitlines()) == 2
    assert results.table_rows([loaded])[0]["macc"] == record["macc"]
    assert summary_rows([loaded], []) == [], "hearts and scenes share no table"


def test_as_many_logits_as_classes():
    wrong = SMALL | {"backbone": {"n_classes": 2}}
    with pytest.raises(ValidationError, match="n_classes must be 8 for synthetic-scenes, got 2"):
        experiment(model=wrong)


def test_sets_have_their_names():
    assert len(sets.load_recordings("synthetic-scenes")) == sets.N_SYNTHETIC
    with pytest.raises(ValueError, match="data must be one of physionet2016, synthetic, esc10"):
        sets.load_recordings("music")
