"""The table is filled in its order, and no run is made twice."""

from pathlib import Path

from spectnet.report.plan import Part
from tools import run_table
from tools.run_table import missing_cells, planned_cells, run_cell

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


def test_a_run_that_another_process_has_is_left_to_it(tmp_path: Path, monkeypatch):
    trained = []
    monkeypatch.setattr(run_table.runs, "train_experiment", lambda e, *_, **__: trained.append(e))
    monkeypatch.setattr(run_table.runs, "evaluate_run", lambda *_, **__: {"macc": 0.5})
    monkeypatch.setattr(run_table.results, "save_result", lambda result: Path("result.json"))
    cell = ("learned-16", "blocks-1", 3)
    claim = tmp_path / "learned-16_blocks-1_seed3" / "claim"
    claim.mkdir(parents=True)
    assert run_cell(cell, tmp_path, "cpu") is None
    claim.rmdir()
    assert run_cell(cell, tmp_path, "cpu") == Path("result.json")
    assert [(e.name, e.split, e.training.seed) for e in trained] == [cell]
    assert not claim.exists()
