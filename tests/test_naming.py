"""Naming the device from features: what is found, how it is recorded, and how a change of it is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spectnet import adversarial, runs, synthesis
from spectnet.experiment import Experiment
from spectnet.recordings import Recording
from spectnet.report import naming_change, naming_seeds
from spectnet.report.naming import held_out_key
from tools import name_devices

SPLITS = ("leave-out-a", "leave-out-b")
DEVICES = np.array(list("abc") * 40)


def recorded(shares: dict[tuple[str, int], float], *, splits: tuple[str, ...] = SPLITS) -> dict:
    """A record where an experiment with a seed names the devices rightly as often as `shares` says."""
    draw = np.random.default_rng(0)
    rows = []
    for (experiment, seed), share in shares.items():
        for split in splits:
            right = draw.permutation(len(DEVICES)) < share * len(DEVICES)
            named = np.where(right, DEVICES, np.roll(DEVICES, 1))
            rows.append({"experiment": experiment, "split": split, "seed": seed, "named": " ".join(named)})
    names = " ".join(f"{device}{i:03}" for i, device in enumerate(DEVICES))
    held_out = {"recordings": names, "devices": " ".join(DEVICES)}
    seeds = {seed for _, seed in shares}
    return {"held_out": {held_out_key(split, s): held_out for split in splits for s in seeds}, "rows": rows}


def test_a_change_is_the_mean_over_devices_splits_and_seeds():
    record = recorded({("old", 0): 1.0, ("new", 0): 0.5, ("old", 1): 1.0, ("new", 1): 0.6})
    found = naming_change(record, "old", "new", SPLITS)
    assert found is not None
    assert found.by_seed == pytest.approx((-0.5, -0.4), abs=0.06)
    assert found.value == pytest.approx(np.mean(found.by_seed))
    assert found.seeds == (0, 1)
    alike = naming_change(record, "old", "old", SPLITS)
    assert alike is not None
    assert (alike.value, alike.low, alike.high) == (0, 0, 0)


def test_an_interval_of_one_seed_is_that_of_its_recordings():
    """Independent changes of 120 recordings in one split: the standard error is that of three means."""
    record = recorded({("old", 0): 1.0, ("new", 0): 0.7}, splits=SPLITS[:1])
    found = naming_change(record, "old", "new", SPLITS[:1], n_draws=4000)
    assert found is not None
    wrong = np.array(record["rows"][1]["named"].split()) != DEVICES
    variance = np.mean([np.var(wrong[DEVICES == device]) / 40 for device in "abc"]) / 3
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.sqrt(variance), rel=0.08)
    assert found.excludes_zero


def test_recordings_of_several_splits_are_not_so_many_more():
    """The same recordings, named alike in two splits, are drawn together."""
    one = recorded({("old", 0): 1.0, ("new", 0): 0.7}, splits=SPLITS[:1])
    twice = json.loads(json.dumps(one))
    twice["held_out"][held_out_key(SPLITS[1], 0)] = one["held_out"][held_out_key(SPLITS[0], 0)]
    twice["rows"] += [row | {"split": SPLITS[1]} for row in one["rows"]]
    assert naming_change(one, "old", "new", SPLITS[:1]) == naming_change(twice, "old", "new", SPLITS)


def test_only_whole_seeds_count():
    record = recorded({("old", 0): 1.0, ("new", 0): 0.5, ("old", 1): 1.0, ("new", 1): 0.5})
    record["rows"] = [
        r for r in record["rows"] if (r["experiment"], r["seed"], r["split"]) != ("new", 1, SPLITS[0])
    ]
    assert naming_seeds(record, ["old", "new"], SPLITS) == [0]
    assert naming_seeds(record, ["old"], SPLITS) == [0, 1]
    found = naming_change(record, "old", "new", SPLITS)
    assert found is not None
    assert found.seeds == (0,)
    assert naming_change(record, "old", "other", SPLITS) is None


def test_the_device_left_out_can_be_left_out():
    record = recorded({("old", 0): 1.0, ("new", 0): 1.0}, splits=SPLITS[:1])
    record["rows"][1]["named"] = " ".join(np.where(DEVICES == "a", "b", DEVICES))  # only a is lost
    whole, known = (naming_change(record, "old", "new", SPLITS[:1], known_only=k) for k in (False, True))
    assert whole is not None
    assert known is not None
    assert whole.value == pytest.approx(-1 / 3)
    assert known.value == 0


def named(shift: float, n: int = 40) -> adversarial.Naming:
    """Two devices whose features lie `shift` apart."""
    draw = np.random.default_rng(0)
    recordings = [Recording(f"r{i:03d}", 0, "ab"[i % 2]) for i in range(n)]
    features = draw.standard_normal((n, 5)) + shift * (np.arange(n) % 2)[:, None]
    return adversarial.name_devices(features, recordings)


def test_naming_finds_what_is_there_and_no_more():
    assert named(3.0).accuracy == 1.0
    blind = named(0.0, n=400)
    assert blind.accuracy == pytest.approx(blind.chance, abs=0.08)
    assert blind.matrix.sum() == 400


def test_naming_needs_enough_recordings_of_each_device():
    recordings = [Recording(f"r{i}", 0, "a" if i else "b") for i in range(9)]  # one of b
    with pytest.raises(ValueError, match="devices or more with 4 recordings each, got 8 of a, 1 of b"):
        adversarial.name_devices(np.zeros((9, 2)), recordings)


def test_a_small_device_counts_as_much_as_a_large_one():
    """Where features overlap, a classifier that counts heads would never name the small one."""
    draw = np.random.default_rng(0)
    small = np.arange(300) % 10 == 0
    recordings = [Recording(f"r{i:03d}", 0, "b" if few else "a") for i, few in enumerate(small)]
    features = draw.standard_normal((300, 1)) + 1.5 * small[:, None]
    found = adversarial.name_devices(features, recordings)
    assert found.matrix[1, 1] > found.matrix[1].sum() / 2


def test_blocks_are_of_one_device_and_as_large_as_it_allows():
    """Forty of a, in tens that sound alike; four of b: small b does not part a's neighbours."""
    draw = np.random.default_rng(0)
    recordings = [Recording(f"a{i:03}", 0, "a") for i in range(40)]
    recordings += [Recording(f"b{i:03}", 0, "b") for i in range(4)]
    found = adversarial.naming._blocks(recordings, np.repeat([0, 1], [40, 4]))
    assert np.bincount(found).tolist() == [10] * 4 + [1] * 4
    assert adversarial.name_devices(draw.standard_normal((44, 3)), recordings).named.shape == (44,)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return Experiment.model_validate({
        "name": "tiny", "data": "synthetic", "split": "leave-out-contact",
        "model": {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 8]}, "segment_s": 1.0},
        "training": {"epochs": 2, "segments_per_epoch": 16, "batch_size": 8, "validation_folds": 2,
                     "crop_hop_s": 0.5},
    })  # fmt: skip


