"""What the runs come to: how near the filters got, and what their moving was worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from spectnet.planted.runs import ARMS, Run


def gains(runs: Sequence[Run], name: str) -> Float[np.ndarray, "bands seeds"]:
    """Accuracy of an arm less that of its static twin, on the same band with the same seed."""
    accuracy = {(r.arm, r.band, r.seed): r.accuracy for r in runs}
    bands, seeds = (sorted({getattr(r, key) for r in runs}) for key in ("band", "seed"))
    twin = ARMS[name].twin
    return np.array([[accuracy[name, b, s] - accuracy[twin, b, s] for s in seeds] for b in bands])


def gain_interval(
    gain: Float[np.ndarray, "bands seeds"], *, n_draws: int = 10_000, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Bootstrap interval of the mean gain: bands drawn again, and seeds drawn again, both at once."""
    generator = np.random.default_rng(seed)
    n_bands, n_seeds = gain.shape
    bands = generator.integers(n_bands, size=(n_draws, n_bands, 1))
    seeds = generator.integers(n_seeds, size=(n_draws, 1, n_seeds))
    low, high = np.quantile(gain[bands, seeds].mean(axis=(1, 2)), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def summary(runs: Sequence[Run], name: str) -> dict[str, float | list[float]]:
    """What an arm came to, over bands and seeds."""
    mine = [r for r in runs if r.arm == name]
    gain = gains(runs, name)
    return {
        "median_distance_ratio": round(float(np.median([r.distance_ratio for r in mine])), 5),
        "largest_distance_ratio": round(max(r.distance_ratio for r in mine), 5),
        "share_within_a_quarter": round(float(np.mean([r.distance_ratio <= 0.25 for r in mine])), 4),
        "largest_move_hz": round(max(r.largest_move for r in mine), 4),
        "median_nearest_bandwidth_hz": round(float(np.median([r.nearest_bandwidth for r in mine])), 3),
        "accuracy": round(float(np.mean([r.accuracy for r in mine])), 5),
        "accuracy_gain": round(float(gain.mean()), 5),
        "accuracy_gain_interval": [round(bound, 5) for bound in gain_interval(gain)],
    }
