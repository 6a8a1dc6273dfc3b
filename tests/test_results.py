"""A result on record holds what its numbers follow from, and they follow from it."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from spectnet import results
from spectnet.experiment import Experiment
from spectnet.metrics import binary_metrics, macc_interval
from spectnet.recordings import Recording
from spectnet.results import COLUMNS, RUNS, load_results, make_result, markdown_table, save_result, table_rows
from spectnet.splits import paper_fold
from spectnet.training import Epoch, History

COMMITTED = sorted(RUNS.glob("*.json"))
PAPER = json.loads((RUNS.parent / "paper.json").read_text())


def result(scores: tuple[float, ...] = (0.1, 0.6, 0.4, 0.9), **changes: object) -> dict:
    """Of two normal and two abnormal recordings, judged at the second epoch's threshold of 0.5."""
    recordings = [Recording(f"r{i}", label, "a", good_quality=i != 1) for i, label in enumerate((0, 0, 1, 1))]
    history = History(
        [Epoch(1, 0.7, 0.6, 0.9, [30.123], [4.567]), Epoch(2, 0.5, 0.8, 0.5, [31.987], [4.321])]
    )
    made = make_result(
        Experiment(name="mine", split="blocks-1"),
        history,
        recordings,
        np.array(scores),
        segment_accuracy=0.7,
        seconds=12.345,
        commit="abc",
        machine={"device": "CPU"},
    )
    return made | changes


def test_a_result_judges_by_the_best_epochs_threshold():
    made = result()
    assert (made["threshold"], made["best_epoch"], made["validation_macc"]) == (0.5, 2, 0.8)
    assert (made["sensitivity"], made["specificity"], made["macc"]) == (0.5, 0.5, 0.5)
    assert made["selection"] == "inner"
    assert made["recordings"][1] == {"name": "r1", "label": 0, "score": 0.6, "good_quality": False}
    assert made["history"][1]["center_frequencies"] == [31.99]  # to a hundredth of a Hz


def test_a_result_comes_back_from_disk_as_it_was(tmp_path):
    path = save_result(result(), tmp_path / "deep")
    assert path.name == "mine_blocks-1_seed0.json"
    (loaded,) = load_results(tmp_path / "deep")
    assert loaded == json.loads(json.dumps(result()))


def test_a_model_that_calls_nothing_abnormal_can_be_put_on_record(tmp_path):
    (loaded,) = load_results(save_result(result(scores=(0.1, 0.2, 0.3, 0.4)), tmp_path).parent)
    assert loaded["precision"] is None
    assert loaded["macc"] == 0.5


def test_the_table_has_what_a_reader_compares():
    (row,) = table_rows([result()])
    assert tuple(row) == COLUMNS
    assert (row["experiment"], row["split"], row["seed"], row["n_recordings"]) == ("mine", "blocks-1", 0, 4)
    made = result(macc=0.8812, macc_interval=[0.8449, 0.9151], sensitivity=0.9, specificity=0.8624)
    line = "| mine | blocks-1 | 0 | 88.1 (84.5 to 91.5) | 90.0 | 86.2 | 4 |"
    assert markdown_table([made]).splitlines()[2] == line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"bad\.json is not JSON .*restore it from the repository"),
        ("[]", r"bad\.json is no run's result, it lacks experiment, split"),
        ('{"experiment": "x"}', r"bad\.json is no run's result, it lacks split, seed, macc"),
    ],
)
def test_a_file_that_is_no_result_is_named(tmp_path, content, message):
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        load_results(tmp_path)


def test_the_commit_says_whether_package_or_configs_differ_from_it(tmp_path):
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "core.hooksPath=/dev/null")
        run = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(run, capture_output=True, text=True, check=True).stdout.strip()

    assert results.current_commit(tmp_path) == "unknown"
    git("init", "-q")
    (tmp_path / "spectnet").mkdir()
    (tmp_path / "spectnet" / "a.py").write_text("x = 1\n")
    git("add", ".")
    git("commit", "-qm", "Start")
    head = git("rev-parse", "--short=12", "HEAD")
    assert results.current_commit(tmp_path) == head
    (tmp_path / "notes.md").write_text("not the package\n")
    assert results.current_commit(tmp_path) == head
    (tmp_path / "spectnet" / "a.py").write_text("x = 2\n")
    assert results.current_commit(tmp_path) == f"{head}-changed"


# --- what is on record


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_every_number_on_record_follows_from_the_scores_beside_it(path):
    on_record = json.loads(path.read_text())
    labels = np.array([recording["label"] for recording in on_record["recordings"]])
    scores = np.array([recording["score"] for recording in on_record["recordings"]])
    again = binary_metrics(labels, scores, on_record["threshold"]).as_dict()
    assert {name: on_record[name] for name in again} == pytest.approx(again)
    interval = macc_interval(labels, scores, on_record["threshold"])
    assert on_record["macc_interval"] == pytest.approx(interval)
    assert on_record["n_recordings"] == len(scores)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_every_run_on_record_chose_by_inner_validation_and_says_what_it_ran(path):
    on_record = json.loads(path.read_text())
    experiment = Experiment.model_validate(on_record["config"])
    assert path.name == f"{experiment.name}_{experiment.split}_seed{experiment.training.seed}.json"
    assert on_record["selection"] == "inner"
    assert re.fullmatch("[0-9a-f]{12}", on_record["commit"]), "train on a committed package"
    assert on_record["seconds"] > 0
    history = History([Epoch(**epoch) for epoch in on_record["history"]])
    best = history.best
    assert len(history.epochs) == experiment.training.epochs
    assert (best.epoch, best.threshold) == (on_record["best_epoch"], on_record["threshold"])
    assert best.validation_macc == on_record["validation_macc"]


PAPER_FOLD_0 = [path for path in COMMITTED if "_paper-fold-0_" in path.name]


@pytest.mark.parametrize("path", PAPER_FOLD_0, ids=lambda path: path.stem)
def test_every_paper_fold_0_on_record_tested_the_297(path):
    on_record = json.loads(path.read_text())
    labels = {recording["name"]: recording["label"] for recording in on_record["recordings"]}
    assert set(labels) == set(paper_fold(0).test)
    assert len(on_record["recordings"]) == 297
    assert sum(labels.values()) == 151


def test_the_headline_run_is_on_record():
    found = [row for row in table_rows(load_results()) if row["experiment"] == "learned-16"]
    assert ("paper-fold-0", 0, 297) in {(row["split"], row["seed"], row["n_recordings"]) for row in found}


@pytest.mark.parametrize("row", PAPER["physionet2016-fold-0"]["rows"], ids=lambda row: row["system"])
def test_the_papers_figures_agree_with_one_another(row):
    """MACC is the mean of the two, and all follow from counts among 138 abnormal and 146 normal."""
    assert row["macc"] == pytest.approx((row["sensitivity"] + row["specificity"]) / 2, abs=0.011)
    hits = round(row["sensitivity"] / 100 * 138)
    false_alarms = 146 - round(row["specificity"] / 100 * 146)
    assert row["sensitivity"] == pytest.approx(100 * hits / 138, abs=0.006)
    assert row["precision"] == pytest.approx(100 * hits / (hits + false_alarms), abs=0.006)


def test_a_results_folder_that_is_not_there_holds_none(tmp_path: Path):
    assert load_results(tmp_path / "none") == []
