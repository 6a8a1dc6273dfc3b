"""Pick the book's experiment by inner validation alone, before any test recording is scored.

    python tools/choose_experiment.py runs/static-16_seed0 runs/learned-16_seed0 ...

Of the experiments given, it is the one with the highest mean inner-validation MACC over the same seeds on the
same split. The choice goes to results/choice.json and is committed before the first evaluation;
`spectnet evaluate --chosen` then marks that experiment's runs.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spectnet.results import current_commit

CHOICE = Path(__file__).resolve().parents[1] / "results" / "choice.json"


def candidate(run: dict) -> tuple[str, str, int, float]:
    """Experiment, split, seed and best inner-validation MACC of a run's ``run.json``."""
    experiment = run["experiment"]
    best = max(epoch["validation_macc"] for epoch in run["history"])
    return experiment["name"], experiment["split"], experiment["training"]["seed"], best


def choose(runs: Sequence[dict]) -> dict:
    """The candidates by their mean, best first, and which it is.

    Raises:
        ValueError: another split or other seeds for one of them: their means would not compare.
    """
    found: dict[str, dict[int, float]] = defaultdict(dict)
    splits = set()
    for name, split, seed, macc in map(candidate, runs):
        found[name][seed] = round(macc, 5)
        splits.add(split)
    if len(splits) != 1 or len({frozenset(seeds) for seeds in found.values()}) != 1:
        raise ValueError(
            f"all experiments must have the same split and seeds, got {sorted(splits)} and "
            f"{ {name: sorted(seeds) for name, seeds in found.items()} }"
        )
    ordered = sorted(found, key=lambda name: -np.mean(list(found[name].values())))
    return {
        "chosen": ordered[0],
        "split": splits.pop(),
        "rule": "highest mean inner-validation MACC over the seeds",
        "candidates": [
            {
                "experiment": name,
                "mean": round(float(np.mean(list(found[name].values()))), 5),
                "validation_macc": dict(sorted(found[name].items())),
            }
            for name in ordered
        ],
    }


def main(folders: Sequence[str]) -> None:
    """Choose, print, write."""
    if not folders:
        sys.exit(__doc__)
    choice = choose([json.loads((Path(folder) / "run.json").read_text()) for folder in folders])
    for row in choice["candidates"]:
        print(f"{row['experiment']:14} {100 * row['mean']:.2f} %")
    CHOICE.write_text(json.dumps(choice | {"commit": current_commit()}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
