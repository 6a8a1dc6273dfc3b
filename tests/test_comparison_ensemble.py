"""An ensemble is the mean of its members, with a threshold that no test recording had a say in."""

import json

import numpy as np
import pytest

from spectnet.comparison import compare, ensemble, gather
from spectnet.metrics import best_threshold, binary_metrics
from spectnet.results import csv_table, markdown_table, recordings_of, save_result, table_rows
from spectnet.splits import balancing_weights

LABELS = [0, 0, 0, 1, 1, 1]


def validation(labels, scores, first: int = 100, subset: str = "a") -> list[dict]:
    return [
        {"name": f"{subset}{first + i:04}", "label": y, "subset": subset, "score": s}
        for i, (y, s) in enumerate(zip(labels, scores, strict=True))
    ]


@pytest.fixture
def members(make_run):
    """Two seeds that err on different recordings, and validated different ones."""
    return [
        make_run(LABELS, [0.1, 0.2, 0.6, 0.9, 0.8, 0.7], seed=0, threshold=0.5,
                 validation=validation([0, 1], [0.3, 0.5])),
        make_run(LABELS, [0.1, 0.6, 0.1, 0.9, 0.3, 0.7], seed=1, threshold=0.6,
                 validation=validation([0, 1], [0.2, 0.4], first=102)),
    ]  # fmt: skip


def test_the_score_is_the_mean_of_the_members(members):
    found = ensemble(members, "both")
    scores = [row["score"] for row in found["recordings"]]
    assert scores == pytest.approx([0.1, 0.4, 0.35, 0.9, 0.55, 0.7])
    assert (found["experiment"], found["split"], found["n_recordings"]) == ("both", "blocks-0", 6)
    assert found["members"] == [["ours", 0], ["ours", 1]]


def test_the_threshold_is_the_best_on_what_the_members_validated(members):
    found = ensemble(members)
    assert found["threshold"] == pytest.approx(0.35)  # between 0.3, normal, and 0.4, abnormal
    labels, scores = np.array(LABELS), np.array([row["score"] for row in found["recordings"]])
    assert found["macc"] == binary_metrics(labels, scores, found["threshold"]).macc


def test_the_mean_threshold_is_there_for_runs_without_validation_scores(members):
    assert ensemble(members, threshold="mean")["threshold"] == pytest.approx(0.55)
    assert ensemble(members, threshold="mean")["macc"] == 1.0
    bare = [members[0], members[1] | {"validation": []}]
    with pytest.raises(
        ValueError, match="1 members keep no validation scores, such as ours seed 1; train them"
    ):
        ensemble(bare)


def test_recordings_that_several_members_validated_count_once_by_their_mean(make_run):
    scores = ([0.1, 0.5, 0.4, 0.8], [0.3, 0.3, 0.6, 0.6])
    members = [
        make_run(LABELS, [0.5] * 6, seed=s, validation=validation([0, 0, 1, 1], row))
        for s, row in enumerate(scores)
    ]
    expected = best_threshold(np.array([0, 0, 1, 1]), np.array([0.2, 0.4, 0.5, 0.7]))
    assert ensemble(members)["threshold"] == pytest.approx(expected)


def test_the_threshold_balances_class_and_subset_as_training_does(make_run):
    """Subset b has one class only: however many are there, the threshold does not go below them."""
    rows = validation([0, 0, 0, 1], [0.1, 0.2, 0.6, 0.5]) + validation([1] * 9, [0.3] * 9, subset="b")
    members = [make_run(LABELS, [0.5] * 6, seed=s, validation=rows) for s in (0, 1)]
    assert ensemble(members)["threshold"] == pytest.approx(0.4)
    assert balancing_weights(recordings_of(rows))[4:].tolist() == [0] * 9


def test_an_ensemble_is_a_record_that_tables_and_comparisons_take(members, make_run, tmp_path):
    found = ensemble(members, "both")
    assert table_rows([found])[0]["core_seconds"] == 120
    assert "| both | blocks-0 | 0 |" in markdown_table([found])
    assert csv_table([found]).count("\n") == 2
    assert gather([found]).right.shape == (1, 6)
    assert compare(members[:1], [found], n_draws=10).n_recordings == 6
    assert json.loads(save_result(found, tmp_path).read_text())["members"] == [["ours", 0], ["ours", 1]]


def test_a_member_that_chose_on_the_test_set_makes_the_ensemble_so(members):
    members[1]["selection"] = "test-fold"
    assert ensemble(members)["selection"] == "test-fold"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "blocks-1"}, "the members must share one split, got blocks-0, blocks-1"),
        ({"first": 1}, "the members tested different recordings"),
        (
            {"validation": validation([0, 1], [0.1, 0.9], first=0)},
            "2 recordings are both validated and tested",
        ),
    ],
)
def test_members_that_do_not_belong_together_are_refused(members, make_run, changes, message):
    settings = {"seed": 1, "validation": validation([0, 1], [0.1, 0.9]), **changes}
    with pytest.raises(ValueError, match=message):
        ensemble([members[0], make_run(LABELS, [0.5] * 6, **settings)])


def test_one_run_is_no_ensemble(members):
    with pytest.raises(ValueError, match="needs at least two runs, got 1"):
        ensemble(members[:1])
