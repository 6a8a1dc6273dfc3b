"""`ThresholdExplorer` in Python: its numbers are the metrics', and it refuses what is no run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import traitlets

from spectnet import metrics
from spectnet.explorers import ThresholdExplorer
from tests.explorers.stored import assert_current
from tests.explorers.write_threshold import VECTORS, made, runs, vectors

ROWS = made([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9])["recordings"]


@pytest.fixture(scope="module")
def run() -> dict:
    """One run of the results on record."""
    return runs()["on record"]


def test_vectors_are_current() -> None:
    assert_current(VECTORS, vectors())


def test_starts_at_the_runs_own_threshold_with_the_numbers_on_record(run: dict) -> None:
    explorer = ThresholdExplorer(run)
    assert explorer.threshold == explorer.own_threshold == run["threshold"]
    for name in ("true_positives", "false_negatives", "true_negatives", "false_positives"):
        assert getattr(explorer, name) == run[name]
    for name in ("sensitivity", "specificity", "macc"):
        assert getattr(explorer, name) == pytest.approx(run[name])
    assert explorer.macc_interval == run["macc_interval"]


@pytest.mark.parametrize("threshold", [0.0, 0.2, 0.5, 0.987, 1.0])
def test_everything_follows_the_threshold(run: dict, threshold: float) -> None:
    explorer = ThresholdExplorer(run)
    explorer.threshold = threshold
    labels, scores = (np.array([row[key] for row in run["recordings"]]) for key in ("label", "score"))
    found = metrics.binary_metrics(labels, scores, threshold)
    assert (explorer.true_positives, explorer.false_positives) == (
        found.true_positives,
        found.false_positives,
    )
    assert (explorer.sensitivity, explorer.specificity) == (found.sensitivity, found.specificity)
    assert tuple(explorer.macc_interval) == metrics.macc_interval(labels, scores, threshold)


def test_observers_hear_the_new_macc(run: dict) -> None:
    explorer, heard = ThresholdExplorer(run), []
    explorer.observe(lambda change: heard.append(change.new), "macc")
    explorer.threshold = 0.6
    assert heard == [explorer.macc]


def test_a_file_and_its_contents_make_the_same_explorer(run: dict, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run))
    state = {name: value for name, value in ThresholdExplorer(run).get_state().items() if name != "layout"}
    for given in (path, str(path)):
        explorer = ThresholdExplorer(given)
        assert {name: explorer.get_state()[name] for name in state} == state


def test_says_where_the_threshold_came_from(run: dict) -> None:
    assert ThresholdExplorer(run).title == "learned-16, paper-fold-0, seed 0"
    assert ThresholdExplorer(run).origin == ", chosen on inner validation"
    assert "test fold" in ThresholdExplorer({**run, "selection": "test-fold"}).origin
    own = ThresholdExplorer({"threshold": 0.5, "recordings": ROWS})
    assert (own.title, own.origin) == ("your run", "")


def test_points_first_at_the_closest_call_and_then_at_any_recording() -> None:
    explorer = ThresholdExplorer({"threshold": 0.8, "recordings": ROWS})
    assert explorer.chosen == "r003"
    explorer.chosen = "r000"
    with pytest.raises(traitlets.TraitError, match=r"chosen must name one of the 4 recordings, got 'r9'"):
        explorer.chosen = "r9"
    assert explorer.chosen == "r000"


@pytest.mark.parametrize("threshold", [-0.01, 1.5, float("nan")])
def test_impossible_threshold_is_refused_and_nothing_changes(threshold: float) -> None:
    explorer = ThresholdExplorer({"threshold": 0.5, "recordings": ROWS})
    before = explorer.get_state()
    with pytest.raises(traitlets.TraitError, match=r"threshold must lie in 0 to 1, got"):
        explorer.threshold = threshold
    assert explorer.get_state() == before


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({}, r"the run must hold threshold and recordings.*none for threshold, recordings"),
        ({"threshold": 0.5, "recordings": []}, r"both classes"),
        ({"threshold": 0.5, "recordings": ROWS[::2]}, r"both classes, 0 and 1, got \[0\]"),
        ({"threshold": 0.5, "recordings": [{"name": "x", "label": 1}]}, r"got one without score"),
        ({"threshold": 0.5, "recordings": [*ROWS, ROWS[0]]}, r"'r000' more than once"),
        ({"threshold": 0.5, "recordings": [{**ROWS[0], "score": 1.2}]}, r"0 to 1, got 1\.2 for r000"),
        ({"threshold": 0.5, "recordings": [{**ROWS[0], "score": float("nan")}]}, r"got nan for r000"),
        ("nowhere.json", r"nowhere\.json must be the JSON file of a run"),
    ],
)
def test_what_is_no_run_is_refused(run: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ThresholdExplorer(run)  # type: ignore[arg-type]


def test_file_of_many_runs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    path.write_text("[1, 2]")
    with pytest.raises(ValueError, match=r"runs\.json must hold one run, a JSON object, got list"):
        ThresholdExplorer(path)
