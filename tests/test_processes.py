"""Several processes are one training: the same batches, losses and judgements, and one that writes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from spectnet.model import load_model

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "tests" / "two_processes.py"
TORCHRUN = ("-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", "29533")

pytestmark = pytest.mark.timeout(400)  # three interpreters start up: seconds, where nothing else runs


def run_script(folder: Path, *launcher: str) -> tuple[list[dict], str]:
    """What each process saw."""
    folder.mkdir()
    ran = subprocess.run(
        [sys.executable, *launcher, str(SCRIPT), str(folder)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "1"},
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    ranks = sorted(folder.glob("rank*.pt"))
    return [torch.load(path, weights_only=False) for path in ranks], ran.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def one(folder) -> dict:
    """A single process's."""
    (found,), _ = run_script(folder / "one")
    return found


@pytest.fixture(scope="module")
def two(folder) -> list[dict]:
    """Those of two processes over gloo."""
    found, said = run_script(folder / "two", *TORCHRUN)
    assert "main 0" in said
    assert "other 1" in said
    return found


def test_two_processes_know_of_each_other(one, two):
    assert [one["processes"]] == [1]
    assert [found["processes"] for found in two] == [2, 2]


def test_two_processes_judge_exactly_as_one(one, two):
    assert [found["metrics"] for found in two] == [one["metrics"]] * 2
    np.testing.assert_array_equal(two[0]["shares"] + two[1]["shares"], one["shares"])
    assert all(0 < np.count_nonzero(found["shares"]) < len(one["shares"]) for found in two)


def test_every_process_judges_with_the_main_ones_statistics(one, two):
    """Those of the model and those of its average: neither takes the other's."""
    for found in (one, *two):
        for number, statistics in enumerate(found["statistics"]):
            assert len(statistics) > 3
            assert set(statistics.tolist()) == {10 * number}


def test_two_processes_train_on_the_same_global_batches(one, two):
    assert len(one["segments"]) == 2 * 3
    for whole, first, second in zip(one["segments"], two[0]["segments"], two[1]["segments"], strict=True):
        assert len(first) == len(second) == 8
        torch.testing.assert_close(torch.cat([first, second]), whole, rtol=0, atol=0)


def test_two_processes_have_the_same_losses_and_end_with_the_same_weights(one, two):
    together = np.mean([found["losses"] for found in two], axis=0)
    np.testing.assert_allclose(together, one["losses"], rtol=0, atol=1e-4)  # sums in another order
    for found in two:
        np.testing.assert_allclose(found["epochs"], one["epochs"], rtol=0, atol=1e-4)
        for name, value in found["weights"].items():
            torch.testing.assert_close(value, one["weights"][name], rtol=1e-3, atol=1e-4)
    for name, value in two[0]["weights"].items():
        assert torch.equal(value, two[1]["weights"][name]), name


def test_only_the_main_process_writes(folder, one, two):
    """Batch norm and dropout make another run of it, but the same files, whole and once."""
    alone, together = folder / "one" / "run", folder / "two" / "run"
    names = sorted(path.name for path in together.iterdir())
    assert names == sorted(path.name for path in alone.iterdir())
    assert not [name for name in names if name.startswith(".")]
    run = json.loads((together / "run.json").read_text())
    assert [epoch["epoch"] for epoch in run["history"]] == [1, 2]
    assert len((together / "history.csv").read_text().splitlines()) == 3
    best = max(run["history"], key=lambda e: (e["validation_macc"], -e["epoch"]))
    assert load_model(together).config.threshold == best["threshold"]
