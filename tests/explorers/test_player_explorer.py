"""`TrainingPlayer` in Python: its traits follow the run on record, and what is no run is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import traitlets

from spectnet import results, scales
from spectnet.explorers import TrainingPlayer
from tests.explorers import write_player
from tests.explorers.stored import assert_current

RUNS = write_player.RUN.parent
FIXED = RUNS / "static-16_paper-fold-0_seed0.json"
NO_GAMMATONES = RUNS / "mfcc_paper-fold-0_seed0.json"
HISTORY = [{"loss": 0.7, "validation_macc": 0.6}, {"loss": 0.5, "validation_macc": 0.8}]


def test_vectors_are_current() -> None:
    assert_current(write_player.VECTORS, write_player.vectors())


@pytest.mark.parametrize("epoch", [1, 7, 16])
def test_follows_the_run_on_record(epoch: int) -> None:
    player, recorded = TrainingPlayer(write_player.RUN), write_player.record()["history"][epoch - 1]
    player.epoch = epoch
    for name in ("loss", "validation_macc", "center_frequencies", "bandwidths"):
        assert getattr(player, name) == recorded[name]


def test_starts_where_the_layer_started() -> None:
    player = TrainingPlayer(write_player.RUN)
    assert player.center_frequencies == pytest.approx(
        scales.spaced_frequencies(16, 25.0, 400.0).tolist(), rel=1e-6
    )
    assert player.moved == [0.0] * 16
    assert (player.loss, player.validation_macc) == (None, None)


def test_fixed_filters_do_not_move() -> None:
    player = TrainingPlayer(FIXED, epoch=16)
    assert not player.runs[0]["learnable"]
    assert max(map(abs, player.moved)) < 0.01, "a run's record holds two digits"


def test_moved_is_from_the_start() -> None:
    player, start = TrainingPlayer(write_player.RUN, epoch=12), TrainingPlayer(write_player.RUN)
    expected = [
        now - begun for now, begun in zip(player.center_frequencies, start.center_frequencies, strict=True)
    ]
    assert player.moved == expected
    assert max(map(abs, player.moved)) > 20


def test_another_run_is_shown_from_its_own_numbers() -> None:
    player = TrainingPlayer(write_player.RUN, {"history": HISTORY, "seed": 3}, epoch=9)
    player.run = 1
    assert player.epoch == 2, "the shorter run has ended"
    assert (player.loss, player.validation_macc) == (0.5, 0.8)
    assert player.center_frequencies == player.moved == []
    assert [run["title"] for run in player.runs] == ["learned-16, paper-fold-0, seed 0", "seed 3"]


def test_run_without_gammatones_has_its_curves_alone() -> None:
    player = TrainingPlayer(NO_GAMMATONES, epoch=3)
    assert player.loss == json.loads(NO_GAMMATONES.read_text())["history"][2]["loss"]
    assert player.center_frequencies == []


def test_every_run_on_record_can_be_played() -> None:
    recorded = results.load_results()
    player = TrainingPlayer(*recorded)
    for index, run in enumerate(recorded):
        player.run = index
        player.epoch = len(run["history"])
        assert player.validation_macc == run["history"][-1]["validation_macc"]


def test_observers_hear_the_next_epoch() -> None:
    player, heard = TrainingPlayer(write_player.RUN), []
    player.observe(lambda change: heard.append(change.new), "loss")
    player.epoch = 4
    assert heard == [write_player.record()["history"][3]["loss"]]


def test_what_is_sent_is_small() -> None:
    assert len(json.dumps(TrainingPlayer(write_player.RUN).get_state(["runs"]))) < 8_000


@pytest.mark.parametrize(("name", "value", "message"), [
    ("epoch", 17, r"epoch must be 0 to 16, got 17"),
    ("epoch", -1, r"epoch"),
    ("run", 1, r"run must be 0 to 0, got 1"),
])  # fmt: skip
def test_impossible_setting_is_refused_and_nothing_changes(name: str, value: int, message: str) -> None:
    player = TrainingPlayer(write_player.RUN)
    before = player.get_state()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(player, name, value)
    assert player.get_state() == before


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (Path("nowhere.json"), r"nowhere\.json must be the JSON file of a run"),
        ({"seed": 1}, r"must hold history"),
        ({"history": []}, r"every epoch of your run must have a loss and a validation_macc"),
        ({"history": [{"loss": 1.0}]}, r"must have a loss and a validation_macc"),
    ],
)
def test_what_is_no_run_is_refused(run: Path | dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingPlayer(run)
