"""Write what the package says at many thresholds, for the threshold explorer's JavaScript to be held to.

python -m tests.explorers.write_threshold
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spectnet import metrics, results
from spectnet.explorers import ThresholdExplorer
from tests.explorers.stored import write

VECTORS = Path(__file__).with_name("threshold.json")
ON_RECORD = ("learned-16", "paper-fold-0", 0)
STEPS = np.arange(33) / 32  # exact in binary and in 12 digits


def runs() -> dict[str, dict]:
    """A run on record, and small ones: many ties, one of each class, nothing right, all right."""
    record = next(
        run for run in results.load_results() if (run["experiment"], run["split"], run["seed"]) == ON_RECORD
    )
    ties = np.random.default_rng(0).integers(0, 9, 40) / 8
    return {
        "on record": record,
        "ties": made(np.arange(40) % 3 == 0, ties),
        "one of each": made([0, 1], [0.25, 0.75]),
        "nothing right": made([1, 1, 0, 0, 0], [0.0, 0.1, 0.8, 0.9, 1.0]),
        "all right": made([0, 0, 1, 1], [0.0, 0.3, 0.6, 1.0]),
    }


def made(labels: object, scores: object) -> dict:
    """A run with these labels and scores."""
    rows = [
        {"name": f"r{i:03d}", "label": int(label), "score": float(score)}
        for i, (label, score) in enumerate(zip(labels, scores, strict=True))  # type: ignore[call-overload]
    ]
    return {"threshold": 0.5, "recordings": rows}


def run_vectors(run: dict) -> dict:
    """What the explorer is given of a run, and what the package says of it at every threshold."""
    explorer = ThresholdExplorer(run)
    labels, scores = (np.array([row[key] for row in run["recordings"]]) for key in ("label", "score"))
    judged = []
    for threshold in np.unique(np.concatenate([STEPS, scores[::4], [run["threshold"]]])).tolist():
        found = metrics.binary_metrics(labels, scores, threshold)
        judged.append(
            {
                "threshold": threshold,
                "counts": [
                    found.true_positives,
                    found.false_positives,
                    found.false_negatives,
                    found.true_negatives,
                ],
                "shares": [found.sensitivity, found.specificity, found.macc],
                "interval": list(metrics.macc_interval(labels, scores, threshold)),
            }
        )
    return {
        "recordings": explorer.recordings,
        "intervals": explorer.intervals,
        "auc": metrics.roc_auc(labels, scores),
        "best_threshold": metrics.best_threshold(labels, scores),
        "judged": judged,
    }


def vectors() -> dict:
    """All runs by name."""
    return {name: run_vectors(run) for name, run in runs().items()}


if __name__ == "__main__":
    write(VECTORS, vectors())
