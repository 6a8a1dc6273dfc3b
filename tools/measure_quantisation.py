"""How well a rule that hears no heart tells the classes apart: count a recording's distinct sample values.

    python tools/measure_quantisation.py

Reads the real recordings and writes results/quantisation.json, which *One recording, all the way* shows.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from spectnet import physionet
from spectnet.recordings import ABNORMAL, NORMAL
from spectnet.results import current_commit

TARGET = Path(__file__).resolve().parent.parent / "results" / "quantisation.json"


def measure() -> list[dict]:
    """For each subset, the median count of distinct values by class, and the AUC of that count alone."""
    recordings = physionet.index(annotations=False)
    counts = np.array([len(np.unique(recording.read()[0])) for recording in recordings])
    labels = np.array([recording.label for recording in recordings])
    subsets = np.array([recording.subset for recording in recordings])
    rows = []
    for subset in physionet.SUBSETS:
        here = subsets == subset
        rows.append(
            {
                "subset": subset,
                "n_recordings": int(here.sum()),
                "median_normal": float(np.median(counts[here & (labels == NORMAL)])),
                "median_abnormal": float(np.median(counts[here & (labels == ABNORMAL)])),
                "auc": round(float(roc_auc_score(labels[here], counts[here])), 4),
            }
        )
    return rows


if __name__ == "__main__":
    result = {"data": "PhysioNet/CinC 2016 training", "commit": current_commit(), "rows": measure()}
    TARGET.write_text(json.dumps(result, indent=1) + "\n")
    print(TARGET.read_text())
