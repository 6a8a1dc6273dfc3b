"""What follows from a run's scores where there are more than two classes.

Taught in *From hearts to places*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spectnet.class_metrics import class_metrics, recall_interval


def class_metrics_of(rows: Sequence[dict]) -> dict:
    """Every metric that follows from a run's rows of recordings.

    `macc` is the mean recall of all classes; what two classes alone have is None.

    Args:
        rows: dicts with ``label`` and ``scores``, as they are written: rounded.

    Raises:
        ValueError: a class is missing.
    """
    labels = np.array([row["label"] for row in rows])
    scores = np.array([row["scores"] for row in rows])
    found = class_metrics(labels, scores)
    return {
        "macc": found.macc,
        "macc_interval": list(recall_interval(labels, scores)),
        "accuracy": found.accuracy,
        "f1": float(found.f1.mean()),
        "recall": found.recall.tolist(),
        **dict.fromkeys(("sensitivity", "specificity", "precision", "challenge_score", "macc_without_e")),
    }
