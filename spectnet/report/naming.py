"""How well devices are named from features, and how much that changes from one training to another.

Taught in *Whose stethoscope is this?*
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from spectnet.comparison import Estimate, seed_offsets
from spectnet.comparison.bootstrap import draw_weights

N_DRAWS = 1000
SPECTROGRAM = "spectrogram"  # in the place of an experiment: plain statistics, which no network touched


def held_out_key(split: str, seed: int) -> str:
    """Under which a naming record keeps the recordings of a split and seed."""
    return f"{split} seed {seed}"


def naming_seeds(record: dict, experiments: Sequence[str], splits: Sequence[str]) -> list[int]:
    """Seeds with which all of some experiments were asked on all of some splits.

    Args:
        record: as `results/device-naming.json` has it.
        experiments: their names, or `SPECTROGRAM`.
        splits: such as ``leave-out-a``.
    """
    there = {(row["experiment"], row["split"], row["seed"]) for row in record["rows"]}
    seeds = sorted({row["seed"] for row in record["rows"]})
    return [s for s in seeds if all((e, split, s) in there for e in experiments for split in splits)]


def naming_change(
    record: dict,
    first: str,
    second: str,
    splits: Sequence[str],
    *,
    known_only: bool = False,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate | None:
    """How much better devices are named from the second's features than from the first's.

    Devices, splits and seeds count alike. The interval draws recordings again within their device, the same
    for both experiments and in all splits, and counts the seeds as `comparison.compare` does.

    Args:
        record: as `results/device-naming.json` has it.
        first: name of an experiment, or `SPECTROGRAM`.
        second: name of another.
        splits: over which both were asked; seeds that lack one of them are left out.
        known_only: leave out the recordings of the device that a split leaves out.
        n_draws: how many bootstrap samples.
        seed: of the draws.
        level: coverage.

    Returns:
        The difference of accuracies, -1 to 1; None where the two share no whole seed.
    """
    seeds = naming_seeds(record, (first, second), splits)
    if not seeds:
        return None
    gains = {
        (s, split): _gains(record, first, second, split, s, known_only) for s in seeds for split in splits
    }
    device_of = {name: device for cell in gains.values() for name, (device, _) in cell.items()}
    order = sorted(device_of)
    numbers = np.unique([device_of[name] for name in order], return_inverse=True)[1]
    generator = np.random.default_rng(seed)
    weights = draw_weights(numbers, np.arange(len(order)), n_draws, generator)
    place = {name: i for i, name in enumerate(order)}
    parts: dict[int, list[float]] = {s: [] for s in seeds}
    drawn = np.zeros(n_draws)
    for (s, _), gain in gains.items():
        places = np.array([place[name] for name in gain])
        values = np.array([value for _, value in gain.values()])
        parts[s].append(float(_balanced(np.ones((1, len(values))), values, numbers[places])[0]))
        drawn += _balanced(weights[:, places], values, numbers[places]) / len(gains)
    by_seed = np.array([np.mean(parts[s]) for s in seeds])
    drawn += seed_offsets(by_seed, n_draws, generator)
    low, high = np.clip(np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]), -1.0, 1.0)
    return Estimate(
        float(by_seed.mean()),
        float(low),
        float(high),
        tuple(by_seed.tolist()),
        tuple(seeds),
        len(order),
        len(order),
        level,
    )


def _gains(
    record: dict, first: str, second: str, split: str, seed: int, known_only: bool
) -> dict[str, tuple[str, float]]:
    """Of each recording held out: its device, and 1, 0 or -1 as the second names it better than the first."""
    rows = {row["experiment"]: row for row in record["rows"] if (row["split"], row["seed"]) == (split, seed)}
    held_out = record["held_out"][held_out_key(split, seed)]
    columns = (held_out["recordings"], held_out["devices"], rows[first]["named"], rows[second]["named"])
    return {
        name: (device, float(other == device) - float(one == device))
        for name, device, one, other in zip(*(column.split() for column in columns), strict=True)
        if not (known_only and device == split.removeprefix("leave-out-"))
    }


def _balanced(
    weights: Float[np.ndarray, "draws recordings"],
    values: Float[np.ndarray, " recordings"],
    devices: np.ndarray,
) -> Float[np.ndarray, " draws"]:
    """Mean over devices of their recordings' weighted mean; a device that a draw lacks is left out of it."""
    means = []
    for device in np.unique(devices):
        mine = devices == device
        total = weights[:, mine].sum(axis=1)
        means.append(np.where(total > 0, weights[:, mine] @ values[mine] / np.maximum(total, 1e-12), np.nan))
    return np.nanmean(means, axis=0)
