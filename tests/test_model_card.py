"""A model's card says what the record says, and refuses another model's record."""

import copy

import numpy as np
import pytest

from spectnet.metrics import binary_metrics
from spectnet.model import DEFAULT_MODEL, SpectNet, SpectNetConfig, load_model
from spectnet.results import load_results
from tools import model_card
from tools.model_card import by_subset, run_name


@pytest.fixture(scope="module")
def model() -> SpectNet:
    """The committed one."""
    return load_model(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def own(model: SpectNet) -> dict:
    """The run that made it."""
    (run,) = [run for run in load_results() if run["threshold"] == model.config.threshold]
    return run


def test_every_number_is_the_records(model, own):
    card = model_card.model_card(model, [own], default=True)
    low, high = own["macc_interval"]
    for value in (own["macc"], low, high, own["sensitivity"], own["specificity"], own["precision"]):
        assert f"{100 * value:.1f}" in card
    assert f"`{own['commit']}`" in card
    assert f"results/runs/{run_name(own)}.json" in card
    assert f"{sum(p.numel() for p in model.parameters()):,} parameters" in card
    assert f"Tested: {own['n_recordings']} recordings." in card


def test_it_says_what_must_be_said(model, own):
    card = model_card.model_card(model, [own])
    assert "It is not a medical device, and what it prints is no diagnosis." in card
    assert "Open Data Commons Attribution" in card
    assert "One seed: how much chance" in card
    assert "On other sensors and other populations it is untested." in card
    assert "`spectnet predict` uses" not in card
    assert "`spectnet predict` uses" in model_card.model_card(model, [own], default=True)


def test_subsets_add_up_to_the_whole(own):
    cells = [line.strip("| ").split(" | ") for line in by_subset(own).splitlines()[2:]]
    abnormal, normal = (sum(int(row[k]) for row in cells) for k in (1, 2))
    labels = [row["label"] for row in own["recordings"]]
    assert (abnormal, normal) == (labels.count(1), labels.count(0))
    caught = sum(float(row[3]) / 100 * int(row[1]) for row in cells if row[3] != "–")
    assert caught / abnormal == pytest.approx(own["sensitivity"], abs=1e-3)


def test_other_runs_stand_beside_it_and_speak_in_the_limits(model, own):
    twin, elsewhere = copy.deepcopy(own), copy.deepcopy(own)
    twin |= {"seed": own["seed"] + 1, "macc": own["macc"] - 0.02}
    elsewhere |= {"split": "leave-out-b", "macc": 0.612}
    card = model_card.model_card(model, [own, twin, elsewhere])
    perfect = own | {"seed": own["seed"] + 2, "macc": 1.0}
    assert "and 100.0." in model_card.model_card(model, [own, twin, perfect])
    seeds = f"2 seeds gave a MACC between {100 * twin['macc']:.1f} and {100 * own['macc']:.1f}."
    assert seeds in card
    assert "its MACC was 61.2 on b." in card
    assert "Beside 2 other run(s):" in card


def test_a_run_that_chose_on_its_test_says_so(model, own):
    card = model_card.model_card(model, [own | {"selection": "test-fold"}])
    assert "were chosen on the tested recordings themselves" in card
    assert "no tested recording did" not in card


def test_a_static_bank_learned_nothing(own):
    config = SpectNetConfig.model_validate({"frontend": {"learnable": False}, "threshold": own["threshold"]})
    assert "none of it learned" in model_card.model_card(SpectNet(config), [own])


def test_another_models_run_is_refused(model, own):
    with pytest.raises(ValueError, match="give the run that made it first"):
        model_card.model_card(model, [own | {"threshold": 0.123}])


def test_without_e_is_computed_from_the_scores(model, own):
    rows = [row for row in own["recordings"] if row["subset"] != "e"]
    labels, scores = ([row[key] for row in rows] for key in ("label", "score"))
    macc = binary_metrics(np.array(labels), np.array(scores), own["threshold"]).macc
    assert f"Without e its MACC is {100 * macc:.1f}." in model_card.model_card(model, [own])


def test_a_run_that_is_not_on_record_is_named():
    with pytest.raises(SystemExit, match="no run named nobodys in results/runs"):
        model_card.main([str(DEFAULT_MODEL), "nobodys"])
