"""A result on record holds what its numbers follow from, and they follow from it."""

import csv
import errno
import io
import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from spectnet import results
from spectnet.class_metrics import recall_interval
from spectnet.experiment import Experiment
from spectnet.metrics import binary_metrics, challenge_score, macc_interval
from spectnet.recordings import Recording
from spectnet.results import (
    COLUMNS,
    RUNS,
    csv_table,
    load_results,
    make_result,
    markdown_table,
    recordings_of,
    rows_of,
    save_result,
    table_rows,
)
from spectnet.splits import paper_fold
from spectnet.training import Epoch, History

COMMITTED = sorted(RUNS.glob("*.json"))
PAPER = json.loads((RUNS.parent / "paper.json").read_text())
SCENE_PARTS = "development set, four folds", "evaluation set"


def result(
    scores: tuple[float, ...] = (0.1, 0.6, 0.4, 0.9), subsets: str = "aaee", **changes: object
) -> dict:
    """Of two normal and two abnormal recordings, judged at the second epoch's threshold of 0.5."""
    recordings = [
        Recording(f"r{i}", label, subset, good_quality=i != 1)
        for i, (label, subset) in enumerate(zip((0, 0, 1, 1), subsets, strict=True))
    ]
    history = History(
        [Epoch(1, 0.7, 0.6, 0.9, [30.123], [4.567]), Epoch(2, 0.5, 0.8, 0.5, [31.987], [4.321])]
    )
    made = make_result(
        Experiment(name="mine", split="blocks-1", role="chosen"),
        history,
        recordings,
        np.array(scores),
        segment_accuracy=0.7,
        seconds=12.345,
        commit="abc",
        machine={"device": "CPU", "threads": 2},
        n_parameters=77,
        validation=rows_of([Recording("v0", 1, "a")], np.array([0.123456789])),
    )
    return made | changes


def test_a_result_judges_by_the_best_epochs_threshold():
    made = result()
    assert (made["threshold"], made["best_epoch"], made["validation_macc"]) == (0.5, 2, 0.8)
    assert (made["sensitivity"], made["specificity"], made["macc"]) == (0.5, 0.5, 0.5)
    assert made["selection"] == "inner"
    assert made["recordings"][1] == {
        "name": "r1", "label": 0, "score": 0.6, "good_quality": False, "subset": "a"
    }  # fmt: skip
    assert made["history"][1]["center_frequencies"] == [31.99]  # to a hundredth of a Hz
    assert (made["role"], made["n_parameters"]) == ("chosen", 77)
    assert made["core_seconds"] == pytest.approx(2 * 12.345, abs=0.05)  # two threads


def test_metrics_follow_from_the_scores_as_they_are_written():
    """A score that rounds up to the threshold counts as written, so that the file agrees with itself."""
    made = result(scores=(0.1, 0.499997, 0.4, 0.9))
    assert made["recordings"][1]["score"] == 0.5
    assert made["specificity"] == 0.5
    assert made["validation"] == [{"name": "v0", "label": 1, "subset": "a", "score": 0.12346}]


def test_macc_without_e_counts_the_other_subsets_only():
    assert result(subsets="aeae")["macc_without_e"] == 0.5  # r0 right, r2 wrong
    assert result(subsets="aaea")["macc_without_e"] == 0.75
    assert result(subsets="aaee")["macc_without_e"] is None, "no abnormal is left"


def test_the_challenge_score_knows_signal_quality():
    # Normal: the good one right, the poor one wrong. Abnormal: both good, one right.
    assert result()["challenge_score"] == pytest.approx((0.9467 + 0.5) / 2)


def test_a_result_comes_back_from_disk_as_it_was(tmp_path):
    path = save_result(result(), tmp_path / "deep")
    assert path.name == "mine_blocks-1_seed0.json"
    (loaded,) = load_results(tmp_path / "deep")
    assert loaded == json.loads(json.dumps(result()))


