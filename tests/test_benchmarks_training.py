"""The benchmark of training: the paper's network is the paper's, a step is one, the table names what ran."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from benchmarks import record, training
from benchmarks.paper_network import paper_network
from benchmarks.training_step import BATCH_PARTS, MODEL_PARTS, Batches, Trainee

NAMES = [contestant.name for contestant in training.CONTESTANTS]


def test_a_step_taken_apart_moves_the_weights_as_a_step_in_one(generator: torch.Generator) -> None:
    waveform = torch.randn(4, 2500, generator=generator)
    labels = torch.tensor([0, 1, 0, 1])
    torch.manual_seed(0)
    taken_apart = training.CONTESTANTS[NAMES.index("spectnet, fp32")].build()
    torch.manual_seed(0)
    whole = training.CONTESTANTS[NAMES.index("spectnet, fp32")].build()
    for trainee in (taken_apart, whole):
        for module in trainee.model.modules():
            if isinstance(module, nn.Dropout | nn.Dropout2d):
                module.p = 0.0
    parts = taken_apart.step(waveform, labels)
    nn.functional.cross_entropy(whole.model(waveform), labels).backward()
    whole.optimizer.step()
    assert tuple(parts) == MODEL_PARTS
    assert all(seconds >= 0 for seconds in parts.values())
    for mine, other in zip(taken_apart.model.parameters(), whole.model.parameters(), strict=True):
        # Adam's first step divides a gradient by itself: its rounding near zero may turn its sign.
        assert (mine - other).abs().median() < 1e-7


def test_every_network_gets_balanced_batches_of_one_length() -> None:
    batches = Batches(64, n_hearts=8)
    waveform, labels, parts = batches.next()
    assert waveform.shape == (64, 2500)
    assert 16 < int(labels.sum()) < 48
    assert set(parts) <= set(BATCH_PARTS)


def test_a_small_run_names_what_ran(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "training.json"
    training.main(["--small", "--output", str(output)])
    rows = json.loads(output.read_text())
    steps = [row for row in rows if row["part"] == training.STEP]
    assert [row["contestant"] for row in steps] == NAMES
    assert all(row["segments_per_second"] > 0 and row["rounds"] == 2 for row in steps)
    assert {row["part"] for row in rows} == {training.STEP, *BATCH_PARTS, *MODEL_PARTS}
    assert {row["commit"] for row in rows} == {record.commit()}
    printed = capsys.readouterr().out
    assert all(f"| {name} |" in printed for name in NAMES)
    assert all(f"| {part} |" in printed for part in (*MODEL_PARTS, training.STEP))


def test_times_are_set_against_the_published_network() -> None:
    common = {"batch_size": 64, "n_parameters": 10, "threads": 1, "part": training.STEP}
    rows = [
        common
        | {"contestant": name, "seconds": s, "seconds_range": [s, 2 * s], "segments_per_second": 64 / s}
        for name, s in ((training.PUBLISHED, 0.8), ("spectnet, bf16", 0.1))
    ]
    assert "| spectnet, bf16 | 10 | 1 | 640 | 320 to 640 | 8.0 |" in training.speed_table(rows)


def test_results_take_no_small_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        training.main(["--small"])
    assert "results/ takes whole runs of committed code only" in capsys.readouterr().err


def test_half_precision_is_the_products_alone() -> None:
    trainee = Trainee(paper_network(), "bf16", channels_last=True, compiled=False)
    assert {parameter.dtype for parameter in trainee.model.parameters()} == {torch.float32}


@pytest.fixture(scope="module")
def recorded() -> list[dict]:
    """The rows in results/."""
    if not (rows := record.load(training.RESULT)):
        pytest.fail("no results/benchmark-training.json: run `make bench`")
    return rows


def test_the_record_is_of_one_commit_and_whole(recorded: list[dict]) -> None:
    (commit,) = {row["commit"] for row in recorded}
    assert record.is_final(commit)
    steps = {
        row["contestant"]: row for row in recorded if (row["part"], row["threads"]) == (training.STEP, 1)
    }
    assert set(NAMES) <= set(steps)
    assert all(row["rounds"] >= 5 and row["batch_size"] == 64 for row in steps.values())


def test_ours_trains_five_times_as_many_segments(recorded: list[dict]) -> None:
    """The goal: as each trains as it comes, on one thread."""
    seconds = {
        row["contestant"]: row["seconds"]
        for row in recorded
        if (row["part"], row["threads"]) == (training.STEP, 1)
    }
    assert seconds[training.PUBLISHED] / seconds["spectnet, bf16"] >= 5
