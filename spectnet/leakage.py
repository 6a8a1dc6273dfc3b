"""What a split lets through: quick classifiers judged under one split after another.

A leak is information about the test that a new patient would not bring. These functions measure it
in seconds: a few numbers a segment, a classifier of scikit-learn, and folds of any kind.

Taught in *Data and splits*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.base import clone

from spectnet.frontend import GammatoneSpectrogram
from spectnet.metrics import best_threshold
from spectnet.recordings import ABNORMAL, Recording
from spectnet.sampling import balanced_weights
from spectnet.segments import SegmentDataset
from spectnet.splits import Split

QUANTILES = (0.1, 0.5, 0.9)  # over time: the quiet parts, the usual level, the heart sounds
_BATCH = 128


@torch.inference_mode()
def segment_features(dataset: SegmentDataset) -> Float[np.ndarray, "segments features"]:
    """Three quantiles over time of the log energy behind each of sixteen fixed gammatone filters.

    Args:
        dataset: the segments.

    Returns:
        ``(segments, 48)``: the quiet parts of all filters, then their medians, then their loud parts.
    """
    settings = dataset.settings
    filters = GammatoneSpectrogram(
        settings.sample_rate, f_min=settings.f_low, f_max=settings.f_high, learnable=False
    )
    quantiles, rows = torch.tensor(QUANTILES), []
    for start in range(0, len(dataset), _BATCH):
        batch = [dataset[i][0] for i in range(start, min(start + _BATCH, len(dataset)))]
        found = torch.quantile(filters(torch.stack(batch)), quantiles, dim=-1)  # (3, batch, filters)
        rows.append(found.movedim(0, 1).flatten(1))
    return torch.cat(rows).double().numpy()


def fold_numbers(folds: Sequence[Split], recordings: Sequence[Recording]) -> Int[np.ndarray, " recordings"]:
    """In which of the folds each recording is tested.

    Args:
        folds: such that each recording is tested once, as `splits.block_folds` gives them.
        recordings: the set that was split.

    Raises:
        ValueError: a recording is tested in no fold, or in several.
    """
    tested = Counter(name for fold in folds for name in fold.test)
    if wrong := [r.name for r in recordings if tested[r.name] != 1]:
        raise ValueError(
            f"each recording must be tested once, got {wrong[0]} tested {tested[wrong[0]]} times; "
            "give all folds of one family"
        )
    number = {name: k for k, fold in enumerate(folds) for name in fold.test}
    return np.array([number[r.name] for r in recordings])


def score_out_of_fold(
    classifier: Any,
    features: Float[np.ndarray, "rows features"],
    labels: Int[np.ndarray, " rows"],
    folds: Int[np.ndarray, " rows"],
    weights: Float[np.ndarray, " rows"] | None = None,
) -> Float[np.ndarray, " rows"]:
    """Probability of class 1 for each row, from a classifier that has learned from all other folds.

    Args:
        classifier: of scikit-learn, with ``predict_proba``; it is cloned, not changed.
        features: one row a segment, or a recording.
        labels: 0 or 1.
        folds: rows with the same number are tested together.
        weights: how much each row counts in learning; by default one each. A pipeline hands them on
            to its last step.
    """
    scores = np.empty(len(labels))
    for fold in np.unique(folds):
        test = folds == fold
        fitted = clone(classifier)
        name = f"{fitted.steps[-1][0]}__sample_weight" if hasattr(fitted, "steps") else "sample_weight"
        given = {} if weights is None else {name: weights[~test]}
        fitted.fit(features[~test], labels[~test], **given)
        scores[test] = fitted.predict_proba(features[test])[:, 1]
    return scores


def mean_by_recording(
    values: Float[np.ndarray, " segments"], owners: Int[np.ndarray, " segments"]
) -> Float[np.ndarray, " recordings"]:
    """A recording's score: the mean of its segments'."""
    return np.bincount(owners, weights=values) / np.bincount(owners)


def segment_weights(dataset: SegmentDataset) -> Float[np.ndarray, " segments"]:
    """How much each segment counts in learning so that classes are balanced in every subset; one on average.

    This is what `sampling.balanced_weights` draws by, for a classifier that takes all segments at once.
    """
    owners, counts = dataset.recording_index, np.asarray(dataset.n_segments)
    return (balanced_weights(dataset).numpy() / counts)[owners] * len(owners)


def subset_rule(
    train: Sequence[Recording], test: Sequence[Recording]
) -> tuple[Float[np.ndarray, " test"], float]:
    """Score recordings by their subset alone: no sound is heard.

    A recording's score is the share of abnormal ones among the training recordings of its subset; one of
    a subset that was never met gets the share among all.

    Args:
        train: the recordings whose labels may be used.
        test: those to score.

    Returns:
        The scores, and the threshold that gives the best MACC in training.
    """
    share = {
        subset: float(np.mean([r.label == ABNORMAL for r in train if r.subset == subset]))
        for subset in {r.subset for r in train}
    }
    overall = float(np.mean([r.label == ABNORMAL for r in train]))
    learned = np.array([share[r.subset] for r in train])
    threshold = best_threshold(np.array([r.label for r in train]), learned)
    return np.array([share.get(r.subset, overall) for r in test]), threshold


def count_values(waveform: Float[np.ndarray, " time"]) -> int:
    """How many different sample values a recording holds."""
    return len(np.unique(waveform))


def requantise(
    waveform: Float[np.ndarray, " time"], step: float, generator: np.random.Generator | None = None
) -> Float[np.ndarray, " time"]:
    """Round every sample to a multiple of `step`; with a generator, after adding dither.

    The dither is triangular, two steps wide. It makes mean and power of the rounding error independent of
    the sound, so that the error is noise and no distortion.

    Args:
        waveform: ``(time,)``.
        step: from one value to the next.
        generator: of the dither; None for none.

    Raises:
        ValueError: `step` is not positive.

    Taught in *Data and splits*; the dither is that of Lipshitz et al. (1992).
    """
    if step <= 0:
        raise ValueError(f"step must be positive, got {step:g}")
    dither = 0.0 if generator is None else generator.uniform(-0.5, 0.5, (2, len(waveform))).sum(axis=0)
    return (step * np.round(waveform / step + dither)).astype(np.float32)
