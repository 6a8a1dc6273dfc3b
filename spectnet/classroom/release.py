"""From the one solved source: the student's notebook, the teacher's, and nbgrader's source.

Taught in *For the teacher*.
"""

from __future__ import annotations

import copy
import re
import textwrap
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.utils import compute_checksum

from spectnet.classroom.source import Assignment, grade_id, kind

# The grader's own, whatever the source or a submission says.
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
BEGIN, STARTER, END = "### BEGIN SOLUTION", "### STARTER", "### END SOLUTION"
_SOLUTION = re.compile(
    rf"^(?P<indent>[ ]*){BEGIN}[^\n]*\n(?P<solution>.*?)"
    rf"(?:^[ ]*{STARTER}[^\n]*\n(?P<starter>.*?))?^[ ]*{END}[^\n]*$",
    re.MULTILINE | re.DOTALL,
)
# nbgrader's schema of a cell's metadata, which its server extensions and gradebook read.
SCHEMA = {"schema_version": 3, "grade": False, "locked": True, "solution": False, "task": False}

# What becomes of an answer's source, given its name.
Answer = Callable[[str, str], str]


def release(assignment: Assignment) -> NotebookNode:
    """The student's notebook: answers cut, everything else locked, no output and no hidden check."""
    return _made(assignment, starter)


def solved(assignment: Assignment) -> NotebookNode:
    """The teacher's notebook: solved, without the marks."""
    return _made(assignment, solution)


def marked(assignment: Assignment) -> NotebookNode:
    """The solved notebook with the marks in it, as nbgrader keeps it in its folder `source`."""
    return _made(assignment, lambda source, name: source)


def starter(source: str, name: str) -> str:
    """What a student starts from: each marked solution gives way to its STARTER lines, or to an error.

    Raises:
        ValueError: nothing is marked, or a mark has no partner.

    >>> starter("### BEGIN SOLUTION\\nx = 1\\n### STARTER\\n# x = ...\\n### END SOLUTION", "one")
    'x = ...'
    """

    def cut(match: re.Match[str]) -> str:
        lines = [f'raise NotImplementedError("{name}: write your answer here")']
        if match["starter"] is not None:
            lines = [_uncommented(line, name) for line in textwrap.dedent(match["starter"]).splitlines()]
        return textwrap.indent("\n".join(lines), match["indent"])

    return _replaced(source, name, cut)


def solution(source: str, name: str) -> str:
    """A solved cell without the marks and without what students start from.

    >>> solution("### BEGIN SOLUTION\\nx = 1\\n### STARTER\\n# x = ...\\n### END SOLUTION", "one")
    'x = 1'
    """
    return _replaced(source, name, lambda match: match["solution"].removesuffix("\n"))


def _replaced(source: str, name: str, replace: Callable[[re.Match[str]], str]) -> str:
    made, n = _SOLUTION.subn(replace, source)
    if n == 0 or any(mark in made for mark in (BEGIN, STARTER, END)):
        raise ValueError(f"{name}: an answer holds '{BEGIN}' and, below it, '{END}', each on its own line")
    return made


def _uncommented(line: str, name: str) -> str:
    if line.strip() and not line.startswith("#"):
        raise ValueError(f"{name}: a line below '{STARTER}' begins with '#', got {line!r}")
    return line.removeprefix("#").removeprefix(" ")


def _made(assignment: Assignment, answer: Answer) -> NotebookNode:
    about = {"assignment": assignment.name, "masked": list(assignment.about.masked)}
    notebook = new_notebook(
        metadata={"kernelspec": dict(KERNEL), "language_info": {"name": "python"}, "spectnet": about}
    )
    points = {question.grade_id: question.points for question in assignment.questions}
    for i, cell in enumerate(assignment.notebook.cells):
        notebook.cells.append(_cell(cell, i, points, answer))
    nbformat.validate(notebook)
    return notebook


def _cell(cell: NotebookNode, place: int, points: dict[str, float], answer: Answer) -> NotebookNode:
    """One cell with nbgrader's metadata, a name that stays the same, and no output."""
    made = copy.deepcopy(cell)
    role = kind(cell)
    name = f"read-{place:03}" if role is None else grade_id(cell)
    about = SCHEMA | {"grade_id": f"{name}-check" if role == "check" else name, "cell_type": cell.cell_type}
    if role == "answer":
        made.source = answer(cell.source, name)
        about |= {"solution": True, "locked": False}
    elif role == "check":
        about |= {"grade": True, "points": points[name]}
    elif role == "written":
        made.source = answer(cell.source, name) if BEGIN in cell.source else cell.source
        about |= {"grade": True, "solution": True, "locked": False, "points": points[name]}
    made.id = about["grade_id"]
    made.metadata = nbformat.from_dict({"nbgrader": about})
    made.metadata.nbgrader["checksum"] = compute_checksum(made)
    if made.cell_type == "code":
        made.outputs, made.execution_count = [], None
    return made
