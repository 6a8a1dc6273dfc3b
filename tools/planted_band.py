"""Train every arm of the planted-band experiment, and write results/planted-band.json.

    python tools/planted_band.py

Finished runs are kept in _build/planted-band, so that an interrupted experiment goes on where it
stopped. Nothing is recorded from a working tree that differs from its commit. Taught in *A
spectrogram that learns*.
"""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import torch
from tqdm.auto import tqdm

from spectnet.planted import ARMS, PlantedBand, Run, run, summary
from spectnet.results import current_commit, machine

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "results" / "planted-band.json"
KEPT = ROOT / "_build" / "planted-band"

SETTINGS = PlantedBand()
# Would the published way get there, if only it were given time? Ten times the steps, one seed.
LONG = SETTINGS.model_copy(update={"n_steps": 10 * SETTINGS.n_steps, "n_seeds": 1, "trace_every": 200})
LONG_ARMS = ("raw_hertz", "static_sgd")


def check_clean() -> str:
    """The commit that is checked out; refuse to record a tree that differs from it."""
    status = ["git", "-C", str(ROOT), "status", "--porcelain"]
    changed = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    if changed:
        raise SystemExit(f"the working tree differs from its commit; commit first:\n{changed}")
    return current_commit(ROOT)


def replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text)
    os.replace(partial, path)


def kept_run(settings: PlantedBand, name: str, band: int, seed: int, commit: str) -> Run:
    """A run from the folder of finished ones, if this commit made it with these settings; else a new one."""
    digest = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:8]
    path = KEPT / f"{commit}-{digest}" / f"{name}-{band}-{seed}.json"
    if not path.is_file():
        replace(path, run(settings, name, band, seed).model_dump_json())
    return Run.model_validate_json(path.read_text())


def experiment(settings: PlantedBand, names: tuple[str, ...], commit: str) -> dict:
    """All runs of some arms, and what each arm came to."""
    wanted = [(n, b, s) for s in range(settings.n_seeds) for b in range(len(settings.bands)) for n in names]
    runs = [kept_run(settings, *which, commit) for which in tqdm(wanted, "runs")]
    return {
        "config": settings.model_dump(mode="json"),
        "summaries": {name: summary(runs, name) for name in names},
        "seconds": round(sum(r.seconds for r in runs), 1),
        "runs": [r.model_dump(mode="json") for r in runs],
    }


def main() -> None:
    """Run, sum up and write."""
    torch.set_num_threads(1)
    commit = check_clean()
    main_part, long_part = experiment(SETTINGS, tuple(ARMS), commit), experiment(LONG, LONG_ARMS, commit)
    learned, raw = (main_part["summaries"][name] for name in ("learned", "raw_hertz"))
    record = {
        "experiment": "planted-band",
        "data": "white noise from seeded generators, fresh at every step and for the test",
        "median_distance_ratio": learned["median_distance_ratio"],
        "accuracy_gain_interval": learned["accuracy_gain_interval"],
        "raw_hertz_median_distance_ratio": raw["median_distance_ratio"],
        "raw_hertz_accuracy_gain_interval": raw["accuracy_gain_interval"],
        "commit": commit,
        "machine": machine(),
        "arms": {name: arm.model_dump(mode="json") for name, arm in ARMS.items()},
        **main_part,
        "long": long_part,
    }
    replace(RESULT, json.dumps(record, allow_nan=False) + "\n")
    print(json.dumps({k: v for k, v in record.items() if k not in ("runs", "long")}, indent=1))


if __name__ == "__main__":
    main()
