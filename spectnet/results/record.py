"""One run as one JSON file: its metrics, and the scores, the config and the history they follow from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from jaxtyping import Float

from spectnet import atomic
from spectnet.experiment import Experiment
from spectnet.metrics import binary_metrics, challenge_score, macc_interval, roc_auc
from spectnet.recordings import Recording
from spectnet.results.class_record import class_metrics_of
from spectnet.training import History

RUNS = Path(__file__).parents[2] / "results" / "runs"
NEEDED = (
    "experiment", "split", "seed", "macc", "sensitivity", "specificity", "n_recordings",
    "segment_accuracy", "commit", "seconds", "selection", "threshold", "recordings",
)  # fmt: skip
DIGITS = 5  # of a score; two recordings of one set hardly ever lie closer


def make_result(
    experiment: Experiment,
    history: History,
    recordings: Sequence[Recording],
    scores: Float[np.ndarray, "recordings *classes"],
    *,
    segment_accuracy: float,
    seconds: float,
    commit: str,
    machine: dict[str, str | int],
    n_parameters: int | None = None,
    core_seconds: float | None = None,
    validation: Sequence[dict] = (),
    classes: Sequence[str] | None = None,
) -> dict:
    """Gather a run into one JSON-able record, from which its metrics can be computed again.

    They follow from the scores as they are written, with five digits.

    Args:
        experiment: its settings.
        history: of its training; the best epoch's threshold judges the recordings.
        recordings: that were tested.
        scores: ``(recordings,)`` probabilities of abnormal, or ``(recordings, classes)`` of each class.
        segment_accuracy: share of test segments that were right at the same threshold.
        seconds: that the training took.
        commit: of the code that trained.
        machine: as `machine` gives it, of the training.
        n_parameters: how many numbers of the model were trained.
        core_seconds: processor time of the training; by default its seconds times its threads.
        validation: `rows_of` each inner-validation recording, scored by the model that was kept: an ensemble
            finds its threshold there.
        classes: their names, by number, where there are more than two; they have no threshold.
    """
    rows = [
        row | {"good_quality": r.good_quality}
        for row, r in zip(rows_of(recordings, scores), recordings, strict=True)
    ]
    best = history.best
    threshold = None if classes else best.threshold
    if core_seconds is None:
        core_seconds = seconds * float(machine.get("threads", 1))
    return {
        "experiment": experiment.name,
        "split": experiment.split,
        "seed": experiment.training.seed,
        "role": experiment.role,
        **(class_metrics_of(rows) if threshold is None else metrics_of(rows, threshold)),
        "classes": list(classes) if classes else None,
        "n_recordings": len(rows),
        "segment_accuracy": segment_accuracy,
        "threshold": threshold,
        "selection": experiment.training.selection,
        "best_epoch": best.epoch,
        "validation_macc": best.validation_macc,
        "data": experiment.data,
        "n_parameters": n_parameters,
        "commit": commit,
        "seconds": round(seconds, 1),
        "core_seconds": round(core_seconds, 1),
        "machine": machine,
        "config": experiment.model_dump(mode="json"),
        "history": [_rounded(asdict(epoch)) for epoch in history.epochs],
        "validation": list(validation),
        "recordings": rows,
    }


def rows_of(recordings: Sequence[Recording], scores: Float[np.ndarray, "recordings *classes"]) -> list[dict]:
    """A row for each recording: its name, label, subset and score, or scores, as they are written."""
    key = "score" if scores.ndim == 1 else "scores"
    return [
        {"name": r.name, "label": r.label, "subset": r.subset, key: np.round(s, DIGITS).tolist()}
        for r, s in zip(recordings, scores, strict=True)
    ]


def metrics_of(rows: Sequence[dict], threshold: float) -> dict:
    """Every metric that follows from a run's rows of recordings and its threshold.

    Args:
        rows: dicts with ``label``, ``score``, ``good_quality`` and ``subset``.
        threshold: at or above it, abnormal is called.

    Raises:
        ValueError: the rows hold one class only.
    """
    labels, scores = (np.array([row[key] for row in rows]) for key in ("label", "score"))
    good = np.array([row["good_quality"] for row in rows])
    other = np.array([row["subset"] != "e" for row in rows])
    both = len(set(labels[other].tolist())) == 2
    return {
        **binary_metrics(labels, scores, threshold).as_dict(),
        "macc_interval": list(macc_interval(labels, scores, threshold)),
        "auc": roc_auc(labels, scores),
        "challenge_score": challenge_score(labels, scores, threshold, good),
        "macc_without_e": binary_metrics(labels[other], scores[other], threshold).macc if both else None,
    }


def recordings_of(rows: Sequence[dict]) -> list[Recording]:
    """The recordings that a run's rows name, without their sound: for blocks and balancing weights."""
    return [
        Recording(row["name"], row["label"], row["subset"], good_quality=row.get("good_quality", True))
        for row in rows
    ]


def _rounded(epoch: dict) -> dict:
    return {
        key: [round(v, 2) for v in value] if isinstance(value, list) else value
        for key, value in epoch.items()
    }


def save_result(result: dict, folder: Path | str = RUNS) -> Path:
    """Write one run's JSON, named for experiment, split and seed; each epoch and recording has a line."""
    path = Path(folder) / f"{result['experiment']}_{result['split']}_seed{result['seed']}.json"
    entries = [f" {json.dumps(key)}: {_laid_out(value)}" for key, value in result.items()]
    atomic.write(path, "{\n" + ",\n".join(entries) + "\n}\n")
    return path


def _laid_out(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        lines = [json.dumps(item, separators=(",", ":"), allow_nan=False) for item in value]
        return "[\n  " + ",\n  ".join(lines) + "\n ]"
    return json.dumps(value, allow_nan=False)


def load_results(folder: Path | str = RUNS) -> list[dict]:
    """All runs on record, by file name.

    Raises:
        ValueError: a file that is not JSON, or not a run's.
    """
    results = []
    for path in sorted(Path(folder).glob("*.json")):
        try:
            result = json.loads(path.read_text())
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not JSON ({error}); restore it from the repository") from error
        if missing := [name for name in NEEDED if name not in result]:
            raise ValueError(f"{path} is no run's result, it lacks {', '.join(missing)}; move it elsewhere")
        results.append(_complete(result))
    return results


def _complete(result: dict) -> dict:
    """Give a record that was written before a column was known what follows from the rest of it."""
    rows = [{"subset": row["name"][0], **row} for row in result["recordings"]]
    threads = result.get("machine", {}).get("threads", 1)
    known = {
        "role": "",
        "n_parameters": None,
        "core_seconds": round(result["seconds"] * threads, 1),
        "validation": [],
        "validation_macc": None,
        "classes": None,
    }
    if "challenge_score" not in result:
        known |= metrics_of(rows, result["threshold"])
    return {**known, **result, "recordings": rows}
