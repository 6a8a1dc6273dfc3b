"""A run of more than two classes as one JSON file: the same entries, those of two classes left empty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from spectnet.class_metrics import class_metrics, recall_interval
from spectnet.experiment import Experiment
from spectnet.recordings import Recording
from spectnet.results.record import lay_out, rows_of
from spectnet.training import History


def make_class_result(
    experiment: Experiment,
    history: History,
    recordings: Sequence[Recording],
    scores: Float[np.ndarray, "recordings classes"],
    *,
    classes: Sequence[str],
    segment_accuracy: float,
    seconds: float,
    commit: str,
    machine: dict[str, str | int],
    n_parameters: int | None = None,
    core_seconds: float | None = None,
    validation: Sequence[dict] = (),
) -> dict:
    """Gather a run into one JSON-able record, from which its metrics can be computed again.

    Args:
        experiment: its settings.
        history: of its training.
        recordings: that were tested.
        scores: probability of each class.
        classes: their names, by number.
        segment_accuracy: share of test segments that were right.
        seconds: that the training took.
        commit: of the code that trained.
        machine: as `machine` gives it, of the training.
        n_parameters: how many numbers of the model were trained.
        core_seconds: processor time of the training; by default its seconds times its threads.
        validation: `rows_of` each inner-validation recording, scored by the model that was kept.

    Taught in *From hearts to places*.
    """
    rows = rows_of(recordings, scores)
    if core_seconds is None:
        core_seconds = seconds * float(machine.get("threads", 1))
    judged = class_metrics_of(rows) | {
        "classes": list(classes),
        "segment_accuracy": segment_accuracy,
        "threshold": None,
    }
    cost = {
        "n_parameters": n_parameters,
        "commit": commit,
        "seconds": round(seconds, 1),
        "core_seconds": round(core_seconds, 1),
        "machine": machine,
    }
    return lay_out(experiment, history, rows, judged, cost, validation)


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
