"""Measure what leaks in the real recordings, and write results/leakage.json.

    python -m tools.leakage

No sound of the paper's fold 0 is read: everything is measured on its training side. Of the rest of the set
only labels, flags and lengths are counted. Nothing is recorded from a working tree that differs from its
commit. Taught in *Data and splits*.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import soundfile
import torch
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectnet import leakage, physionet, splits
from spectnet.metrics import best_threshold, binary_metrics, macc_interval
from spectnet.recordings import ABNORMAL, NORMAL, Recording
from spectnet.results import machine
from spectnet.settings import Settings
from spectnet.synthesis.measure import long_term_spectrum
from tools.planted_band import ROOT, check_clean
from tools.planted_band import replace as write
from tools.short_cut import LINEAR, ShortCut, auc, dataset_of, excerpt, short_cut

RESULT = ROOT / "results" / "leakage.json"


class Leakage(Settings):
    """How it is measured.

    Attributes:
        seed: of folds, coins, trees and draws.
        n_folds: of every split but leave-out.
        excerpt_s: from the middle of each recording, for the classifiers, in seconds.
        n_permutations: orders of names drawn at random.
    """

    seed: int = 0
    n_folds: int = 5
    excerpt_s: float = 10.0
    n_permutations: int = 1000


SETTINGS = Leakage()
CLASSIFIERS = {
    "nearest": make_pipeline(StandardScaler(), KNeighborsClassifier(1, algorithm="brute")),
    "linear": LINEAR,
    "trees": ExtraTreesClassifier(50, min_samples_leaf=2, random_state=SETTINGS.seed),
}


@dataclass
class Heard:
    """The recordings of the training side, with what was measured on them."""

    recordings: list[Recording]
    spectra: np.ndarray  # (recordings, bands) in dB, as recorded
    n_values: np.ndarray  # (recordings,)
    features: np.ndarray  # (segments, 48), as prepared
    owners: np.ndarray  # (segments,)
    weights: np.ndarray  # (segments,) balanced over class x subset

    @property
    def labels(self) -> np.ndarray:
        return np.array([r.label for r in self.recordings])

    @property
    def subsets(self) -> np.ndarray:
        return np.array([r.subset for r in self.recordings])

    @property
    def means(self) -> np.ndarray:
        """Features of a recording: the mean of its segments'."""
        columns = [leakage.mean_by_recording(column, self.owners) for column in self.features.T]
        return np.stack(columns, axis=1)


def hear(recordings: list[Recording]) -> Heard:
    """Read and measure every recording."""
    sounds = [recording.read() for recording in recordings]
    data = dataset_of([excerpt(recording, SETTINGS.excerpt_s) for recording in recordings])
    return Heard(
        recordings=recordings,
        spectra=np.array([long_term_spectrum(*sound) for sound in sounds]),
        n_values=np.array([leakage.count_values(waveform) for waveform, _ in sounds]),
        features=leakage.segment_features(data),
        owners=data.recording_index,
        weights=leakage.segment_weights(data),
    )


def collection(everyone: Sequence[Recording]) -> list[dict]:
    """For each subset: how many of each class, in all and in the paper's fold 0; quality; lengths."""
    tested, rows = set(splits.paper_fold(0).test), []
    for subset in physionet.SUBSETS:
        here = [r for r in everyone if r.subset == subset]
        lengths = [soundfile.info(r.path).duration for r in here]
        row = {"subset": subset, "lengths_s": [round(q, 1) for q in np.quantile(lengths, [0, 0.5, 1])]}
        for name, label in (("normal", NORMAL), ("abnormal", ABNORMAL)):
            chosen = [r for r in here if r.label == label]
            row[name] = len(chosen)
            row[f"{name}_low_quality"] = sum(not r.good_quality for r in chosen)
            row[f"{name}_in_fold_0"] = sum(r.name in tested for r in chosen)
        rows.append(row)
    return rows


