"""The short cut in subset e: who counts different sample values hears no heart, and is nearly always right.

Half of this experiment is a controlled one: recordings that were stored finely get a coarse twin, so that
nothing but the rounding differs. `tools/leakage.py` runs it and records it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectnet import leakage
from spectnet.recordings import NORMAL, Recording
from spectnet.segments import Preprocessing, SegmentDataset
from spectnet.settings import Settings

LINEAR = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))


class ShortCut(Settings):
    """What is compared.

    Attributes:
        seed: of draws, dither and folds.
        n_folds: of every classifier.
        excerpt_s: from the middle of each recording, in seconds.
        coarse_below: a recording with fewer different values is coarse.
        fine_from: one with at least so many is fine.
        n_coarse: coarse normal recordings that are drawn.
        twin_steps: steps to the RMS of a coarse twin, as is usual in e.
        grid_steps: steps to the RMS of the common grids that might remove the difference.
    """

    seed: int = 0
    n_folds: int = 5
    excerpt_s: float = 10.0
    coarse_below: int = 300
    fine_from: int = 2450
    n_coarse: int = 300
    twin_steps: float = 14.0
    grid_steps: tuple[int, ...] = (40, 20, 10, 5)


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    return round(float(roc_auc_score(labels, scores)), 5)


def excerpt(recording: Recording, seconds: float) -> Recording:
    """The middle of a recording, held in memory."""
    waveform, rate = recording.read()
    start = max(0, (len(waveform) - round(seconds * rate)) // 2)
    samples = waveform[start : start + round(seconds * rate)]
    return replace(recording, samples=samples, sample_rate=rate, path=None)


def dataset_of(recordings: Sequence[Recording]) -> SegmentDataset:
    return SegmentDataset(recordings, Preprocessing())


def versions(sounds: list[Recording], settings: ShortCut) -> dict[str, list[Recording]]:
    """The same recordings as they are, and brought to one grid: steps to the RMS, with and without dither."""
    generator, out = np.random.default_rng(settings.seed), {"as recorded": sounds}
    for dithered in (False, True):
        for steps in settings.grid_steps:
            name = f"{'dithered' if dithered else 'rounded'}, RMS/{steps}"
            out[name] = [on_grid(r, steps, generator if dithered else None) for r in sounds]
    return out


def on_grid(recording: Recording, steps: float, generator: np.random.Generator | None) -> Recording:
    waveform, _ = recording.read()
    step = float(np.sqrt(np.mean(waveform.astype(np.float64) ** 2))) / steps
    return replace(recording, samples=leakage.requantise(waveform, step, generator))


def told_apart(
    first: list[Recording], second: list[Recording], settings: ShortCut, *, paired: bool = False
) -> float:
    """AUC of telling two groups apart, as prepared, linearly and out of fold; pairs stay together."""
    data = dataset_of(first + second)
    features, owners = leakage.segment_features(data), data.recording_index
    features = np.stack([leakage.mean_by_recording(c, owners) for c in features.T], axis=1)
    labels = np.repeat([0, 1], [len(first), len(second)])
    numbers = np.random.default_rng(settings.seed).permutation(len(first)) % settings.n_folds
    other = numbers if paired else np.arange(len(second)) % settings.n_folds
    folds = np.concatenate([numbers, other])
    return auc(labels, leakage.score_out_of_fold(LINEAR, features, labels, folds))


def groups_in_e(
    recordings: Sequence[Recording], n_values: np.ndarray, settings: ShortCut
) -> dict[str, list[Recording]]:
    """Excerpts of the abnormal recordings, the finely stored normal ones, and some of the coarse."""
    normal, in_e = (
        np.array([r.label == NORMAL for r in recordings]),
        np.array([r.subset == "e" for r in recordings]),
    )
    coarse = np.flatnonzero(in_e & normal & (n_values < settings.coarse_below))
    drawn = np.random.default_rng(settings.seed).permutation(coarse)[: settings.n_coarse]
    which = {
        "abnormal": np.flatnonzero(in_e & ~normal),
        "fine": np.flatnonzero(in_e & normal & (n_values >= settings.fine_from)),
        "coarse": np.sort(drawn),
    }
    return {name: [excerpt(recordings[i], settings.excerpt_s) for i in rows] for name, rows in which.items()}


def short_cut(recordings: Sequence[Recording], n_values: np.ndarray, settings: ShortCut) -> dict:
    """What the count of values tells, what of it survives the preparation, and what removes it.

    For each version an area under the ROC curve: of the count alone for the diagnosis; of telling the same
    sounds with and without a coarse grid apart; of normal recordings, coarse or fine; of abnormal or coarse
    normal ones; and of abnormal or fine normal ones, where no grid can help.
    """
    groups = groups_in_e(recordings, n_values, settings)
    shown = {name: versions(group, settings) for name, group in groups.items()}
    whole = groups["abnormal"] + groups["fine"]
    twins = versions([on_grid(r, settings.twin_steps, None) for r in whole], settings)
    rows = []
    for name in twins:
        abnormal, fine, coarse = (shown[group][name] for group in groups)
        everyone = abnormal + fine + coarse
        counts = np.array([leakage.count_values(r.read()[0]) for r in everyone])
        rows.append(
            {
                "version": name,
                "count_alone": auc(np.arange(len(counts)) < len(abnormal), counts),
                "twins": told_apart(abnormal + fine, twins[name], settings, paired=True),
                "coarse_or_fine": told_apart(fine, coarse, settings),
                "abnormal_or_coarse": told_apart(coarse, abnormal, settings),
                "abnormal_or_fine": told_apart(fine, abnormal, settings),
            }
        )
    return {
        "config": settings.model_dump(mode="json"),
        "sizes": {name: len(group) for name, group in groups.items()},
        "rows": rows,
    }
