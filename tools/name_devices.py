"""How well a plain classifier names the recording device from what trained networks make of a recording.

    python tools/name_devices.py runs/*_leave-out-*        # writes results/device-naming.json

For each run with a subset left out: features of recordings that did not train it (inner validation of the
other subsets, and the subset left out), averaged over segments; logistic regression names the subset, out of
fold. Beside it, for each split once, the same from plain spectrogram statistics, which no network touched.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from tqdm.auto import tqdm

from spectnet import adversarial, atomic, leakage, results, runs
from spectnet.model import load_model
from spectnet.segments import SegmentDataset, prepare_once
from spectnet.sets import load_recordings
from spectnet.splits import named_split

OUT = Path(__file__).resolve().parents[1] / "results" / "device-naming.json"


def held_out(experiment: runs.Experiment) -> SegmentDataset:
    """Segments of the recordings that did not train with their labels, in the run's own preparation."""
    recordings = load_recordings(experiment.data)
    _, validating = runs.inner_sides(experiment, recordings)
    _, tested = named_split(experiment.split, recordings).apply(recordings)
    preparing = experiment.model.preprocessing
    cache = prepare_once(recordings, preparing)
    return SegmentDataset(
        [*validating, *tested], preparing, segment_s=experiment.model.segment_s, cache=cache
    )


def row(name: str, experiment: runs.Experiment, features: np.ndarray, dataset: SegmentDataset) -> dict:
    """One entry of the record."""
    found = adversarial.name_devices(features, dataset.recordings)
    return {
        "features": name,
        "experiment": experiment.name if name == "network" else None,
        "split": experiment.split,
        "seed": experiment.training.seed if name == "network" else None,
        "accuracy": round(found.accuracy, 4),
        "chance": round(found.chance, 4),
        "devices": found.devices,
        "matrix": found.matrix.tolist(),
        "n_recordings": len(dataset.recordings),
    }


def rows_of(folder: Path, known: set[str]) -> list[dict]:
    """From the network of one run, and of its split from the spectrogram where that is not `known` yet."""
    _, experiment, _ = runs.read_run(folder / runs.RUN_FILE)
    dataset = held_out(experiment)
    found = [row("network", experiment, adversarial.recording_features(load_model(folder), dataset), dataset)]
    if experiment.split not in known:
        plain = leakage.segment_features(dataset)
        means = np.stack(
            [leakage.mean_by_recording(column, dataset.recording_index) for column in plain.T], axis=1
        )
        found.append(row("spectrogram", experiment, means, dataset))
    return found


def main(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    out: Annotated[Path, typer.Option(help="The record; rows of other runs in it are kept.")] = OUT,
) -> None:
    """Name the devices, run after run."""
    record = json.loads(out.read_text()) if out.is_file() else {"rows": []}
    rows = {(r["features"], r["experiment"], r["split"], r["seed"]): r for r in record["rows"]}
    for folder in tqdm(folders, unit="run"):
        known = {split for features, _, split, _ in rows if features == "spectrogram"}
        for found in rows_of(folder, known):
            rows[found["features"], found["experiment"], found["split"], found["seed"]] = found
        ordered = [rows[key] for key in sorted(rows, key=lambda key: tuple(map(str, key)))]
        lines = ",\n  ".join(json.dumps(one) for one in ordered)
        head = json.dumps({"commit": results.current_commit()})[1:-1]
        atomic.write(out, f'{{\n {head},\n "rows": [\n  {lines}\n ]\n}}\n')


if __name__ == "__main__":
    typer.run(main)