@pytest.fixture(scope="module")
def hearts() -> list[Recording]:
    return synthesis.synthetic_hearts(80, duration_s=2.0)


@pytest.fixture(scope="module")
def folder(experiment, hearts, tmp_path_factory) -> Path:
    """A run that has ended."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "load_recordings", lambda _: hearts)
        return runs.train_experiment(experiment, tmp_path_factory.mktemp("run"), device="cpu", progress=False)


def test_a_run_is_named_once_and_its_spectrograms_too(folder, hearts, monkeypatch):
    monkeypatch.setattr(name_devices, "load_recordings", lambda _: hearts)
    record = {"held_out": {}, "rows": []}
    name_devices.add(record, folder)
    name_devices.add(record, folder)
    assert [(r["experiment"], r["seed"]) for r in record["rows"]] == [("spectrogram", 0), ("tiny", 0)]
    (held,) = record["held_out"].values()
    away = [r for r in hearts if r.subset == "contact"]
    assert {r.name for r in away} <= set(held["recordings"].split())
    assert len(held["recordings"].split()) < len(hearts), "what trained it is not asked"
    for row in record["rows"]:
        named, devices = (np.array(text.split()) for text in (row["named"], held["devices"]))
        each = [np.mean(named[devices == device] == device) for device in np.unique(devices)]
        assert row["accuracy"] == pytest.approx(np.mean(each), abs=1e-4)
    assert json.loads(name_devices.text(record)) == record


def test_a_subset_with_too_few_recordings_is_not_asked(folder, hearts, monkeypatch):
    few = [r for r in hearts if r.subset != "contact"] + [r for r in hearts if r.subset == "contact"][:3]
    monkeypatch.setattr(name_devices, "load_recordings", lambda _: few)
    record = {"held_out": {}, "rows": []}
    name_devices.add(record, folder)
    (held,) = record["held_out"].values()
    assert "contact" not in held["devices"].split()
    assert record["rows"][0]["chance"] == pytest.approx(1 / len(set(held["devices"].split())), abs=1e-4)


def test_half_a_run_is_refused(folder, tmp_path):
    run = json.loads((folder / "run.json").read_text())
    run["history"] = run["history"][:1]
    (tmp_path / "run.json").write_text(json.dumps(run))
    with pytest.raises(ValueError, match="has 1 of 2 epochs; finish it"):
        name_devices.add({"held_out": {}, "rows": []}, tmp_path)


def test_no_run_is_one_sentence(tmp_path):
    command = [
        sys.executable,
        "tools/name_devices.py",
        str(tmp_path / "nowhere"),
        "--out",
        str(tmp_path / "x"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
    assert done.returncode == 1
    assert "holds no run.json; train a run" in done.stderr
    assert "Traceback" not in done.stderr
