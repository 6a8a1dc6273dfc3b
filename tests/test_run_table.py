"""The table is filled in its order, and no run is made twice."""

import subprocess
import sys
from pathlib import Path

import pytest

from spectnet.report.plan import Part
from tools import run_table
from tools.run_table import CONFIGS, missing_cells, planned_cells, run_cell, taken

PARTS = (
    Part(title="one", splits=("fold",), seeds={"plain": 1, "new": 2}),
    Part(title="two", splits=("x", "y"), seeds={"new": 1}),
)


def test_every_planned_run_comes_once_and_every_row_gets_its_first_seed_first():
    cells = [("plain", "fold", 0), ("new", "fold", 0), ("new", "fold", 1), ("new", "x", 0), ("new", "y", 0)]
    assert list(planned_cells(PARTS)) == cells


def test_what_is_on_record_is_not_run_again():
    done = [{"experiment": "new", "split": split, "seed": 0} for split in ("fold", "x")]
    assert missing_cells(PARTS, done) == [("plain", "fold", 0), ("new", "fold", 1), ("new", "y", 0)]


CELL = ("learned-16", "blocks-1", 3)


@pytest.fixture
def trained(tmp_path: Path, monkeypatch) -> list:
    """The experiments that were trained; training and test take no time, results go to a folder."""
    seen = []
    monkeypatch.setattr(run_table.runs, "train_experiment", lambda e, *_, **__: seen.append(e))
    monkeypatch.setattr(run_table.runs, "evaluate_run", lambda *_, **__: {"macc": 0.5})
    monkeypatch.setattr(run_table.results, "RUNS", tmp_path / "record")
    monkeypatch.setattr(run_table.results, "save_result", lambda _: Path("result.json"))
    return seen


def test_a_run_that_another_process_has_is_left_to_it(tmp_path: Path, trained):
    with taken(tmp_path / "learned-16_blocks-1_seed3") as mine:
        assert mine
        assert run_cell(CELL, tmp_path, "cpu") is None
    assert not trained
    assert run_cell(CELL, tmp_path, "cpu") == Path("result.json")
    assert [(e.name, e.split, e.training.seed) for e in trained] == [CELL]


def test_a_process_that_was_killed_has_no_run(tmp_path: Path, trained):
    run = tmp_path / "learned-16_blocks-1_seed3"
    code = (
        "import os; from pathlib import Path; from tools.run_table import taken; "
        f"held = taken(Path({str(run)!r})); held.__enter__(); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=CONFIGS.parent).returncode == -9
    assert (run / "lock").is_file()
    assert run_cell(CELL, tmp_path, "cpu") == Path("result.json")


def test_a_run_that_another_process_has_finished_meanwhile_is_not_tested_again(tmp_path: Path, trained):
    record = tmp_path / "record" / "learned-16_blocks-1_seed3.json"
    record.parent.mkdir()
    record.write_text("{}")
    assert run_cell(CELL, tmp_path, "cpu") is None
    assert not trained
