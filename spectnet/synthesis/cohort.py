"""Many hearts at once: a small, balanced, labelled set with several devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from spectnet.recordings import Recording
from spectnet.synthesis.devices import DEVICES
from spectnet.synthesis.hearts import synthesize
from spectnet.synthesis.settings import HeartSettings

FAULTS = ("ejection", "holosystolic", "early diastolic", "mid-diastolic", "fixed split", "gallop")
FAULT_SHARES = (0.30, 0.30, 0.20, 0.10, 0.05, 0.05)
INNOCENT_SHARE = 0.08  # of the normal hearts have an innocent murmur
# What is drawn anew at each position on one chest: standard deviations in dB.
POSITION_DB = {"murmur_db": 3.0, "room_db": 2.0, "breath_db": 3.0}


def synthetic_hearts(
    n: int,
    seed: int = 0,
    *,
    duration_s: float = 8.0,
    sample_rate: int = 2000,
    devices: Sequence[str] = tuple(DEVICES),
) -> list[Recording]:
    """Make `n` recordings named ``syn0001``, ``syn0002``, ...; half of each device's are abnormal.

    Neighbours in the list share a device, as neighbours in a real collection do. Everything but the fault
    (rate, noise, loudness, breathing) is drawn without looking at the label.

    Args:
        n: how many recordings.
        seed: the same one gives the same recordings.
        duration_s: length of each, in seconds.
        sample_rate: in Hz.
        devices: names from `DEVICES`; each becomes a subset.

    Raises:
        ValueError: `n` is below 1, or a device is unknown.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more, got {n}")
    unknown = [device for device in devices if device not in DEVICES]
    if unknown or not devices:
        raise ValueError(f"devices must be some of {', '.join(DEVICES)}, got {', '.join(unknown) or 'none'}")
    generators = [np.random.default_rng(s) for s in np.random.SeedSequence([seed, 1]).spawn(n)]
    subsets = [devices[index * len(devices) // n] for index in range(n)]
    labels = _balanced_labels(subsets, np.random.default_rng([seed, 2]))
    recordings = []
    for index, (generator, device, label) in enumerate(zip(generators, subsets, labels, strict=True)):
        settings = HeartSettings(
            duration_s=duration_s,
            sample_rate=sample_rate,
            device=device,
            **_surroundings(generator),
            **(_fault(generator) if label else _health(generator)),
        )
        heart_seed = int(generator.integers(2**31))
        recordings.append(synthesize(settings, heart_seed, name=f"syn{index + 1:04d}"))
    return recordings


def synthetic_patients(
    n: int, n_recordings: int = 4, seed: int = 0, *, devices: Sequence[str] = tuple(DEVICES), **shape: Any
) -> list[Recording]:
    """Record each of `n` patients several times: one heart and one device, each time another position.

    A patient keeps voice, fault, label and device. Murmur, room and breathing are louder or softer at each
    position, and the pulse wanders by a few in a hundred. The truth's ``patient`` says who it was.

    Args:
        n: how many patients.
        n_recordings: of each; their names follow each other.
        seed: the same one gives the same recordings.
        devices: as for `synthetic_hearts`, like everything in `shape` (``duration_s``, ``sample_rate``).

    Taught in *Data and splits*.
    """
    recordings = []
    for patient, first in enumerate(synthetic_hearts(n, seed, devices=devices, **shape)):
        for position in range(n_recordings):
            generator = np.random.default_rng([seed, patient, position])
            settings = _elsewhere(first.truth["settings"], generator)
            number = patient * n_recordings + position + 1
            heart_seed = int(generator.integers(2**31))
            whose = int(first.truth["seed"])
            recordings.append(synthesize(settings, heart_seed, name=f"syn{number:04d}", patient=whose))
    return recordings


def _elsewhere(settings: HeartSettings, generator: np.random.Generator) -> HeartSettings:
    """The same heart at another position and a little later."""
    change: dict[str, Any] = {
        level: getattr(settings, level) + spread * float(generator.standard_normal())
        for level, spread in POSITION_DB.items()
    }
    change["heart_rate"] = settings.heart_rate * float(np.exp(0.03 * generator.standard_normal()))
    return settings.model_copy(update=change)


def _balanced_labels(subsets: Sequence[str], generator: np.random.Generator) -> list[int]:
    """Half 0 and half 1 inside every stretch of one subset, in random order."""
    labels = np.arange(len(subsets)) % 2
    for subset in dict.fromkeys(subsets):
        stretch = np.flatnonzero(np.array(subsets) == subset)
        labels[stretch] = generator.permutation(labels[stretch])
    return labels.tolist()


def _surroundings(generator: np.random.Generator) -> dict[str, Any]:
    """Everything that says nothing about the label."""
    return {
        "heart_rate": float(np.clip(72 * np.exp(0.2 * generator.standard_normal()), 55, 110)),
        "breaths_per_minute": float(generator.uniform(11, 20)),
        "sinus_arrhythmia": float(generator.uniform(0.02, 0.10)),
        "irregularity": float(generator.uniform(0.005, 0.03)),
        "breath_db": float(generator.uniform(-50, -30)),
        "room_db": float(generator.uniform(-32, -16)),
        "rub_db": float(generator.uniform(-20, -2)),
        "rubs_per_minute": float(generator.choice([0, 6, 20])),
        "level": float(10 ** (generator.uniform(-10, 6) / 20)),
    }


def _health(generator: np.random.Generator) -> dict[str, Any]:
    """A normal heart; a few have an innocent murmur."""
    split_out = float(generator.uniform(0.012, 0.03))
    health: dict[str, Any] = {
        "split_out_s": split_out,
        "split_in_s": split_out + float(generator.uniform(0.015, 0.03)),
    }
    if generator.uniform() < INNOCENT_SHARE:
        health |= {"murmur": "innocent", "murmur_db": float(generator.uniform(-28, -20))}
    return health


def _fault(generator: np.random.Generator) -> dict[str, Any]:
    """An abnormal heart: one fault, from hardly audible to plain."""
    fault = str(generator.choice(FAULTS, p=FAULT_SHARES))
    level = float(generator.uniform(-25, -8))
    if fault == "fixed split":
        split = float(generator.uniform(0.045, 0.065))
        return {"split_out_s": split, "split_in_s": split, "murmur": "ejection", "murmur_db": level}
    health = _health(generator)
    health.pop("murmur", None)
    health.pop("murmur_db", None)
    if fault == "gallop":
        which = "s3_db" if generator.uniform() < 0.5 else "s4_db"
        return {**health, which: float(generator.uniform(-14, -4))}
    return {**health, "murmur": fault, "murmur_db": level}
