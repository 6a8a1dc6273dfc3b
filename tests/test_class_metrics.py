"""Several classes: counted as by hand and as scikit-learn counts; with two, the same as MACC."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from spectnet.class_metrics import class_auc, class_metrics, recall_interval
from spectnet.metrics import binary_metrics

LABELS = np.array([0, 0, 0, 0, 1, 1, 2, 2])
CALLED = np.array([0, 0, 0, 1, 1, 2, 2, 0])


def probabilities(called: np.ndarray, n_classes: int = 3) -> np.ndarray:
    return np.full((len(called), n_classes), 0.1) + 0.7 * np.eye(n_classes)[called]


def test_counts_as_by_hand():
    found = class_metrics(LABELS, probabilities(CALLED))
    np.testing.assert_array_equal(found.matrix, [[3, 1, 0], [0, 1, 1], [1, 0, 1]])
    assert found.accuracy == 5 / 8
    np.testing.assert_allclose(found.recall, [3 / 4, 1 / 2, 1 / 2])
    np.testing.assert_allclose(found.precision, [3 / 4, 1 / 2, 1 / 2])
    assert found.macc == pytest.approx((3 / 4 + 1 / 2 + 1 / 2) / 3)


def test_agrees_with_scikit_learn():
    draw = np.random.default_rng(0)
    labels, scores = draw.integers(5, size=200), draw.dirichlet(np.ones(5), 200)
    found = class_metrics(labels, scores)
    called = scores.argmax(axis=1)
    assert found.macc == pytest.approx(sk.balanced_accuracy_score(labels, called))
    np.testing.assert_allclose(found.f1, sk.f1_score(labels, called, average=None))
    wanted = sk.roc_auc_score(labels, scores, multi_class="ovr", average="macro")
    assert class_auc(labels, scores) == pytest.approx(wanted)


def test_of_two_classes_macc_is_that_of_hearts():
    draw = np.random.default_rng(1)
    labels, abnormal = draw.integers(2, size=60), draw.random(60)
    found = class_metrics(labels, np.stack([1 - abnormal, abnormal], axis=1))
    assert found.macc == pytest.approx(binary_metrics(labels, abnormal, 0.5).macc)


def test_a_class_never_called_has_no_precision():
    found = class_metrics(LABELS, probabilities(np.zeros(8, dtype=int)))
    assert np.isnan(found.precision[1:]).all()
    np.testing.assert_array_equal(found.f1[1:], 0)


def test_the_interval_holds_the_value_and_shrinks_with_more_clips():
    widths = []
    for n in (10, 1000):
        labels, scores = np.tile(LABELS, n), probabilities(np.tile(CALLED, n))
        low, high = recall_interval(labels, scores)
        assert low < class_metrics(labels, scores).macc < high
        widths.append(high - low)
    assert widths[1] == pytest.approx(widths[0] / 10, rel=0.15)


@pytest.mark.parametrize(
    ("labels", "scores", "says"),
    [
        ([0, 1], np.eye(3)[:2], "every class, got none of class 2"),
        ([0, 1, 2], np.full((3, 3), np.nan), "must be finite"),
    ],
)
def test_what_cannot_be_judged_is_refused(labels, scores, says):
    with pytest.raises(ValueError, match=says):
        class_metrics(np.array(labels), scores)
