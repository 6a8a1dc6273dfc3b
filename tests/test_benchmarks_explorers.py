"""The explorers' benchmark: it moves every slider, its record is whole, and a redraw fits a frame."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import explorers, record
from spectnet.explorers import FilterbankExplorer


@pytest.fixture(scope="module")
def recorded() -> list[dict]:
    """The rows in results/."""
    if not (rows := record.load(explorers.RESULT)):
        pytest.fail("no results/benchmark-explorers.json: run `make bench`")
    return rows


def test_the_record_is_of_one_commit_and_has_every_explorer(recorded: list[dict]) -> None:
    (commit,) = {row["commit"] for row in recorded}
    assert record.is_final(commit)
    assert {row["explorer"] for row in recorded} == set(explorers.EXPLORERS)
    assert all(row["redraws"] >= explorers.MOVES // 2 for row in recorded)
    assert all(row["machine"]["processor"] and row["browser"] for row in recorded)


def test_a_redraw_at_64_filters_fits_a_frame(recorded: list[dict]) -> None:
    """The goal: 16 ms, as medians over the moves of a slider."""
    assert explorers.N_FILTERS == 64
    slow = [(row["explorer"], row["control"], row["redraw_ms"]) for row in recorded]
    assert not [row for row in slow if row[2] > explorers.GOAL_MS]


def test_results_take_no_small_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        explorers.main(["--moves", "2"])
    assert "results/ takes whole runs of committed code only" in capsys.readouterr().err


@pytest.mark.browser
@pytest.mark.timeout(180)
def test_every_slider_is_moved(tmp_path: Path, chromium_path: str) -> None:
    path = tmp_path / "rows.json"
    command = [sys.executable, "-m", "benchmarks.explorers", "--moves", "2"]
    command += ["--explorer", "filterbank", "--output", str(path)]
    environment = os.environ | {"SPECTNET_CHROMIUM": chromium_path}
    done = subprocess.run(command, cwd=record.ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = json.loads(path.read_text())
    sliders = "Number of filters", "Order", "Lowest frequency", "Highest frequency", "Filter to name and play"
    assert tuple(row["control"] for row in rows) == sliders
    for row in rows:
        assert row["redraws"] == 2
        assert 0 < row["redraw_ms_range"][0] <= row["redraw_ms"] <= row["redraw_ms_range"][1]
        assert f"| filterbank | {row['control']} |" in done.stdout


def test_every_case_shows_64_filters_where_it_has_filters() -> None:
    for name in explorers.EXPLORERS:
        if isinstance(explorer := explorers.EXPLORERS[name](), FilterbankExplorer):
            assert len(explorer.center_frequencies) == 64, name
