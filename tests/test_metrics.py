"""Metrics agree with scikit-learn and with counting; the threshold is the best; the interval covers."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics as reference

from spectnet.metrics import (
    best_threshold,
    binary_metrics,
    challenge_score,
    macc_interval,
    macc_intervals,
    roc_auc,
)
from spectnet.splits import PAPER_LISTS

LABELS = np.array([0, 0, 0, 0, 1, 1, 1])
SCORES = np.array([0.1, 0.2, 0.6, 0.4, 0.9, 0.5, 0.3])


@st.composite
def scored(draw):
    """Labels of both classes, scores on a coarse grid (so that many tie), and weights, some of them zero."""
    n = draw(st.integers(2, 12))
    labels = np.array(draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)))
    scores = np.array(draw(st.lists(st.integers(0, 8), min_size=n, max_size=n))) / 8
    weights = np.array(draw(st.lists(st.integers(0, 3), min_size=n, max_size=n)), dtype=float)
    assume(all((weights[labels == c] > 0).any() for c in (0, 1)))
    return labels, scores, weights


def test_counts_by_hand():
    found = binary_metrics(LABELS, SCORES, threshold=0.5)
    assert (found.true_positives, found.false_negatives) == (2, 1)  # 0.9 and 0.5, not 0.3
    assert (found.true_negatives, found.false_positives) == (3, 1)  # all but 0.6
    assert found.sensitivity == pytest.approx(2 / 3)
    assert found.specificity == pytest.approx(3 / 4)
    assert found.macc == pytest.approx((2 / 3 + 3 / 4) / 2)
    assert found.precision == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(2 / 3)
    assert found.accuracy == pytest.approx(5 / 7)


def test_the_papers_headline_is_three_recordings():
    """Fixed 16 filters to learned 16: 121 of 138 abnormal both times, 128 and 131 of 146 normal."""

    def macc(hits: int, left_in_peace: int) -> float:
        labels = np.repeat([1, 0], [138, 146])
        right = np.concatenate([np.arange(138) < hits, np.arange(146) < left_in_peace])
        return binary_metrics(labels, np.where(right, labels, 1 - labels).astype(float)).macc

    assert round(100 * macc(121, 128), 2) == 87.68
    assert round(100 * macc(121, 131), 2) == 88.70


@given(scored(), st.integers(0, 8))
def test_every_metric_is_scikit_learns(drawn, step):
    labels, scores, weights = drawn
    found = binary_metrics(labels, scores, step / 8, weights)
    called = scores >= step / 8
    options = {"sample_weight": weights, "zero_division": np.nan}
    assert found.sensitivity == pytest.approx(reference.recall_score(labels, called, **options))
    assert found.specificity == pytest.approx(reference.recall_score(labels, called, pos_label=0, **options))
    assert found.macc == pytest.approx(
        reference.balanced_accuracy_score(labels, called, sample_weight=weights)
    )
    assert found.accuracy == pytest.approx(reference.accuracy_score(labels, called, sample_weight=weights))
    precision = reference.precision_score(labels, called, **options)
    assert found.precision == pytest.approx(precision, nan_ok=True)
    assert found.f1 == pytest.approx(reference.f1_score(labels, called, **options))


@given(scored())
def test_no_threshold_beats_the_best(drawn):
    """By trying one below, one between and one above all scores."""
    labels, scores, weights = drawn
    tried = [binary_metrics(labels, scores, t, weights).macc for t in np.arange(-0.5, 9.5) / 8]
    threshold = best_threshold(labels, scores, weights)
    assert 0 <= threshold <= 1
    assert binary_metrics(labels, scores, threshold, weights).macc == pytest.approx(max(tried))


def test_the_threshold_lies_midway_between_what_it_separates():
    assert best_threshold(np.array([0, 0, 1, 1]), np.array([0.1, 0.3, 0.7, 0.9])) == pytest.approx(0.5)


def test_a_weight_of_three_is_three_recordings():
    repeated = np.repeat(np.arange(7), [3, 1, 1, 2, 1, 1, 4])
    weights = np.array([3, 1, 1, 2, 1, 1, 4.0])
    assert binary_metrics(LABELS, SCORES, 0.45, weights) == binary_metrics(
        LABELS[repeated], SCORES[repeated], 0.45
    )
    assert best_threshold(LABELS, SCORES, weights) == best_threshold(LABELS[repeated], SCORES[repeated])


def test_the_interval_covers_as_often_as_it_says():
    """Hearts drawn 200 times from a known sensitivity and specificity: 95 % of intervals hold the truth."""
    draw, labels = np.random.default_rng(0), np.repeat([0, 1], 100)
    truth = (0.9 + 0.8) / 2
    covered = 0
    for seed in range(200):
        right = draw.uniform(size=200) < np.where(labels == 1, 0.8, 0.9)
        scores = np.where(right, labels, 1 - labels).astype(float)
        low, high = macc_interval(labels, scores, 0.5, n_draws=400, seed=seed)
        covered += low <= truth <= high
    # 190 expected; the binomial's standard deviation is 3, and the bootstrap is a little narrow.
    assert 179 <= covered <= 199


def test_the_interval_of_the_papers_test_set_is_seven_to_eight_points_wide():
    labels = np.repeat([0, 1], [146, 151])
    right = np.concatenate([np.arange(146) < 128, np.arange(151) < 132])
    low, high = macc_interval(labels, np.where(right, labels, 1 - labels).astype(float), 0.5)
    assert 0.07 < high - low < 0.08


def test_the_interval_is_the_same_for_the_same_seed_and_wider_for_more_coverage():
    first = macc_interval(LABELS, SCORES, 0.45)
    assert first == macc_interval(LABELS, SCORES, 0.45) != macc_interval(LABELS, SCORES, 0.45, level=0.5)
    narrow = macc_interval(LABELS, SCORES, 0.45, level=0.5)
    assert first[0] <= narrow[0] <= narrow[1] <= first[1]


def test_the_interval_is_that_of_recordings_drawn_one_by_one():
    """The plain way, as the chapter writes it, from the same generator."""
    generator, right = np.random.default_rng(3), (SCORES >= 0.45) == LABELS
    shares = [generator.choice(right[LABELS == c], size=(50, (LABELS == c).sum())).mean(1) for c in (0, 1)]
    expected = np.quantile(np.mean(shares, axis=0), [0.025, 0.975])
    assert macc_interval(LABELS, SCORES, 0.45, n_draws=50, seed=3) == pytest.approx(tuple(expected))


def test_intervals_at_many_thresholds_are_those_at_each():
    thresholds = np.array([np.inf, 0.9, 0.45, 0.1])
    together = macc_intervals(LABELS, SCORES, thresholds)
    assert [tuple(row) for row in together] == [macc_interval(LABELS, SCORES, t) for t in thresholds]
    assert together[0].tolist() == [0.5, 0.5], "nobody called: nothing that a draw could change"


def test_the_challenges_weights_by_hand():
    """Abnormal: 2 of 4 good ones right and its only poor one; normal: good 3 of 4, poor 0 of 2."""
    labels = np.repeat([1, 0], [5, 6])
    good = np.array([1, 1, 1, 1, 0, 1, 1, 1, 1, 0, 0], dtype=bool)
    right = np.array([1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0])
    scores = np.where(right, labels, 1 - labels).astype(float)
    sensitivity, specificity = 0.7881 * 0.5 + 0.2119 * 1.0, 0.9467 * 0.75 + 0.0533 * 0.0
    assert challenge_score(labels, scores, 0.5, good) == pytest.approx((sensitivity + specificity) / 2)


@given(scored(), st.integers(0, 8))
def test_where_all_signals_are_of_one_quality_the_challenge_score_is_macc(drawn, step):
    labels, scores, _ = drawn
    assume(len(set(labels)) == 2)
    macc = binary_metrics(labels, scores, step / 8).macc
    for quality in (True, False):
        assert challenge_score(labels, scores, step / 8, np.full(len(labels), quality)) == pytest.approx(macc)


def challenge_validation_set() -> tuple[np.ndarray, np.ndarray]:
    """Its labels and qualities: 119 good and 32 poor abnormal, 142 good and 8 poor normal."""
    return np.repeat([1, 1, 0, 0], [119, 32, 142, 8]), np.repeat(
        [True, False, True, False], [119, 32, 142, 8]
    )


@given(st.integers(0, 2**32 - 1))
def test_over_the_challenges_validation_set_its_score_is_macc(seed):
    """Its weights are that set's shares, to four digits."""
    labels, good = challenge_validation_set()
    scores = np.random.default_rng(seed).uniform(size=301)
    macc = binary_metrics(labels, scores, 0.5).macc
    assert challenge_score(labels, scores, 0.5, good) == pytest.approx(macc, abs=5e-5)


