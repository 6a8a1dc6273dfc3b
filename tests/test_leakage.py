"""Leaks are found where they are planted, and nowhere else; the record holds what the page says of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectnet import leakage, splits
from spectnet.metrics import binary_metrics
from spectnet.recordings import Recording
from spectnet.segments import Preprocessing, SegmentDataset
from spectnet.synthesis import synthetic_hearts

RESULT = Path(__file__).resolve().parents[1] / "results" / "leakage.json"


def named(labels: list[int], subset: str = "a") -> list[Recording]:
    return [Recording(f"{subset}{i:04d}", label, subset) for i, label in enumerate(labels)]


# Features and folds.


@pytest.fixture(scope="module")
def dataset() -> SegmentDataset:
    return SegmentDataset(synthetic_hearts(3, duration_s=5.0), Preprocessing())


def test_features_are_quiet_usual_and_loud_parts_of_each_filter(dataset):
    features = leakage.segment_features(dataset)
    assert features.shape == (6, 48)
    quiet, usual, loud = np.split(features, 3, axis=1)
    assert (quiet < usual).all()
    assert (usual < loud).all()


def test_features_do_not_depend_on_the_batch(dataset, monkeypatch):
    whole = leakage.segment_features(dataset)
    monkeypatch.setattr(leakage, "_BATCH", 4)
    np.testing.assert_allclose(
        leakage.segment_features(dataset), whole, atol=1e-5
    )  # float32 in another order


def test_fold_numbers_say_where_each_recording_is_tested():
    recordings = named([0, 1] * 30)
    folds = splits.block_folds(recordings)
    numbers = leakage.fold_numbers(folds, recordings)
    for recording, number in zip(recordings, numbers, strict=True):
        assert recording.name in folds[number].test


def test_fold_numbers_want_every_recording_once():
    recordings = named([0, 1] * 30)
    with pytest.raises(ValueError, match=r"tested once, got .* tested 0 times; give all folds"):
        leakage.fold_numbers(splits.block_folds(recordings)[:4], recordings)


def test_no_row_is_scored_by_a_classifier_that_learned_from_its_fold():
    """Labels that a coin gave: a nearest neighbour knows a row that it has seen, and no other."""
    rng = np.random.default_rng(0)
    recordings = np.repeat(np.arange(200), 2)  # each recording twice, the very same features
    features, labels = rng.standard_normal((200, 3))[recordings], rng.integers(0, 2, 200)[recordings]
    nearest = KNeighborsClassifier(1)
    torn = leakage.score_out_of_fold(nearest, features, labels, np.arange(400) % 2)
    whole = leakage.score_out_of_fold(nearest, features, labels, recordings % 2)
    assert (torn == labels).all()
    assert np.mean(whole == labels) == pytest.approx(0.5, abs=0.15)  # four standard errors of 200


def test_weights_reach_the_last_step_of_a_pipeline():
    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((300, 2)), (np.arange(300) % 10 == 0).astype(int)
    model, folds = make_pipeline(StandardScaler(), LogisticRegression()), np.arange(300) // 10 % 5
    plain = leakage.score_out_of_fold(model, features, labels, folds)
    weights = np.where(labels == 1, 9.0, 1.0)
    assert plain.mean() == pytest.approx(0.1, abs=0.02)
    weighted = leakage.score_out_of_fold(model, features, labels, folds, weights)
    assert weighted.mean() == pytest.approx(0.5, abs=0.05)


def test_recording_scores_are_means_of_their_segments():
    scores = leakage.mean_by_recording(np.array([0.0, 1.0, 0.5]), np.array([0, 0, 1]))
    assert scores.tolist() == [0.5, 0.5]


def test_segment_weights_give_every_class_of_every_subset_the_same_sum(dataset):
    weights = leakage.segment_weights(dataset)
    assert weights.mean() == pytest.approx(1.0)
    sums: dict = {}
    for weight, owner in zip(weights, dataset.recording_index, strict=True):
        cell = dataset.recordings[owner].subset, dataset.recordings[owner].label
        sums[cell] = sums.get(cell, 0) + weight
    assert len(sums) > 1
    assert list(sums.values()) == pytest.approx([len(weights) / len(sums)] * len(sums))


# The sensor.


def test_knowing_the_subset_pays_unless_classes_are_balanced_in_it():
    recordings = named([1] * 30 + [0] * 10) + named([0] * 95 + [1] * 5, "e")
    scores, threshold = leakage.subset_rule(recordings, recordings)
    labels = np.array([r.label for r in recordings])
    assert binary_metrics(labels, scores, threshold).macc == pytest.approx((30 / 35 + 95 / 105) / 2)
    weights = splits.balancing_weights(recordings)
    assert binary_metrics(labels, scores, threshold, weights).macc == pytest.approx(0.5)


def test_subset_that_was_never_met_gets_the_overall_share():
    scores, _ = leakage.subset_rule(named([1, 0, 0, 0]), named([0], "z"))
    assert scores.tolist() == [0.25]


# The grid.


def test_requantised_samples_lie_on_the_grid():
    waveform = np.random.default_rng(0).standard_normal(1000).astype(np.float32)
    for generator in (None, np.random.default_rng(1)):
        steps = leakage.requantise(waveform, 0.25, generator) / 0.25
        np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    assert leakage.count_values(leakage.requantise(waveform, 0.25)) < 50


def test_dither_makes_the_error_independent_of_the_sound():
    """A constant between two values is lost by rounding; with dither its mean and the error's power stand."""
    rng = np.random.default_rng(0)
    for value in (0.0, 0.03, 0.05):
        constant = np.full(20000, value, np.float32)
        error = leakage.requantise(constant, 0.1, rng) - value
        # Standard errors: 0.05/141 of the mean, and of the variance about 1.3 % of step^2/4
        assert abs(error.mean()) < 0.0016
        assert error.var() == pytest.approx(0.1**2 / 4, rel=0.06)
    assert (leakage.requantise(np.full(10, 0.03, np.float32), 0.1) == 0).all()


