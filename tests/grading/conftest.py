"""A course with the smallest assignment, and ways to hand something in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest

if TYPE_CHECKING:
    from spectnet.classroom.course import Course
    from spectnet.classroom.graded import Result
    from spectnet.classroom.source import Assignment

TINY = Path(__file__).parent / "tiny"


@pytest.fixture(scope="session")
def tiny() -> Assignment:
    """The smallest assignment."""
    from spectnet.classroom import source

    return source.load("assignment-1", TINY)


@pytest.fixture(scope="session")
def handed_out(tmp_path_factory) -> Path:
    """A course that was handed out; making its gradebook takes seconds."""
    from spectnet.classroom.course import Course, hand_out

    folder = tmp_path_factory.mktemp("handed-out") / "course"
    hand_out(Course(folder, TINY), "assignment-1")
    return folder


@pytest.fixture
def course(tmp_path, handed_out) -> Course:
    """A course of one's own that handed out the smallest assignment."""
    from spectnet.classroom.course import Course

    shutil.copytree(handed_out, tmp_path / "course")
    return Course(tmp_path / "course", TINY)


@pytest.fixture
def hand_in(course) -> Callable[..., Path]:
    """Lay a notebook, or the bytes of any file, where a student's submission is looked for."""

    def put(student: str, content: nbformat.NotebookNode | bytes, file: str = "assignment-1.ipynb") -> Path:
        folder = course.folder / "submitted" / student / "assignment-1"
        folder.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else nbformat.writes(content).encode()
        (folder / file).write_bytes(data)
        return folder

    return put


@pytest.fixture
def answered(tiny) -> Callable[..., nbformat.NotebookNode]:
    """The solved notebook, with some answers in place of the right ones."""
    from spectnet.classroom import release

    def make(**answers: str) -> nbformat.NotebookNode:
        notebook = release.solved(tiny)
        for cell in notebook.cells:
            cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
        return notebook

    return make


def judged(check, passed: bool) -> Result:
    """What a check would say that passes every answer."""
    from spectnet.classroom.graded import Result

    message = "" if passed else check.hint
    found = {"passed": passed, "message": message, "detail": "the input was 0.123"}
    return Result(grade_id=check.grade_id, check=check.name, points=check.points, **found)


@pytest.fixture
def no_worker(monkeypatch) -> list[str]:
    """Grades without a sandbox, passing every answer; names who was graded."""
    from spectnet.classroom import grade
    from spectnet.classroom.graded import Graded, none_of

    seen: list[str] = []

    def instead(work, tasks, jobs=None):
        for task in tasks:
            seen.append(task.student)
            key, taken = grade._taken_in(grade.load(task.name, task.assignments), task.folder, task.seed)
            checks = grade.load(task.name, task.assignments).checks
            if isinstance(taken, str):
                none = none_of(checks, "Nothing could be graded.")
                yield Graded(assignment=task.name, student=task.student, key=key, refused=taken, results=none)
                continue
            results = tuple(judged(check, check.grade_id in taken.answers) for check in checks)
            yield Graded(assignment=task.name, student=task.student, key=key, notes=taken.notes,
                                results=results, answers=taken.answers)  # fmt: skip

    monkeypatch.setattr(grade, "in_workers", instead)
    monkeypatch.setattr(grade, "why_not", lambda: None)
    return seen