@pytest.mark.real
def test_the_challenges_weights_are_its_validation_sets_shares(real_recordings):
    names = set((PAPER_LISTS / "validation0.txt").read_text().split())
    found = [(r.label, r.good_quality) for r in real_recordings if r.name in names]
    assert sorted(found) == sorted(zip(*(a.tolist() for a in challenge_validation_set()), strict=True))


@given(scored())
def test_the_area_is_the_share_of_pairs_in_the_right_order(drawn):
    """Weighted; a tie is half a pair."""
    labels, scores, weights = drawn
    abnormal, normal = labels == 1, labels == 0
    pair_weights = weights[abnormal][:, None] * weights[normal]
    order = np.sign(scores[abnormal][:, None] - scores[normal]) / 2 + 0.5
    expected = (order * pair_weights).sum() / pair_weights.sum()
    assert roc_auc(labels, scores, weights) == pytest.approx(expected)


def test_a_precision_of_nothing_called_is_unknown():
    found = binary_metrics(LABELS, SCORES, threshold=0.95)
    assert np.isnan(found.precision)
    assert found.sensitivity == found.f1 == 0
    assert found.as_dict()["precision"] is None  # what JSON can say


@pytest.mark.parametrize(
    "measure",
    [
        binary_metrics,
        best_threshold,
        roc_auc,
        lambda y, s: macc_interval(y, s, 0.5),
        lambda y, s: challenge_score(y, s, 0.5, y == y),
    ],
)
@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([1, 1], [0.1, 0.2], r"labels must hold both classes, 0 and 1, got \[1\]; one class .* no MACC"),
        ([0, 2], [0.1, 0.2], r"labels must hold both classes, 0 and 1, got \[0, 2\]"),
        ([0, 1], [0.1, np.nan], "scores must be finite, got 1 that are not"),
    ],
)
def test_scores_that_cannot_be_judged_are_refused(measure, labels, scores, message):
    with pytest.raises(ValueError, match=message):
        measure(np.array(labels), np.array(scores))


@pytest.mark.parametrize("measure", [binary_metrics, best_threshold, roc_auc])
def test_a_class_that_weighs_nothing_is_refused(measure):
    with pytest.raises(ValueError, match="weights must count something of both classes"):
        measure(np.array([0, 0, 1]), np.array([0.1, 0.2, 0.3]), weights=np.array([1.0, 1.0, 0.0]))