@pytest.mark.parametrize("step", [0.0, -1.0])
def test_a_grid_needs_a_step(step):
    with pytest.raises(ValueError, match=f"step must be positive, got {step:g}"):
        leakage.requantise(np.zeros(4, np.float32), step)


# The record.


@pytest.fixture(scope="module")
def record() -> dict:
    return json.loads(RESULT.read_text())


@pytest.fixture(scope="module")
def development(record) -> list[Recording]:
    return [Recording(n, int(c), n[0]) for n, c in zip(record["names"], record["labels"], strict=True)]


def test_record_heard_the_training_side_of_fold_0_and_nothing_else(record):
    fold = splits.paper_fold(0)
    assert set(record["names"]) == set(fold.train)
    assert set(record["names"]).isdisjoint(fold.test)
    assert len(record["labels"]) == len(record["names"]) == 2856


def test_record_counts_the_collection_as_its_readme_does(record):
    readme = (RESULT.parents[1] / "data" / "README.md").read_text()
    for row in record["collection"]:
        low = row["normal_low_quality"] + row["abnormal_low_quality"]
        assert f"| {row['subset']} | {row['normal']} | {row['abnormal']} | {low} |" in readme
    tested = [row["normal_in_fold_0"] + row["abnormal_in_fold_0"] for row in record["collection"]]
    assert tested == [80, 98, 7, 10, 102, 0]


@pytest.mark.parametrize("split", ["recordings", "blocks", "leave-out"])
def test_score_of_the_subset_alone_follows_from_labels(record, development, split):
    families = {
        "recordings": splits.stratified_folds,
        "blocks": splits.block_folds,
        "leave-out": splits.leave_one_subset_out,
    }
    called = {}
    for fold in families[split](development):
        train, test = fold.apply(development)
        scores, threshold = leakage.subset_rule(train, test)
        called |= dict(zip((r.name for r in test), scores >= threshold, strict=True))
    labels = np.array([r.label for r in development])
    calls = np.array([called[r.name] for r in development]).astype(float)
    known, weights = record["sensor_alone"][split]["known"], splits.balancing_weights(development)
    assert binary_metrics(labels, calls).macc == pytest.approx(known["macc"], abs=1e-5)
    assert binary_metrics(labels, calls, 0.5, weights).macc == pytest.approx(known["macc_balanced"], abs=1e-5)


def test_a_coin_is_told_only_where_recordings_are_torn_apart(record):
    coin = {(r["classifier"], r["split"]): r for r in record["protocols"] if r["labels"] == "coin"}
    assert coin["nearest", "segments"]["macc_interval"][0] > 0.65
    for classifier in ("nearest", "linear", "trees"):
        low, high = coin[classifier, "recordings"]["macc_interval"]
        assert low < 0.5 < high + 0.02  # 95 %: one of three may miss by a little


def test_count_of_values_alone_tells_the_classes_of_e(record, development):
    labels = np.array([r.label for r in development if r.subset == "e"])
    found = roc_auc_score(labels, record["values_in_e"])
    assert found == pytest.approx(record["count_rule"]["auc"], abs=1e-5)
    assert found > 0.95


def test_a_common_grid_removes_the_count_and_not_the_difference(record):
    rows = {row["version"]: row for row in record["short_cut"]["rows"]}
    grids = record["short_cut"]["config"]["grid_steps"]
    assert set(rows) == {
        "as recorded",
        *(f"{how}, RMS/{n}" for how in ("rounded", "dithered") for n in grids),
    }
    plain, coarsest = rows["as recorded"], rows[f"dithered, RMS/{min(grids)}"]
    assert plain["count_alone"] > 0.9 > 0.7 > coarsest["count_alone"]
    assert plain["twins"] > coarsest["twins"]
    assert coarsest["abnormal_or_fine"] > 0.85


def test_record_was_made_from_a_commit_on_one_core(record):
    assert record["commit"].isalnum()
    assert record["machine"]["threads"] == 1
