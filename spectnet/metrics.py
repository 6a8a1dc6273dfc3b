"""How good a classifier is, in the field's terms: sensitivity, specificity and their mean, MACC.

Scores are probabilities of abnormal, ``(recordings,)``; labels are 0 normal, 1 abnormal.
Taught in *One recording, all the way*.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

from spectnet.recordings import ABNORMAL, NORMAL

Scores = Float[np.ndarray, " n"]
Labels = Int[np.ndarray, " n"]
Weights = Float[np.ndarray, " n"]

# Shares of good signal quality in the Challenge's validation set: 119 of 151 abnormal, 142 of 150 normal.
GOOD_ABNORMAL, GOOD_NORMAL = 0.7881, 0.9467


@dataclass(frozen=True)
class Metrics:
    """Counts and what follows from them; shares lie in 0 to 1.

    Attributes:
        true_positives: abnormal recordings called abnormal.
        false_negatives: abnormal recordings called normal.
        true_negatives: normal recordings called normal.
        false_positives: normal recordings called abnormal.
        sensitivity: share of the abnormal that were found.
        specificity: share of the normal that were left in peace.
        macc: mean of the two; the Challenge's score when signal quality is left out.
        precision: share of the called abnormal that are; NaN where none was called.
        f1: harmonic mean of precision and sensitivity.
        accuracy: share of all that were right.
    """

    true_positives: float
    false_negatives: float
    true_negatives: float
    false_positives: float
    sensitivity: float
    specificity: float
    macc: float
    precision: float
    f1: float
    accuracy: float

    def as_dict(self) -> dict[str, float | None]:
        """All of it by name, for a result's JSON, which has None where a number is NaN."""
        return {name: None if np.isnan(value) else value for name, value in asdict(self).items()}


def _check(labels: Labels, scores: Scores, weights: Weights | None = None) -> None:
    if len(labels) != len(scores):
        raise ValueError(f"labels and scores must be as many, got {len(labels)} and {len(scores)}")
    if (found := set(np.unique(labels).tolist())) != {NORMAL, ABNORMAL}:
        raise ValueError(
            f"labels must hold both classes, 0 and 1, got {sorted(found)}; one class alone has no MACC"
        )
    if not np.isfinite(scores).all():
        raise ValueError(f"scores must be finite, got {int((~np.isfinite(scores)).sum())} that are not")
    if weights is not None and not all((weights[labels == c] > 0).any() for c in (NORMAL, ABNORMAL)):
        raise ValueError("weights must count something of both classes, got none of one; use more recordings")


def binary_metrics(
    labels: Labels, scores: Scores, threshold: float = 0.5, weights: Weights | None = None
) -> Metrics:
    """Metrics when everything scored at least `threshold` is called abnormal.

    Args:
        labels: ``(n,)``.
        scores: ``(n,)``.
        threshold: in 0 to 1.
        weights: how much each counts; by default one each.

    Raises:
        ValueError: lengths differ, a class is missing or weighs nothing, a score is not finite.
    """
    _check(labels, scores, weights)
    called = (scores >= threshold).astype(int)
    (tn, fp), (fn, tp) = confusion_matrix(labels, called, labels=[0, 1], sample_weight=weights).astype(float)
    sensitivity, specificity = tp / (tp + fn), tn / (tn + fp)
    return Metrics(
        true_positives=tp,
        false_negatives=fn,
        true_negatives=tn,
        false_positives=fp,
        sensitivity=sensitivity,
        specificity=specificity,
        macc=(sensitivity + specificity) / 2,
        precision=tp / (tp + fp) if tp + fp else float("nan"),
        f1=2 * tp / (2 * tp + fp + fn),
        accuracy=(tp + tn) / (tp + tn + fp + fn),
    )


