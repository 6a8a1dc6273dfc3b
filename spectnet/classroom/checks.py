"""A hidden check: calls a student's functions from outside, and alone decides the points.

Taught in *For the teacher*.
"""

from __future__ import annotations

import hashlib
import math
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from spectnet.classroom.student import StudentError


@runtime_checkable
class Answers(Protocol):
    """What a check may ask of a student's notebook; `Student` gives it from inside a sandbox."""

    def call(self, function: str, *args: Any, seconds: float = 10, **kwargs: Any) -> Any:
        """What the student's function returns, as plain data."""

    def value(self, name: str) -> Any:
        """What the student's notebook holds under a name, as plain data."""


class Failed(AssertionError):
    """An answer is wrong.

    Args:
        hint: what the student reads in place of the check's own; never an input, nor the right value.
        detail: what was found, for the teacher's eyes only.
    """

    def __init__(self, hint: str = "", detail: str = "") -> None:
        super().__init__(detail or hint)
        self.hint = hint
        self.detail = detail


@dataclass(frozen=True)
class Check:
    """One demand on an answer.

    Attributes:
        grade_id: the question it belongs to.
        name: what is checked, in a few words that students may read.
        points: what passing it is worth.
        hint: what a student reads who fails it: the idea that is missing, not the right value.
        run: raises `Failed` if the answer is wrong. Its numbers come from the generator it is given, so that
            nobody can answer by heart. A number it returns is kept beside the grade, as for a leaderboard.
    """

    grade_id: str
    name: str
    points: float
    hint: str
    run: Callable[[Any, np.random.Generator], float | None]

    def __post_init__(self) -> None:
        if not (math.isfinite(self.points) and self.points > 0):
            raise ValueError(f"points of {self.name!r} must be above 0, got {self.points}")
        if not (self.name.strip() and self.hint.strip()):
            raise ValueError(f"a check of {self.grade_id!r} needs a name and a hint")


@dataclass(frozen=True)
class Outcome:
    """How one check ended.

    Attributes:
        check: the check.
        passed: whether its points are given.
        message: what the student reads; empty if it passed.
        detail: what was found, for the teacher.
        value: the number the check returned, if any.
    """

    check: Check
    passed: bool
    message: str = ""
    detail: str = ""
    value: float | None = None


def expect(condition: bool | np.bool_, hint: str = "", detail: str = "") -> None:
    """Fail unless `condition` holds; `hint` replaces the check's own, and shows no input.

    Raises:
        Failed: it does not hold.
    """
    if not bool(condition):
        raise Failed(hint, detail)


def expect_close(
    given: object, wanted: ArrayLike | torch.Tensor, *, rtol: float = 1e-4, atol: float = 1e-8, hint: str = ""
) -> None:
    """Fail unless `given` is a real number or array of the shape of `wanted` and near it.

    Only NumPy's own arrays and Python's own numbers are compared: nothing that could call itself equal.

    Args:
        given: what the student's function returned.
        wanted: the right values.
        rtol: allowed difference as a fraction of the right value.
        atol: allowed difference beside it, in the values' unit.
        hint: replaces the check's own hint; it must show no input.

    Raises:
        Failed: another kind, shape or value, or one that is not finite.
    """
    right = np.asarray(wanted.detach() if isinstance(wanted, torch.Tensor) else wanted, dtype=np.float64)
    if type(given) not in (np.ndarray, int, float):
        raise Failed(hint, f"wanted an array or a number, got {type(given).__name__}")
    answer = np.asarray(given)
    if answer.dtype.kind not in "iuf":
        raise Failed(hint, f"wanted real numbers, got {answer.dtype}")
    if answer.shape != right.shape:
        raise Failed(hint, f"wanted shape {right.shape}, got {answer.shape}")
    difference = np.abs(answer.astype(np.float64) - right)
    if not (difference <= atol + rtol * np.abs(right)).all():  # NaN is near nothing
        raise Failed(hint, f"differs by up to {np.max(difference):.3g}")


def asked(student: Answers, function: str, *args: Any, **kwargs: Any) -> Any:
    """What the student's function returns; a list of numbers is as good as an array."""
    answer = student.call(function, *args, **kwargs)
    return np.asarray(answer, dtype=float) if isinstance(answer, list) else answer


def finite_array(given: object, shape: tuple[int, ...], *, hint: str = "") -> NDArray[np.float64]:
    """An answer as an array (or a list) of finite real numbers, in float64.

    Args:
        given: what the student's function returned.
        shape: that it must have.
        hint: replaces the check's own hint; it must show no input.

    Raises:
        Failed: another kind or shape, or a value that is not finite.
    """
    expect(type(given) in (np.ndarray, list), hint, f"no array but {type(given).__name__}")
    array = np.asarray(given)
    expect(array.dtype.kind in "iuf", hint, f"wanted real numbers, got {array.dtype}")
    expect(array.shape == shape, hint, f"wanted shape {shape}, got {array.shape}")
    expect(np.isfinite(array).all(), hint, "holds values that are not finite")
    return array.astype(np.float64)


def finite_number(given: object, name: str) -> float:
    """One finite number of a dict.

    Raises:
        Failed: no dict, no such name in it, or something else under it.
    """
    if type(given) is not dict or name not in given:
        raise Failed(detail=f"no dict with {name!r}")
    value = given[name]
    expect(type(value) in (int, float, np.ndarray) and np.size(value) == 1, detail=f"{name} is no number")
    number = float(np.asarray(value).item()) if np.asarray(value).dtype.kind in "iuf" else math.nan
    expect(math.isfinite(number), detail=f"{name} is not finite")
    return number


def generator_of(check: Check, seed: int) -> np.random.Generator:
    """The check's own random numbers: the same whichever checks ran before it."""
    digest = hashlib.sha256(f"{seed}/{check.grade_id}/{check.name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def run_checks(student: Answers, checks: Iterable[Check], seed: int) -> list[Outcome]:
    """Put every check to a student's answers; one that fails stops none of the others.

    Args:
        student: the answers, usually a `Student` in its sandbox.
        checks: of one assignment, or of one question.
        seed: the course's secret.
    """
    return [_outcome(student, check, seed) for check in checks]


def _outcome(student: Answers, check: Check, seed: int) -> Outcome:
    try:
        value = check.run(student, generator_of(check, seed))
    except Failed as failed:
        return Outcome(check, False, failed.hint or check.hint, failed.detail)
    except StudentError as error:  # its sentence quotes nothing of the student's, its detail may
        return Outcome(check, False, f"{check.hint} ({error}.)", error.detail)
    except Exception as error:
        # An answer that the check did not foresee: no points. The error may quote a hidden input.
        return Outcome(check, False, check.hint, _last_line(error))
    return Outcome(check, True, value=None if value is None else float(value))


def _last_line(error: Exception) -> str:
    return "".join(traceback.format_exception_only(error)).strip()