def test_a_full_disk_leaves_the_record_that_was_there(tmp_path, monkeypatch):
    path = save_result(result(), tmp_path)
    before = path.read_bytes()

    def full_disk(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("spectnet.atomic.os.fsync", full_disk)
    with pytest.raises(OSError, match=r"seed0\.json could not be written \(No space left on device\)"):
        save_result(result(scores=(0.1, 0.2, 0.3, 0.4)), tmp_path)
    assert path.read_bytes() == before


def test_a_model_that_calls_nothing_abnormal_can_be_put_on_record(tmp_path):
    (loaded,) = load_results(save_result(result(scores=(0.1, 0.2, 0.3, 0.4)), tmp_path).parent)
    assert loaded["precision"] is None
    assert loaded["macc"] == 0.5


def test_the_table_has_what_a_reader_compares():
    (row,) = table_rows([result()])
    assert tuple(row) == COLUMNS
    assert (row["experiment"], row["split"], row["seed"], row["n_recordings"]) == ("mine", "blocks-1", 0, 4)
    numbers = {"macc": 0.8812, "sensitivity": 0.9, "specificity": 0.8624, "challenge_score": 0.875}
    made = result(macc_interval=[0.8449, 0.9151], **numbers)
    line = "| mine (chosen) | blocks-1 | 0 | 88.1 (84.5 to 91.5) | 90.0 | 86.2 | 87.5 | 70.0 | 4 |"
    assert markdown_table([made]).splitlines()[2] == line


def test_a_run_that_chose_on_the_test_recordings_says_so_in_the_table():
    line = markdown_table([result(selection="test-fold", role="")]).splitlines()[2]
    assert line.startswith("| mine (epoch chosen on the test recordings) | blocks-1 |")


def test_the_csv_holds_the_same_rows_with_the_interval_in_two_columns():
    made = result()
    (row,) = csv.DictReader(io.StringIO(csv_table([made])))
    assert (float(row["macc_low"]), float(row["macc_high"])) == tuple(made["macc_interval"])
    assert {name: row[name] for name in ("experiment", "seed", "role")} == {
        "experiment": "mine", "seed": "0", "role": "chosen"
    }  # fmt: skip
    assert set(row) == set(COLUMNS) - {"macc_interval"} | {"macc_low", "macc_high"}


def test_rows_name_recordings_for_blocks_and_weights():
    found = recordings_of(result()["recordings"])
    assert [(r.name, r.label, r.subset) for r in found] == [
        ("r0", 0, "a"), ("r1", 0, "a"), ("r2", 1, "e"), ("r3", 1, "e")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("n_tested", "n_validating"), [(2141, 220), (648, 520)], ids=["leave-out-e", "blocks-0"]
)
def test_a_long_run_of_many_filters_stays_under_300_kb(tmp_path, n_tested, n_validating):
    """80 epochs of 64 filters; the most recordings that one run can test, and that validate beside them."""
    draw = np.random.default_rng(0)

    def recordings(n: int) -> list[Recording]:
        return [Recording(f"e{i:05}", i % 2, "e") for i in range(n)]

    filters = (100 * draw.uniform(size=64)).tolist()
    history = History([Epoch(i, *draw.uniform(size=3), filters, filters) for i in range(80)])
    made = make_result(
        Experiment(name="learned-64", split="leave-out-e"),
        history,
        recordings(n_tested),
        draw.uniform(size=n_tested),
        segment_accuracy=0.8,
        seconds=1800.0,
        commit="0123456789ab",
        machine=results.machine(),
        validation=[
            {"name": r.name, "label": r.label, "subset": "e", "score": draw.uniform()}
            for r in recordings(n_validating)
        ],
    )
    assert save_result(made, tmp_path).stat().st_size < 300_000


def test_a_front_end_without_frequencies_has_an_empty_track(tmp_path):
    made = result()
    history = History([Epoch(1, 0.7, 0.6, 0.5, [], [])])
    assert made["history"][0]["center_frequencies"] != []
    made |= {"history": [{**made["history"][0], "center_frequencies": [], "bandwidths": []}]}
    (loaded,) = load_results(save_result(made, tmp_path).parent)
    assert loaded["history"][0]["bandwidths"] == [] == history.best.bandwidths


def test_a_record_from_before_a_column_was_known_gets_it_from_its_scores(tmp_path):
    made = result(subsets="aaea")
    added = {"role", "n_parameters", "core_seconds", "validation", "challenge_score", "macc_without_e", "auc"}
    added.add("classes")
    old = {name: value for name, value in made.items() if name not in added}
    old["recordings"] = [
        {"name": row["subset"] + row["name"][1:], **{k: row[k] for k in ("label", "score", "good_quality")}}
        for row in made["recordings"]
    ]
    (loaded,) = load_results(save_result(old, tmp_path).parent)
    for name in ("challenge_score", "macc_without_e", "auc", "macc", "macc_interval"):
        assert loaded[name] == made[name]
    assert (loaded["role"], loaded["n_parameters"], loaded["validation"]) == ("", None, [])
    assert loaded["core_seconds"] == pytest.approx(24.6)
    assert [row["subset"] for row in loaded["recordings"]] == list("aaea")


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


SCENES = [path for path in COMMITTED if json.loads(path.read_text()).get("classes")]
HEARTS = [path for path in COMMITTED if path not in SCENES]


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_every_number_of_several_classes_follows_from_the_scores_beside_it(path):
    on_record = json.loads(path.read_text())
    rows, classes = on_record["recordings"], on_record["classes"]
    labels, scores = (np.array([row[key] for row in rows]) for key in ("label", "scores"))
    right = scores.argmax(axis=1) == labels
    recall = [right[labels == label].mean() for label in range(len(classes))]
    assert on_record["accuracy"] == pytest.approx(right.mean())
    assert on_record["recall"] == pytest.approx(recall)
    assert on_record["macc"] == pytest.approx(np.mean(recall))
    assert on_record["macc_interval"] == pytest.approx(recall_interval(labels, scores))
    assert (on_record["n_recordings"], scores.shape[1]) == (len(rows), len(classes))
    assert {row["subset"] for row in rows}.isdisjoint(row["subset"] for row in on_record["validation"])
    assert path.stat().st_size < 300_000


@pytest.mark.parametrize("path", HEARTS, ids=lambda path: path.stem)
def test_every_number_on_record_follows_from_the_scores_beside_it(path):
    on_record = json.loads(path.read_text())
    rows, threshold = on_record["recordings"], on_record["threshold"]
    labels, scores = (np.array([row[key] for row in rows]) for key in ("label", "score"))
    again = binary_metrics(labels, scores, threshold).as_dict()
    assert {name: on_record[name] for name in again} == pytest.approx(again)
    assert on_record["macc_interval"] == pytest.approx(macc_interval(labels, scores, threshold))
    assert on_record["n_recordings"] == len(scores)
    if "challenge_score" in on_record:  # known since the second version of the record
        good = np.array([row["good_quality"] for row in rows])
        assert on_record["challenge_score"] == pytest.approx(challenge_score(labels, scores, threshold, good))
        other = np.array([row["subset"] != "e" for row in rows])
        if len(set(labels[other])) == 2:
            without_e = binary_metrics(labels[other], scores[other], threshold).macc
            assert on_record["macc_without_e"] == pytest.approx(without_e)
        else:  # where e alone was left out, nothing else was tested
            assert on_record["macc_without_e"] is None
        assert path.stat().st_size < 300_000


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_every_run_on_record_says_what_it_ran_and_what_chose_its_epoch(path):
    on_record = json.loads(path.read_text())
    experiment = Experiment.model_validate(on_record["config"])
    assert path.name == f"{experiment.name}_{experiment.split}_seed{experiment.training.seed}.json"
    assert on_record["selection"] == experiment.training.selection
    assert re.fullmatch("[0-9a-f]{12}", on_record["commit"]), "train on a committed package"
    assert on_record["seconds"] > 0
    history = History([Epoch(**epoch) for epoch in on_record["history"]])
    best = history.best
    assert len(history.epochs) == experiment.training.epochs
    chosen = None if on_record.get("classes") else best.threshold  # several classes need none
    assert (best.epoch, chosen) == (on_record["best_epoch"], on_record["threshold"])
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


def test_the_papers_gains_on_scenes_follow_from_its_table():
    found = {(r["n_filters"], r["learnable"]): r["accuracy"] for r in PAPER["dcase2016-scenes"]["rows"]}
    fixed = [value for (_, learnable), value in found.items() if not learnable]
    assert [n for n, learnable in found if not learnable] == [16, 32, 46, 64, 128, 149]
    assert found[46, True] - found[46, False] == pytest.approx(2.11)
    assert found[46, True] - max(fixed) == pytest.approx(1.00)
    assert max(fixed) == found[128, False]


def test_the_papers_scene_figures_are_whole_segments_of_the_development_set():
    """Four of seven are; of figures on another set one in nine would be by chance."""
    found = [row["accuracy"] for row in PAPER["dcase2016-scenes"]["rows"]]
    whole = [value for value in found if round(100 * round(value * 11.7) / 1170, 2) == value]
    assert whole == [66.92, 73.59, 74.44, 73.93]


def test_other_systems_on_scenes_say_what_they_were_tested_on():
    others = PAPER["dcase2016-scenes"]["others"]
    on = {part: [other for other in others if other["tested_on"] == part] for part in SCENE_PARTS}
    assert sum(map(len, on.values())) == len(others)
    assert all(other["source"] for other in others)
    (first, second) = (
        next(other["accuracy"] for other in on[part] if "baseline" in other["system"]) for part in SCENE_PARTS
    )
    assert second - first == pytest.approx(4.7), "one system, two parts: they must not be ranked together"


def test_a_results_folder_that_is_not_there_holds_none(tmp_path: Path):
    assert load_results(tmp_path / "none") == []