def judged(recordings: Sequence[Recording], scores: np.ndarray, threshold: float = 0.5) -> dict:
    """MACC as counted with its interval, weighted so that both classes of a subset count alike, and AUC."""
    labels = np.array([r.label for r in recordings])
    found = binary_metrics(labels, scores, threshold)
    balanced = binary_metrics(labels, scores, threshold, splits.balancing_weights(recordings))
    low, high = macc_interval(labels, scores, threshold, seed=SETTINGS.seed)
    return {
        **{key: round(getattr(found, key), 5) for key in ("macc", "sensitivity", "specificity")},
        "macc_interval": [round(low, 5), round(high, 5)],
        "macc_balanced": round(balanced.macc, 5),
        "auc": auc(labels, scores),
    }


def families(recordings: Sequence[Recording]) -> dict[str, np.ndarray]:
    """The fold of each recording, under three ways of splitting recordings."""
    chosen = {
        "recordings": splits.stratified_folds(recordings, SETTINGS.n_folds, SETTINGS.seed),
        "blocks": splits.block_folds(recordings, SETTINGS.n_folds, SETTINGS.seed),
        "leave-out": splits.leave_one_subset_out(recordings),
    }
    return {name: leakage.fold_numbers(folds, recordings) for name, folds in chosen.items()}


def recognised(heard: Heard) -> dict[str, dict]:
    """Which subset is it? From the spectrum as recorded, as prepared, and from the quiet parts alone."""
    level_free = {
        "spectrum as recorded": heard.spectra,
        "prepared": heard.means,
        "prepared, quiet parts": heard.means[:, :16] - heard.means[:, :16].mean(axis=1, keepdims=True),
    }
    folds, out = StratifiedKFold(SETTINGS.n_folds, shuffle=True, random_state=SETTINGS.seed), {}
    letters = list(physionet.SUBSETS)
    for name, features in level_free.items():
        found = cross_val_predict(LINEAR, features, heard.subsets, cv=folds)
        confusion = [[int(((heard.subsets == t) & (found == f)).sum()) for f in letters] for t in letters]
        recall = np.diag(confusion) / np.sum(confusion, axis=1)
        out[name] = {
            "accuracy": round(float(np.mean(found == heard.subsets)), 5),
            "balanced_accuracy": round(float(recall.mean()), 5),
            "confusion": confusion,
        }
    return out


def sensor_alone(heard: Heard) -> dict[str, dict]:
    """What knowing the subset, or recognising it in the spectrum, would score as a diagnosis."""
    out = {}
    for name, folds in families(heard.recordings).items():
        calls = {way: np.empty(len(folds)) for way in ("known", "recognised")}
        for fold in np.unique(folds):
            test = folds == fold
            train, known = ([heard.recordings[i] for i in np.flatnonzero(side)] for side in (~test, test))
            fitted = clone(LINEAR).fit(heard.spectra[~test], heard.subsets[~test])
            guesses = fitted.predict(heard.spectra[test])
            guessed = [replace(r, subset=str(g)) for r, g in zip(known, guesses, strict=True)]
            for way, recordings in (("known", known), ("recognised", guessed)):
                scores, threshold = leakage.subset_rule(train, recordings)
                calls[way][test] = scores >= threshold
        out[name] = {way: judged(heard.recordings, call) for way, call in calls.items()}
    return out


def protocols(heard: Heard) -> list[dict]:
    """Every classifier under every split, drawn as it comes and balanced; and labels that a coin gave."""
    generator = np.random.default_rng(SETTINGS.seed)
    folds = {"segments": generator.permutation(len(heard.owners)) % SETTINGS.n_folds}
    folds |= {name: numbers[heard.owners] for name, numbers in families(heard.recordings).items()}
    tosses = generator.integers(0, 2, len(heard.recordings))
    coin = [replace(r, label=int(toss)) for r, toss in zip(heard.recordings, tosses, strict=True)]
    rows = [
        protocol(heard, heard.recordings, classifier, split, numbers, drawn)
        for classifier in CLASSIFIERS
        for split, numbers in folds.items()
        for drawn in ("as they come", "balanced")
        if (classifier, drawn) != ("nearest", "balanced")  # it has no weights
    ]
    rows += [
        {**protocol(heard, coin, classifier, split, folds[split], "as they come"), "labels": "coin"}
        for classifier in CLASSIFIERS
        for split in ("segments", "recordings")
    ]
    return rows


