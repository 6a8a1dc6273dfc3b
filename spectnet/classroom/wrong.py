"""A typical wrong answer: which cells it changes, what it must lose, and what its hint must say.

Taught in *For the teacher*.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from spectnet.classroom import release
from spectnet.classroom.source import Assignment

_HEADER = re.compile(r"# (loses|hint): *(.+)")
_CELL = re.compile(r"^# %% *([a-z0-9-]+) *\n", re.MULTILINE)


@dataclass(frozen=True)
class Wrong:
    """A file of `wrong/`, read.

    Attributes:
        name: of the mistake.
        says: what is wrong, in one line.
        loses: points that it must lose, no more and no less.
        hint: words that the hints given must hold.
        cells: the source of each answer it changes.
    """

    name: str
    says: str
    loses: float
    hint: str
    cells: dict[str, str]


def wrong_answers(assignment: Assignment) -> list[Wrong]:
    """Every typical mistake that an assignment is tested with, by name.

    Raises:
        ValueError: a file says not what it loses, or changes an answer that nobody asked for.
    """
    return [_read(path, assignment) for path in sorted((assignment.folder / "wrong").glob("*.py"))]


def _read(path: Path, assignment: Assignment) -> Wrong:
    head, *parts = _CELL.split(path.read_text("utf-8"))
    told = {match[1]: match[2] for line in head.splitlines() if (match := _HEADER.fullmatch(line))}
    cells = {name: text.strip("\n") for name, text in zip(parts[::2], parts[1::2], strict=True)}
    known = {question.grade_id for question in assignment.questions}
    if set(told) != {"loses", "hint"} or not cells or not set(cells) <= known:
        raise ValueError(f"{path}: '# loses:', '# hint:' and cells '# %% name' of {', '.join(sorted(known))}")
    says = head.splitlines()[0].removeprefix("#").strip()
    return Wrong(path.stem, says, float(told["loses"]), told["hint"].strip(), cells)


def with_mistake(assignment: Assignment, wrong: Wrong) -> NotebookNode:
    """The solved notebook with the mistake in it."""
    notebook = release.solved(assignment)
    for cell in notebook.cells:
        about = cell.metadata.nbgrader
        if about.solution and about.grade_id in wrong.cells:
            cell.source = wrong.cells[about.grade_id]
    return notebook
