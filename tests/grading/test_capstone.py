"""The capstone's hidden hearts: what reaches a submission, and what does not."""

from __future__ import annotations

import numpy as np
import pytest

from spectnet import synthesis
from spectnet.classroom import channel, source
from spectnet.classroom.checks import run_checks

SEED = 11


class Spy:
    """A submission that answers by chance and notes what it was asked; each room has its own notes."""

    def __init__(self, rooms=None, state=None) -> None:
        self.asked: list[tuple] = []
        self.rooms = [] if rooms is None else rooms
        self.state = {"coin": np.zeros(1)} if state is None else state
        self.rooms.append(self)
        self.generator = np.random.default_rng(0)

    def call(self, function, *args, seconds=10, **kwargs):
        assert channel.decode(channel.encode([list(args), kwargs])) is not None
        self.asked.append((function, args, kwargs))
        return self.state if function == "train" else float(self.generator.uniform())

    def value(self, name):
        raise AssertionError("the capstone reads no values")

    def fresh(self, limits=None, *, mounts=None):
        return Spy(self.rooms, self.state)

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass


@pytest.fixture(scope="module")
def capstone() -> source.Assignment:
    """Assignment 5."""
    return source.load("assignment-5")


def graded(capstone, seed=SEED, **options):
    """The spy and how each check ended for it."""
    spy = Spy(**options)
    return spy, {o.check.name: o for o in run_checks(spy, capstone.checks, seed)}


def heard(spy) -> list[np.ndarray]:
    """The waveforms that `predict` was asked about."""
    return [args[0] for room in spy.rooms for name, args, _ in room.asked if name == "predict"]


def test_predict_gets_waveform_and_arrays_in_a_room_where_train_never_ran(capstone) -> None:
    spy, _ = graded(capstone)
    trained, predicted = spy.rooms
    assert {name for name, _, _ in trained.asked} == {"train"}
    assert {name for name, _, _ in predicted.asked} == {"predict"}
    for _, (waveform, state), kwargs in predicted.asked:
        assert isinstance(waveform, np.ndarray)
        assert waveform.ndim == 1
        assert state.keys() == {"coin"}
        assert not kwargs


def test_names_and_order_of_training_hearts_say_nothing(capstone) -> None:
    spy, _ = graded(capstone)
    recordings = spy.rooms[0].asked[0][1][0]
    labels = np.array([recording["label"] for recording in recordings])
    by_name = labels[np.argsort([recording["name"] for recording in recordings])]
    for order in (labels, by_name):
        changes = np.mean(order[1:] != order[:-1])
        assert 0.3 < changes < 0.7, "neighbours are alike as often as not"


def test_everybody_hears_the_same_hearts_and_another_course_others(capstone) -> None:
    first, second, third = (heard(graded(capstone, seed)[0]) for seed in (SEED, SEED, SEED + 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not any(
        np.array_equal(a, b) for a, b in zip(first, third, strict=True) if a.any() and len(a) > 6000
    )


def test_hidden_hearts_lie_outside_the_ranges_of_practice(capstone, monkeypatch) -> None:
    made: list[synthesis.HeartSettings] = []
    synthesize = synthesis.synthesize

    def noted(settings, seed):
        made.append(settings)
        return synthesize(settings, seed)

    monkeypatch.setattr(synthesis, "synthesize", noted)
    graded(capstone, seed=12345)
    practice = [heart.truth["settings"] for heart in synthesis.synthetic_hearts(60, seed=50, duration_s=6.0)]
    assert len(made) == 100
    for name in ("heart_rate", "breaths_per_minute", "sinus_arrhythmia", "irregularity"):
        usual = [getattr(settings, name) for settings in practice]
        outside = [not min(usual) <= getattr(settings, name) <= max(usual) for settings in made]
        assert np.mean(outside) > 0.9, name


def test_chance_earns_no_points_of_the_hidden_hearts(capstone) -> None:
    for seed in (SEED, SEED + 1):
        _, outcomes = graded(capstone, seed)
        assert not any(outcome.passed for name, outcome in outcomes.items() if "hidden hearts" in name)


@pytest.mark.parametrize(
    "state",
    [{}, [np.zeros(3)], {"model": "text"}, {"words": np.array(["a"])}, {"big": np.zeros(700_000)}],
)
def test_what_is_no_small_dict_of_arrays_does_not_cross(capstone, state) -> None:
    _, outcomes = graded(capstone, state=state)
    assert not any(outcome.passed for outcome in outcomes.values())
