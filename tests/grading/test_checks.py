"""A check gives its points to right answers only, and tells a student nothing that is hidden."""

import re

import numpy as np
import pytest
import torch

from spectnet.classroom.checks import (
    Check,
    Failed,
    asked,
    expect,
    expect_close,
    finite_array,
    finite_number,
    run_checks,
)


class Notebook:
    """Answers without a sandbox: the functions of a dictionary."""

    def __init__(self, **functions) -> None:
        self.functions = functions

    def call(self, function, *args, seconds=10, **kwargs):
        return self.functions[function](*args, **kwargs)

    def value(self, name):
        return self.functions[name]


def double(student, rng) -> None:
    number = float(rng.uniform())
    expect_close(student.call("double", number), 2 * number)


DOUBLE = Check("double", "twice a number", 2, "Twice is two times.", double)


def failed(given, wanted, **options) -> str:
    with pytest.raises(Failed) as caught:
        expect_close(given, wanted, **options)
    return caught.value.detail


def test_a_right_answer_passes_and_a_wrong_one_reads_the_hint() -> None:
    (right,) = run_checks(Notebook(double=lambda x: 2 * x), [DOUBLE], seed=1)
    (wrong,) = run_checks(Notebook(double=lambda x: x), [DOUBLE], seed=1)
    assert (right.passed, right.message) == (True, "")
    assert (wrong.passed, wrong.message) == (False, "Twice is two times.")


def test_a_hint_for_one_mistake_takes_the_place_of_the_checks_own() -> None:
    def check(student, rng) -> None:
        expect(student.call("double", 1) != 1, hint="This is the number itself.")

    (outcome,) = run_checks(Notebook(double=lambda x: x), [Check("d", "n", 1, "h", check)], seed=1)
    assert outcome.message == "This is the number itself."


def test_what_an_error_quotes_reaches_the_teacher_only() -> None:
    def tell(x) -> None:
        raise RuntimeError(f"the hidden input is {x}")

    (outcome,) = run_checks(Notebook(double=tell), [DOUBLE], seed=1)
    assert outcome.message == "Twice is two times."
    assert "hidden input" in outcome.detail


def test_numbers_depend_on_the_seed_and_not_on_other_checks() -> None:
    seen: list[float] = []

    def look(student, rng) -> None:
        seen.append(rng.uniform())

    one, two = Check("a", "one", 1, "h", look), Check("a", "two", 1, "h", look)
    run_checks(Notebook(), [one, two], seed=5)
    run_checks(Notebook(), [two], seed=5)
    run_checks(Notebook(), [two], seed=6)
    assert seen[1] == seen[2]
    assert len(set(seen)) == 3


def test_a_number_that_a_check_returns_is_kept() -> None:
    (outcome,) = run_checks(Notebook(), [Check("a", "n", 1, "h", lambda student, rng: 0.75)], seed=1)
    assert outcome.value == 0.75


class AlwaysEqual(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, dtype=bool)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (np.zeros(2).view(AlwaysEqual), "AlwaysEqual"),
        (np.array(["a", "b"]), "real numbers"),
        (np.array([1 + 0j, 2]), "real numbers"),
        ([1.0, 2.0], "list"),
        (True, "bool"),
        (np.array([[1.0, 2.0]]), "shape"),
        (np.array([1.0, np.nan]), "differs"),
        (np.array([1.0, np.inf]), "differs"),
        (np.array([1.0, 2.1]), "differs by up to 0.1"),
    ],
)
def test_only_plain_finite_numbers_are_near_others(given, found) -> None:
    assert found in failed(given, [1.0, 2.0])


def test_closeness_is_relative_to_the_right_value() -> None:
    expect_close(np.array([100.05]), torch.tensor([100.0], requires_grad=True), rtol=1e-3)
    assert failed(np.array([100.05]), [100.0], rtol=1e-4)


@pytest.mark.parametrize(("points", "hint"), [(0, "h"), (-1, "h"), (float("nan"), "h"), (1, " ")])
def test_a_check_without_worth_or_hint_is_refused(points, hint) -> None:
    with pytest.raises(ValueError, match=r"points|hint"):
        Check("a", "n", points, hint, double)


def test_a_list_of_numbers_is_as_good_as_an_array() -> None:
    answer = asked(Notebook(f=lambda n: [float(n), 2.0]), "f", 1)
    np.testing.assert_array_equal(answer, [1.0, 2.0])
    assert asked(Notebook(f=lambda: "words"), "f") == "words"
    assert finite_array([1, 2], (2,)).dtype == np.float64


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ((1.0, 2.0), "no array but tuple"),
        (np.array(["1", "2"]), "wanted real numbers, got <U1"),
        (np.array([True, False]), "wanted real numbers, got bool"),
        (np.ones((2, 1)), r"wanted shape \(2,\), got \(2, 1\)"),
        ([1.0, np.nan], "not finite"),
    ],
)
def test_an_answer_that_is_no_array_of_this_shape_fails(given, found) -> None:
    with pytest.raises(Failed) as caught:
        finite_array(given, (2,), hint="Mind the axes.")
    assert caught.value.hint == "Mind the axes."
    assert re.search(found, caught.value.detail)


@pytest.mark.parametrize(
    "given", [None, {}, {"macc": "0.5"}, {"macc": [1, 2]}, {"macc": np.nan}, {"macc": np.array("x")}]
)
def test_a_dict_without_the_number_fails(given) -> None:
    with pytest.raises(Failed):
        finite_number(given, "macc")
    assert finite_number({"macc": np.array([0.5])}, "macc") == 0.5
