"""Write grades where nbgrader keeps them, so that its own pages show, correct and export them.

Taught in *For the teacher*.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc
from sqlalchemy.exc import SAWarning

from spectnet import atomic
from spectnet.classroom.course import Course
from spectnet.classroom.graded import Graded, Result
from spectnet.classroom.handed_in import Refused, plain_text


def handed_in_at(folder: Path) -> datetime | None:
    """When a submission came in, by nbgrader's ``timestamp.txt`` beside it; None if nobody wrote it down."""
    try:
        return parse_utc(plain_text(folder / "timestamp.txt", 100).strip())
    except (Refused, ValueError, OverflowError):
        return None


def enter(book: Gradebook, graded: Graded, submitted: Path) -> None:
    """Put one record into the gradebook. Twice is as once, and a grade given by hand stays.

    Args:
        book: nbgrader's gradebook, open.
        graded: the record.
        submitted: the student's folder, for its time stamp.
    """
    name, student = graded.assignment, graded.student
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader links its rows before it adds them
        book.update_or_create_student(student)
        book.update_or_create_submission(name, student, timestamp=handed_in_at(submitted))
    notebook = book.find_submission_notebook(name, name, student)
    for grade in notebook.grades:
        if grade.cell.name.endswith("-check"):
            grade.auto_score = graded.points_of(grade.cell.name.removesuffix("-check"))
        else:  # an answer in words: nothing written is worth nothing, the rest waits for a person
            grade.auto_score = None if grade.cell.name in graded.answers else 0.0
        grade.needs_manual_grade = grade.auto_score is None and grade.manual_score is None
    for comment in notebook.comments:
        comment.auto_comment = None if comment.cell.name in graded.answers else "No response."
    book.db.commit()


def write_autograded(course: Course, graded: Graded, released: NotebookNode) -> None:
    """The notebook that nbgrader's formgrader shows: the student's answers, and what our checks found.

    Nothing that the student's code printed is in it, so nothing of theirs can run in the teacher's browser.
    """
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        name = cell.metadata.nbgrader.grade_id
        answer = graded.answers.get(name)
        if answer is not None:
            cell.source = answer if cell.cell_type == "code" else as_text(answer)
        if cell.metadata.nbgrader.grade and cell.cell_type == "code":
            found = [r for r in graded.results if r.grade_id == name.removesuffix("-check")]
            cell.outputs = [new_output("stream", text="".join(_lines(found)))]
    folder = course.folder / "autograded" / graded.student / graded.assignment
    atomic.write(folder / f"{graded.assignment}.ipynb", nbformat.writes(notebook) + "\n")
    stamp = handed_in_at(course.folder / "submitted" / graded.student / graded.assignment)
    if stamp is not None:
        atomic.write(folder / "timestamp.txt", f"{stamp.isoformat()} UTC\n")


def _lines(results: Iterable[Result]) -> Iterable[str]:
    for result in results:
        verdict = f"{result.points:g} of {result.points:g}" if result.passed else f"0 of {result.points:g}"
        yield f"{verdict}  {result.check}{'' if result.passed else ': ' + result.message}\n"


def as_text(markdown: str) -> str:
    """What a student wrote, as Markdown that shows it letter by letter and runs nothing.

    >>> print(as_text("<script>"))
    ```text
    <script>
    ```
    """
    fence = "```"
    while fence in markdown:
        fence += "`"
    return f"{fence}text\n{markdown}\n{fence}"
