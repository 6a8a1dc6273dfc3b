"""How well a plain classifier names the recording device from what trained networks make of a recording.

    python tools/name_devices.py runs/*_leave-out-*        # writes results/device-naming.json

For each run with a subset left out: features of recordings that did not train it with their class (inner
validation of the other subsets, and the subset left out), averaged over segments; logistic regression names
the subset, out of fold. Beside it, for each split and seed once, the same from plain spectrogram statistics,
which no network touched. Only runs that have ended are asked.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from tqdm.auto import tqdm

from spectnet import adversarial, atomic, leakage, results, runs
from spectnet.experiment import Experiment
from spectnet.report.naming import SPECTROGRAM, held_out_key
from spectnet.segments import SegmentDataset, prepare_once
from spectnet.sets import load_recordings
from spectnet.splits import named_split

OUT = Path(__file__).resolve().parents[1] / "results" / "device-naming.json"


def held_out(experiment: Experiment) -> SegmentDataset:
    """Segments of the recordings that did not train with their labels, in the run's own preparation.

    Inner validation takes whole blocks of neighbours, so that it may hold one recording of a small subset, or
    none. A subset with too few to divide is not asked.
    """
    recordings = load_recordings(experiment.data)
    _, validating = runs.inner_sides(experiment, recordings)
    _, tested = named_split(experiment.split, recordings).apply(recordings)
    preparing = experiment.model.preprocessing
    cache = prepare_once(recordings, preparing)
    numbers = Counter(r.subset for r in (*validating, *tested))
    asked = [r for r in (*validating, *tested) if numbers[r.subset] >= adversarial.naming.N_FOLDS]
    return SegmentDataset(asked, preparing, segment_s=experiment.model.segment_s, cache=cache)


def row(name: str, experiment: Experiment, features: np.ndarray, dataset: SegmentDataset) -> dict:
    """One entry of the record: whose features, and the device named for each held-out recording in turn."""
    found = adversarial.name_devices(features, dataset.recordings)
    return {
        "experiment": name,
        "split": experiment.split,
        "seed": experiment.training.seed,
        "commit": results.current_commit(),
        "accuracy": round(found.accuracy, 4),
        "chance": round(found.chance, 4),
        "named": " ".join(found.devices[number] for number in found.named),
    }


def add(record: dict, folder: Path) -> None:
    """Put into a record what is named from one run, and from the spectrograms that it heard where that lacks.

    Raises:
        ValueError: the folder holds no run that has ended, or the record has other recordings for its split.
    """
    _, experiment, _, model = runs.read_finished(folder)
    dataset = held_out(experiment)
    key = held_out_key(experiment.split, experiment.training.seed)
    heard = {
        "recordings": " ".join(r.name for r in dataset.recordings),
        "devices": " ".join(r.subset for r in dataset.recordings),
    }
    if record["held_out"].setdefault(key, heard) != heard:
        raise ValueError(f"{folder} holds out other recordings than the record has for {key}; name all anew")
    rows = {(r["experiment"], r["split"], r["seed"]): r for r in record["rows"]}
    where = experiment.split, experiment.training.seed
    features = adversarial.recording_features(model, dataset)
    rows[experiment.name, *where] = row(experiment.name, experiment, features, dataset)
    if (SPECTROGRAM, *where) not in rows:
        plain = leakage.segment_features(dataset)
        means = [leakage.mean_by_recording(column, dataset.recording_index) for column in plain.T]
        rows[SPECTROGRAM, *where] = row(SPECTROGRAM, experiment, np.stack(means, axis=1), dataset)
    record["rows"] = [rows[key] for key in sorted(rows)]


def text(record: dict) -> str:
    """The record as JSON, an entry a line."""
    held = ",\n  ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in sorted(record["held_out"].items()))
    rows = ",\n  ".join(json.dumps(one) for one in record["rows"])
    return f'{{\n "held_out": {{\n  {held}\n }},\n "rows": [\n  {rows}\n ]\n}}\n'


def main(
    folders: Annotated[list[Path], typer.Argument(help="Folders of finished runs.")],
    out: Annotated[Path, typer.Option(help="The record; rows of other runs in it are kept.")] = OUT,
) -> None:
    """Name the devices, run after run."""
    try:
        record = json.loads(out.read_text()) if out.is_file() else {"held_out": {}, "rows": []}
        for folder in tqdm(folders, unit="run"):
            add(record, folder)
            atomic.write(out, text(record))
    except (OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    typer.run(main)
