"""An assignment as its author wrote it: one solved notebook, its hidden checks and typical wrong answers.

Taught in *For the teacher*.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jupytext
from nbformat import NotebookNode
from pydantic import Field, ValidationError

from spectnet.classroom.checks import Check
from spectnet.settings import Settings, explain

FOLDER = Path(__file__).resolve().parents[2] / "assignments"
_NAME = re.compile(r"assignment-[1-9]\d?")
_GRADE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
KINDS = ("answer", "check", "written")


class About(Settings):
    """What the front matter says under `assignment:`.

    Attributes:
        number: its place in the course.
        title: as students read it.
        minutes: how long it takes.
        objectives: what a student can do afterwards.
        rubric: for each question, what its points are for.
        masked: modules of the package that would be the answer, hidden while grading.
    """

    number: int = Field(ge=1)
    title: str
    minutes: int = Field(gt=0)
    objectives: tuple[str, ...] = Field(min_length=1)
    rubric: dict[str, str]
    masked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """One gradable answer.

    Attributes:
        grade_id: its name in the notebook, the checks and the gradebook.
        points: the sum of its checks, or what the source says of an answer in words.
        written: whether a person grades it.
    """

    grade_id: str
    points: float
    written: bool = False


@dataclass(frozen=True)
class Assignment:
    """A folder of `assignments/`, read.

    Attributes:
        name: such as ``"assignment-2"``.
        folder: where it lies.
        about: its front matter.
        notebook: the solved notebook with its marks.
        checks: hidden from students.
        limits: what the sandbox allows a submission; None for the usual.
    """

    name: str
    folder: Path
    about: About
    notebook: NotebookNode
    checks: tuple[Check, ...]
    limits: Any = None

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """In the notebook's order."""
        return tuple(_questions(self))

    @property
    def points(self) -> float:
        """What full marks are, with the answers in words."""
        return sum(question.points for question in self.questions)

    @property
    def automatic_points(self) -> float:
        """What the checks can give."""
        return sum(check.points for check in self.checks)

    @property
    def data(self) -> Path | None:
        """The folder that is handed out and mounted with the notebook, if there is one."""
        return folder if (folder := self.folder / "data").is_dir() else None


def names(folder: Path = FOLDER) -> list[str]:
    """The assignments that lie in `folder`, in the course's order."""
    found = [path.parent.name for path in folder.glob("assignment-*/assignment-*.md")]
    return sorted((name for name in found if _NAME.fullmatch(name)), key=lambda name: int(name.split("-")[1]))


def load(name: str, folder: Path = FOLDER) -> Assignment:
    """Read an assignment and check that its parts fit together.

    Args:
        name: such as ``"assignment-2"``.
        folder: where the assignments lie.

    Raises:
        ValueError: there is none of that name, or its source or checks contradict themselves.
    """
    source = folder / name / f"{name}.md"
    if not _NAME.fullmatch(name) or not source.is_file():
        raise ValueError(
            f"no assignment {name!r} in {folder}; there are {', '.join(names(folder)) or 'none'}"
        )
    notebook = jupytext.read(source)
    try:
        about = About.model_validate(notebook.metadata.get("assignment", {}))
    except ValidationError as error:
        raise ValueError(f"{source}, front matter `assignment`: {explain(error)}") from error
    modules = [_module(path) for path in check_files(source.parent)]
    checks = tuple(check for module in modules for check in module.CHECKS)
    limits = getattr(modules[0], "LIMITS", None)
    assignment = Assignment(name, source.parent, about, notebook, checks, limits)
    _verify(assignment)
    return assignment


def kind(cell: NotebookNode) -> str | None:
    """``"answer"``, ``"check"`` or ``"written"``; None for a cell that is only read or run."""
    found = [name for name in KINDS if name in cell.metadata.get("tags", [])]
    if len(found) > 1:
        raise ValueError(f"a cell has one of the tags {', '.join(KINDS)}, got {', '.join(found)}")
    return found[0] if found else None


def grade_id(cell: NotebookNode) -> str:
    """The question that a cell belongs to.

    Raises:
        ValueError: it has none, or one that is no plain name.
    """
    name = cell.metadata.get("grade_id", "")
    if not (isinstance(name, str) and _GRADE_ID.fullmatch(name)):
        raise ValueError(f"grade_id must be words of a-z and 0-9 joined by '-', got {name!r}")
    return name


def check_files(folder: Path) -> list[Path]:
    """Where an assignment's hidden checks stand: ``checks.py``, and parts beside it as ``checks_judging.py``.

    Raises:
        ValueError: there is no ``checks.py``.
    """
    if not (folder / "checks.py").is_file():
        raise ValueError(f"{folder} has no checks.py, which must hold CHECKS")
    return [folder / "checks.py", *sorted(folder.glob("checks_*.py"))]


def _module(path: Path) -> Any:
    """A file of hidden checks, under a name that no student's import could reach."""
    name = f"{path.stem}_of_{path.parent.name.replace('-', '_')}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not getattr(module, "CHECKS", None):
        raise ValueError(f"{path} must hold CHECKS, a list with at least one Check")
    return module


def _questions(assignment: Assignment) -> Iterator[Question]:
    for cell in assignment.notebook.cells:
        if kind(cell) == "answer":
            name = grade_id(cell)
            yield Question(name, sum(check.points for check in assignment.checks if check.grade_id == name))
        elif kind(cell) == "written":
            yield Question(grade_id(cell), float(cell.metadata.get("points", 0)), written=True)


def _verify(assignment: Assignment) -> None:
    """Refuse a source that would lose points, or give them twice."""
    where = assignment.name
    asked = [question.grade_id for question in assignment.questions]
    if doubled := sorted({name for name in asked if asked.count(name) > 1}):
        raise ValueError(f"{where}: two answers have the grade_id {doubled[0]!r}")
    if unasked := sorted({check.grade_id for check in assignment.checks} - set(asked)):
        raise ValueError(f"{where}: a check is for {unasked[0]!r}, which no answer is")
    for question in assignment.questions:
        if question.points <= 0:
            raise ValueError(f"{where}: {question.grade_id!r} is worth nothing: give it checks, or points")
    named = [(check.grade_id, check.name) for check in assignment.checks]
    if len(set(named)) < len(named):
        raise ValueError(f"{where}: two checks of one question have the same name")
    if unruled := sorted(set(asked) ^ set(assignment.about.rubric)):
        raise ValueError(f"{where}: the rubric and the answers differ in {unruled[0]!r}")
    _verify_order(assignment)


def _verify_order(assignment: Assignment) -> None:
    """Every answer in code is followed, before the next one, by one cell of visible checks."""
    waiting: str | None = None
    for cell in assignment.notebook.cells:
        if kind(cell) == "answer":
            if waiting:
                break
            waiting = grade_id(cell)
        elif kind(cell) == "check":
            if grade_id(cell) != waiting:
                raise ValueError(
                    f"{assignment.name}: the check {grade_id(cell)!r} follows no answer of that name"
                )
            waiting = None
    if waiting:
        raise ValueError(f"{assignment.name}: no visible check follows the answer {waiting!r}")