def challenge_score(
    labels: Labels, scores: Scores, threshold: float, good_quality: Bool[np.ndarray, " n"]
) -> float:
    r"""The Challenge's own score: MACC with fixed weights for good and poor signal quality.

    $$\tfrac12\,(w_{a1} Se_{good} + w_{a2} Se_{poor}) + \tfrac12\,(w_{n1} Sp_{good} + w_{n2} Sp_{poor})$$

    The weights are the shares in the Challenge's validation set: $w_{a1} = 0.7881$, $w_{a2} = 0.2119$,
    $w_{n1} = 0.9467$, $w_{n2} = 0.0533$. Over that very set the score is MACC itself. A class that has
    only one quality here counts by that one. The Challenge also let a classifier answer "unsure", right
    where the quality is poor; ours never does.

    Args:
        labels: ``(n,)``.
        scores: ``(n,)``.
        threshold: at or above it, abnormal is called.
        good_quality: ``(n,)``, False where the annotators flagged the signal.

    Raises:
        ValueError: as `binary_metrics`.

    Taught in *Judging a classifier*; rule from Clifford et al. (2016), https://physionet.org/content/challenge-2016.
    """
    _check(labels, scores)
    right = (scores >= threshold).astype(int) == labels

    def share(label: int, weight_of_good: float) -> float:
        good, poor = (right[(labels == label) & quality] for quality in (good_quality, ~good_quality))
        if not (good.size and poor.size):
            return float((good if good.size else poor).mean())
        return float(weight_of_good * good.mean() + (1 - weight_of_good) * poor.mean())

    return (share(ABNORMAL, GOOD_ABNORMAL) + share(NORMAL, GOOD_NORMAL)) / 2


def roc_auc(labels: Labels, scores: Scores, weights: Weights | None = None) -> float:
    """Area under the ROC curve: how often an abnormal scores above a normal, whatever the threshold.

    Args:
        labels: ``(n,)``.
        scores: ``(n,)``.
        weights: how much each counts; by default one each.

    Raises:
        ValueError: as `binary_metrics`.
    """
    _check(labels, scores, weights)
    return float(roc_auc_score(labels, scores, sample_weight=weights))


def best_threshold(labels: Labels, scores: Scores, weights: Weights | None = None) -> float:
    """The threshold with the highest MACC: for inner validation, never for a test set.

    Midway between the two scores it separates, so that it does not hang on either.

    Args:
        labels: ``(n,)``.
        scores: ``(n,)``.
        weights: how much each counts; by default one each.

    Raises:
        ValueError: as `binary_metrics`.
    """
    _check(labels, scores, weights)
    false_alarm, hit, thresholds = roc_curve(labels, scores, sample_weight=weights, drop_intermediate=False)
    # The curve starts at infinity, where nothing is called; that is no better than its end, where all is.
    best = 1 + int(np.argmax((hit - false_alarm)[1:]))
    below = scores[scores < thresholds[best]]
    upper = float(thresholds[best])
    return (upper + float(below.max())) / 2 if below.size else upper / 2


def macc_interval(
    labels: Labels,
    scores: Scores,
    threshold: float,
    *,
    n_draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Bootstrap interval of MACC: recordings drawn again within each class.

    Args:
        labels: ``(n,)``.
        scores: ``(n,)``.
        threshold: fixed, chosen elsewhere.
        n_draws: how many bootstrap samples.
        seed: of the draws.
        level: coverage.

    Efron's percentile interval; with 297 recordings and a MACC near 0.88 it is 7 to 8 points wide.
    """
    options = {"n_draws": n_draws, "seed": seed}
    low, high = macc_intervals(labels, scores, np.array([float(threshold)]), level=level, **options)[0]
    return float(low), float(high)


def macc_intervals(
    labels: Labels,
    scores: Scores,
    thresholds: Float[np.ndarray, " thresholds"],
    *,
    n_draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Float[np.ndarray, "thresholds 2"]:
    """`macc_interval` at each of several thresholds, all judged on the same draws.

    Args:
        labels: ``(n,)``.
        scores: ``(n,)``.
        thresholds: each fixed, chosen elsewhere; infinity calls nobody.
        n_draws: how many bootstrap samples.
        seed: of the draws.
        level: coverage.

    Raises:
        ValueError: as `binary_metrics`.

    Taught in *Judging a classifier*.
    """
    _check(labels, scores)
    generator = np.random.default_rng(seed)
    right = (scores[:, None] >= thresholds) == (labels[:, None] == ABNORMAL)  # (n, thresholds)
    shares = [
        _times_drawn(generator, int((labels == c).sum()), n_draws) @ right[labels == c] / (labels == c).sum()
        for c in (NORMAL, ABNORMAL)
    ]  # each (draws, thresholds)
    return np.quantile(np.mean(shares, axis=0), [(1 - level) / 2, (1 + level) / 2], axis=0).T


def _times_drawn(generator: np.random.Generator, n: int, n_draws: int) -> Float[np.ndarray, "draws {n}"]:
    """How often each of `n` is drawn in each of so many draws of n with replacement."""
    picked = generator.choice(n, size=(n_draws, n)) + n * np.arange(n_draws)[:, None]
    return np.bincount(picked.ravel(), minlength=n * n_draws).reshape(n_draws, n).astype(float)
