"""The record of one graded submission: all that gradebook, feedback and report are made from.

Taught in *For the teacher*.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from spectnet import atomic
from spectnet.classroom.checks import Check, Outcome
from spectnet.settings import Settings, explain


class Result(Settings):
    """How one hidden check ended for one student.

    Attributes:
        grade_id: the question.
        check: the check's name.
        points: what it is worth.
        passed: whether they are given.
        message: what the student reads.
        detail: what the teacher reads beside it; it may quote hidden inputs.
        value: a number the check returned, as for a leaderboard.
    """

    grade_id: str
    check: str
    points: float
    passed: bool
    message: str = ""
    detail: str = ""
    value: float | None = None


class Graded(Settings):
    """One student's submission of one assignment, graded.

    Attributes:
        assignment: such as ``"assignment-2"``.
        student: as nbgrader knows them.
        key: a hash of all that the grade depends on; with another key it is out of date.
        refused: why nothing could be graded; empty if it could.
        notes: what was odd about the file, safe to show.
        errors: what each cell raised as the notebook ran, by the cell's name.
        results: one for each check.
        answers: what the student wrote, by question, where it differs from what was handed out.
        seconds: how long grading took.
    """

    assignment: str
    student: str
    key: str
    refused: str = ""
    notes: tuple[str, ...] = ()
    errors: dict[str, str] = Field(default_factory=dict)
    results: tuple[Result, ...]
    answers: dict[str, str] = Field(default_factory=dict)
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """Points of the checks; answers in words come on top by the teacher's hand."""
        return sum(result.points for result in self.results if result.passed)

    def points_of(self, grade_id: str) -> float:
        """Points of the checks of one question."""
        return sum(r.points for r in self.results if r.passed and r.grade_id == grade_id)


def results_of(outcomes: Sequence[Outcome]) -> tuple[Result, ...]:
    """Outcomes of checks as plain data."""
    return tuple(
        Result(
            grade_id=outcome.check.grade_id, check=outcome.check.name, points=outcome.check.points,
            passed=outcome.passed, message=outcome.message, detail=outcome.detail[:2000], value=outcome.value,
        )
        for outcome in outcomes
    )  # fmt: skip


def none_of(checks: Sequence[Check], reason: str) -> tuple[Result, ...]:
    """The results of a submission that could not be graded: no points, and why."""
    return results_of([Outcome(check, False, reason) for check in checks])


def path_in(autograded: Path, student: str, assignment: str) -> Path:
    """Where a record lies in a course's folder `autograded`."""
    return autograded / student / assignment / "grade.json"


def save(graded: Graded, autograded: Path) -> None:
    """Write a record, whole or not at all."""
    path = path_in(autograded, graded.student, graded.assignment)
    atomic.write(path, graded.model_dump_json(indent=1) + "\n")


def load(autograded: Path, student: str, assignment: str) -> Graded | None:
    """Read a record; None if there is none.

    Raises:
        ValueError: the file is no record.
    """
    path = path_in(autograded, student, assignment)
    try:
        return Graded.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ValueError(
            f"{path} is no record of a grade ({explain(error)}); delete it and grade again"
        ) from error


def load_all(autograded: Path, assignment: str) -> list[Graded]:
    """Every record of an assignment, by student."""
    students = sorted(path.parent.parent.name for path in autograded.glob(f"*/{assignment}/grade.json"))
    return [record for name in students if (record := load(autograded, name, assignment)) is not None]
