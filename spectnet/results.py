"""Results on record: one JSON file a run, with everything needed to trust or repeat its numbers."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from spectnet.experiment import Experiment
from spectnet.metrics import binary_metrics, macc_interval
from spectnet.recordings import Recording
from spectnet.training import History

RUNS = Path(__file__).parents[1] / "results" / "runs"
COLUMNS = (
    "experiment", "split", "seed", "macc", "sensitivity", "specificity", "n_recordings",
    "segment_accuracy", "commit", "seconds", "selection",
)  # fmt: skip


def current_commit(folder: Path | None = None) -> str:
    """Hash of the checked-out commit, with ``-changed`` behind it if package or configs differ from it."""
    folder = folder or Path(__file__).parents[1]

    def git(*arguments: str) -> str:
        run = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        return commit + ("-changed" if git("status", "--porcelain", "--", "spectnet", "configs") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine() -> dict[str, str | int]:
    """What a run ran on: processor or GPU, threads, versions."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "device": gpu or f"CPU ({platform.machine()})",
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def make_result(
    experiment: Experiment,
    history: History,
    recordings: Sequence[Recording],
    scores: np.ndarray,
    *,
    segment_accuracy: float,
    seconds: float,
    commit: str,
    machine: dict[str, str | int],
) -> dict:
    """Gather a run into one JSON-able record, from which its metrics can be computed again.

    Args:
        experiment: its settings.
        history: of its training; the best epoch's threshold judges the recordings.
        recordings: that were tested.
        scores: ``(recordings,)`` probabilities of abnormal.
        segment_accuracy: share of test segments that were right at the same threshold.
        seconds: that the training took.
        commit: of the code that trained.
        machine: as `machine` gives it, of the training.
    """
    best = history.best
    labels = np.array([recording.label for recording in recordings])
    metrics = binary_metrics(labels, scores, best.threshold)
    return {
        "experiment": experiment.name,
        "split": experiment.split,
        "seed": experiment.training.seed,
        **metrics.as_dict(),
        "macc_interval": macc_interval(labels, scores, best.threshold),
        "n_recordings": len(recordings),
        "segment_accuracy": segment_accuracy,
        "threshold": best.threshold,
        "selection": "inner",
        "best_epoch": best.epoch,
        "validation_macc": best.validation_macc,
        "data": experiment.data,
        "commit": commit,
        "seconds": round(seconds, 1),
        "machine": machine,
        "config": experiment.model_dump(mode="json"),
        "history": [_rounded(asdict(epoch)) for epoch in history.epochs],
        "recordings": [
            {"name": r.name, "label": r.label, "score": float(s), "good_quality": r.good_quality}
            for r, s in zip(recordings, scores, strict=True)
        ],
    }


def _rounded(epoch: dict) -> dict:
    return {
        key: [round(v, 2) for v in value] if isinstance(value, list) else value
        for key, value in epoch.items()
    }


def save_result(result: dict, folder: Path | str = RUNS) -> Path:
    """Write one run's JSON, named for experiment, split and seed."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result['experiment']}_{result['split']}_seed{result['seed']}.json"
    path.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")
    return path


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
        if missing := [name for name in COLUMNS if name not in result]:
            raise ValueError(f"{path} is no run's result, it lacks {', '.join(missing)}; move it elsewhere")
        results.append(result)
    return results


def table_rows(results: Sequence[dict]) -> list[dict]:
    """The columns that compare runs, one dict a run."""
    return [{column: result[column] for column in COLUMNS} for result in results]


def markdown_table(results: Sequence[dict]) -> str:
    """The same for a reader: shares in percent, MACC with its 95 % interval."""
    head = "| experiment | split | seed | MACC (95 % interval) | sensitivity | specificity | recordings |"
    lines = [head, "|---|---|---:|---|---:|---:|---:|"]
    for r in results:
        low, high = r["macc_interval"]
        lines.append(
            f"| {r['experiment']} | {r['split']} | {r['seed']} "
            f"| {100 * r['macc']:.1f} ({100 * low:.1f} to {100 * high:.1f}) "
            f"| {100 * r['sensitivity']:.1f} | {100 * r['specificity']:.1f} | {r['n_recordings']} |"
        )
    return "\n".join(lines)