def protocol(
    heard: Heard, labelled: list[Recording], classifier: str, split: str, folds: np.ndarray, drawn: str
) -> dict:
    """One classifier under one split; drawn as they come, the threshold is the share of abnormal segments."""
    labels = np.array([r.label for r in labelled])[heard.owners]
    weights = heard.weights if drawn == "balanced" else None
    threshold = 0.5 if drawn == "balanced" or classifier == "nearest" else float(labels.mean())
    scores = leakage.score_out_of_fold(CLASSIFIERS[classifier], heard.features, labels, folds, weights)
    scores = leakage.mean_by_recording(scores, heard.owners)
    row = {"labels": "diagnosis", "classifier": classifier, "split": split, "drawn": drawn}
    return row | judged(labelled, scores, threshold)


def numbering(heard: Heard) -> list[dict]:
    """Do recordings that sound alike stand near each other in name? Against orders drawn at random."""
    generator, rows = np.random.default_rng(SETTINGS.seed), []
    for subset in physionet.SUBSETS:
        here = StandardScaler().fit_transform(heard.spectra[heard.subsets == subset])
        nearest = NearestNeighbors(n_neighbors=2).fit(here).kneighbors(here)[1][:, 1]
        place = np.arange(len(here))

        def near(place: np.ndarray, nearest: np.ndarray = nearest) -> float:
            return float(np.mean(np.abs(place - place[nearest]) < splits.BLOCK_SIZE))

        drawn = [near(generator.permutation(place)) for _ in range(SETTINGS.n_permutations)]
        found = near(place)
        rows.append(
            {
                "subset": subset,
                "near_in_name": round(found, 5),
                "by_chance": round(float(np.mean(drawn)), 5),
                "p": round(float((1 + np.sum(np.array(drawn) >= found)) / (1 + len(drawn))), 5),
            }
        )
    return rows


def count_rule(heard: Heard) -> dict:
    """Diagnosis in e by the count of values alone, its threshold learned from the other folds."""
    chosen = np.flatnonzero(heard.subsets == "e")
    recordings, counts = [heard.recordings[i] for i in chosen], np.log(heard.n_values[chosen])
    labels = heard.labels[chosen]
    folds = leakage.fold_numbers(splits.block_folds(recordings, SETTINGS.n_folds, SETTINGS.seed), recordings)
    called = np.empty(len(chosen))
    for fold in np.unique(folds):
        test = folds == fold
        called[test] = counts[test] >= best_threshold(labels[~test], counts[~test])
    return judged(recordings, called) | {"auc": auc(labels, counts)}


def main() -> None:
    """Measure everything and write."""
    torch.set_num_threads(1)
    commit, start = check_clean(), time.process_time()
    everyone = physionet.index(annotations=False)
    trained = set(splits.paper_fold(0).train)
    heard = hear([r for r in everyone if r.name in trained])
    record = {
        "experiment": "leakage",
        "data": "PhysioNet/CinC 2016, training side of the paper's fold 0",
        "commit": commit,
        "machine": machine(),
        "config": SETTINGS.model_dump(mode="json"),
        "collection": collection(everyone),
        "names": [r.name for r in heard.recordings],
        "labels": "".join(str(r.label) for r in heard.recordings),
        "n_segments": len(heard.owners),
        "values_in_e": heard.n_values[heard.subsets == "e"].tolist(),
        "recognised": recognised(heard),
        "sensor_alone": sensor_alone(heard),
        "numbering": numbering(heard),
        "count_rule": count_rule(heard),
        "short_cut": short_cut(heard.recordings, heard.n_values, ShortCut()),
        "protocols": protocols(heard),
    }
    record["core_seconds"] = round(time.process_time() - start, 1)
    write(RESULT, json.dumps(record, allow_nan=False) + "\n")
    print(
        json.dumps({k: v for k, v in record.items() if k not in ("names", "labels", "values_in_e")}, indent=1)
    )


if __name__ == "__main__":
    main()
