"""Measure real and synthetic heart sounds alike, and write results/synthesis-comparison.json.

python tools/compare_synthesis.py            # needs the real recordings and their annotations
python tools/compare_synthesis.py --synthetic-only   # measures the synthetic ones anew, keeps the real ones

Taught in *What a heart sounds like*, which draws its comparison from that file.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from spectnet import physionet
from spectnet.recordings import Recording, RecordingError
from spectnet.results import current_commit
from spectnet.synthesis import synthetic_hearts
from spectnet.synthesis.measure import BAND_CENTERS, HEART_BAND, STATES, measure

RESULT = Path(__file__).parents[1] / "results" / "synthesis-comparison.json"
LONGEST_S = 30.0
N_SYNTHETIC, SYNTHETIC_S, SEED = 160, 8.0, 0
N_POINTS = 200  # pairs of beat length and systole that the figure shows
RHYTHM = ("rate", "beat_s", "systole_s", "s1_s", "s2_s", "change_s")
NAMES = (*RHYTHM, "s1_centroid", "s2_centroid")


def measure_all(recordings: Sequence[Recording], what: str) -> dict[str, dict]:
    """Measurements by name, of those recordings that have at least three whole beats."""
    measured = {}
    for recording in tqdm(recordings, what):
        try:
            measured[recording.name] = measure(recording, LONGEST_S)
        except (RecordingError, ValueError):
            continue
    return measured


def quartiles(values: Sequence) -> list:
    """First quartile, median and third quartile, rounded; columns stay columns."""
    return np.round(np.nanpercentile(np.array(values, dtype=float), [25, 50, 75], axis=0), 4).tolist()


def summary(recordings: Sequence[Recording], measured: dict[str, dict]) -> dict:
    """Quartiles of everything measured on a set of recordings."""
    kept = [recording for recording in recordings if recording.name in measured]
    rows = [measured[recording.name] for recording in kept]
    spectrum = np.percentile([row["spectrum_db"] for row in rows], [25, 50, 75], axis=0)
    return {
        "n_recordings": len(kept),
        "n_left_out": len(recordings) - len(kept),
        "n_abnormal": sum(recording.label for recording in kept),
        "spectrum_db": np.round(spectrum, 1).tolist(),
        "levels_db": {state: quartiles([row["levels_db"][state] for row in rows]) for state in STATES[1:]},
        **{name: quartiles([row[name] for row in rows]) for name in NAMES},
    }


def systole_line(measured: dict[str, dict]) -> dict:
    """Systole against beat length: a straight line through all, and some of the points."""
    pairs = np.array([(row["beat_s"], row["systole_s"]) for row in measured.values()])
    slope, start = np.polyfit(pairs[:, 0], pairs[:, 1], 1)
    chosen = np.random.default_rng(SEED).permutation(len(pairs))[:N_POINTS]
    return {
        "slope": round(float(slope), 4),
        "at_zero_s": round(float(start), 4),
        "spread_s": round(float(np.std(pairs[:, 1] - start - slope * pairs[:, 0])), 4),
        "points": np.round(pairs[chosen], 3).tolist(),
    }


def compare(recordings: Sequence[Recording], what: str) -> tuple[dict, dict]:
    """Summaries of every subset, and the line through all of them."""
    measured = measure_all(recordings, what)
    subsets = dict.fromkeys(recording.subset for recording in recordings)
    sets = {s: summary([r for r in recordings if r.subset == s], measured) for s in subsets}
    return sets, systole_line(measured)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--synthetic-only", action="store_true", help="keep the real measurements on record")
    arguments = parser.parse_args()
    started = time.perf_counter()
    if arguments.synthetic_only:
        record = json.loads(RESULT.read_text())
    else:
        annotated = [r for r in physionet.index() if r.states is not None and r.good_quality]
        sets, line = compare(annotated, "real")
        record = {
            "experiment": "synthesis-comparison",
            "data": "PhysioNet/CinC Challenge 2016, training a-f: good quality, with hand-corrected beats",
            "longest_s": LONGEST_S,
            "heart_band_hz": HEART_BAND,
            "band_centers_hz": np.round(BAND_CENTERS, 2).tolist(),
            "quartiles": [0.25, 0.5, 0.75],
            "real": sets,
            "real_systole": line,
            "real_commit": current_commit(),
            "real_seconds": round(time.perf_counter() - started, 1),
        }
    synthesis_started = time.perf_counter()
    hearts = synthetic_hearts(N_SYNTHETIC, seed=SEED, duration_s=SYNTHETIC_S)
    sets, line = compare(hearts, "synthetic")
    record |= {
        "seed": SEED,
        "n_synthetic": N_SYNTHETIC,
        "synthetic_s": SYNTHETIC_S,
        "synthetic": sets,
        "synthetic_systole": line,
        "commit": current_commit(),
        "seconds": round(time.perf_counter() - synthesis_started, 1),
    }
    RESULT.write_text(json.dumps(record, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
