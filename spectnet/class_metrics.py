"""How good a classifier of several classes is: accuracy, recall of each class, who is taken for whom.

Scores are probabilities, ``(n, classes)``; the class with the highest is the answer. No threshold is chosen.
Taught in *From hearts to places*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.metrics import confusion_matrix, roc_auc_score

Labels = Int[np.ndarray, " n"]
Probabilities = Float[np.ndarray, "n classes"]


@dataclass(frozen=True)
class ClassMetrics:
    """What follows from a confusion matrix; shares lie in 0 to 1.

    Attributes:
        matrix: ``(classes, classes)`` clips, by true class (rows) and answer.
        accuracy: share of all that were right.
        macc: mean over classes of their recall; with two classes, sensitivity and specificity.
        recall: ``(classes,)`` share of each class that was found.
        precision: ``(classes,)`` share of each answer that was right; NaN where it was never given.
        f1: ``(classes,)`` harmonic mean of the two; 0 where nothing was found.
    """

    matrix: Int[np.ndarray, "classes classes"]
    accuracy: float
    macc: float
    recall: Float[np.ndarray, " classes"]
    precision: Float[np.ndarray, " classes"]
    f1: Float[np.ndarray, " classes"]


def _check(labels: Labels, probabilities: Probabilities) -> None:
    n_classes = probabilities.shape[1]
    if len(labels) != len(probabilities):
        raise ValueError(
            f"labels and probabilities must be as many, got {len(labels)} and {len(probabilities)}"
        )
    if missing := sorted(set(range(n_classes)) - set(labels.tolist())):
        raise ValueError(f"labels must hold every class, got none of class {missing[0]}")
    if not np.isfinite(probabilities).all():
        raise ValueError("probabilities must be finite, got some that are not")


def class_metrics(labels: Labels, probabilities: Probabilities) -> ClassMetrics:
    """Metrics when each is called what is most probable.

    Args:
        labels: ``(n,)``.
        probabilities: ``(n, classes)``.

    Raises:
        ValueError: lengths differ, a class is missing, a probability is not finite.
    """
    _check(labels, probabilities)
    classes = range(probabilities.shape[1])
    matrix = confusion_matrix(labels, probabilities.argmax(axis=1), labels=classes)
    right, there, called = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    recall = right / there
    precision = np.divide(right, called, out=np.full(len(right), np.nan), where=called > 0)
    return ClassMetrics(
        matrix=matrix,
        accuracy=float(right.sum() / matrix.sum()),
        macc=float(recall.mean()),
        recall=recall,
        precision=precision,
        f1=2 * right / (there + called),
    )


def class_auc(labels: Labels, probabilities: Probabilities) -> float:
    """Mean over classes of the area under the ROC curve of each against the rest.

    Raises:
        ValueError: as `class_metrics`.
    """
    _check(labels, probabilities)
    areas = [roc_auc_score(labels == c, probabilities[:, c]) for c in range(probabilities.shape[1])]
    return float(np.mean(areas))


def recall_interval(
    labels: Labels,
    probabilities: Probabilities,
    *,
    n_draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Bootstrap interval of the mean recall: clips drawn again within each class.

    Args:
        labels: ``(n,)``.
        probabilities: ``(n, classes)``.
        n_draws: how many bootstrap samples.
        seed: of the draws.
        level: coverage.

    Raises:
        ValueError: as `class_metrics`.

    Efron's percentile interval, as `metrics.macc_interval`.
    """
    found = class_metrics(labels, probabilities)
    there = found.matrix.sum(axis=1)
    draws = np.random.default_rng(seed).binomial(there, found.recall, (n_draws, len(there))) / there
    low, high = np.quantile(draws.mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
