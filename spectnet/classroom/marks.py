"""Marks out of the gradebook, and a table of them that a learning platform takes in.

Taught in *For the teacher*.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment

from spectnet import atomic
from spectnet.classroom.course import Course
from spectnet.classroom.source import Assignment

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Mark:
    """One student's marks for one assignment, as they stand in the gradebook.

    Attributes:
        student: as nbgrader knows them.
        points: by question; what a person gave counts before what the checks gave.
        score: their sum, less what nbgrader took off for being late.
        max_score: full marks.
        waiting: questions that a person has still to grade.
        late_s: seconds after the time it was due; 0 if it was not.
        comments: what a person wrote, by question.
    """

    student: str
    points: dict[str, float]
    score: float
    max_score: float
    waiting: tuple[str, ...]
    late_s: float
    comments: dict[str, str]


def marks(book: Gradebook, assignment: Assignment) -> list[Mark]:
    """Every student's marks for an assignment, by student.

    Args:
        book: nbgrader's gradebook, open.
        assignment: which.
    """
    try:
        submissions = book.assignment_submissions(assignment.name)
    except MissingEntry:
        return []
    return sorted((_mark(s, assignment) for s in submissions), key=lambda mark: mark.student)


def _mark(submission: SubmittedAssignment, assignment: Assignment) -> Mark:
    (notebook,) = submission.notebooks
    grades = {grade.cell.name.removesuffix("-check"): grade for grade in notebook.grades}
    points = {question.grade_id: float(grades[question.grade_id].score) for question in assignment.questions}
    return Mark(
        student=submission.student.id,
        points=points,
        score=max(0.0, sum(points.values()) - (notebook.late_submission_penalty or 0.0)),
        max_score=assignment.points,
        waiting=tuple(name for name, grade in grades.items() if grade.needs_manual_grade),
        late_s=float(submission.total_seconds_late),
        comments={c.cell.name: c.manual_comment for c in notebook.comments if c.manual_comment},
    )


def write_csv(course: Course, name: str) -> Path:
    """Write the marks of an assignment for a spreadsheet or a learning platform.

    Returns:
        The file, ``marks-<name>.csv`` in the course's folder.
    """
    assignment = course.load(name)
    with course.gradebook() as book:
        found = marks(book, assignment)
    path = course.folder / f"marks-{name}.csv"
    atomic.write(path, as_csv(assignment, found))
    return path


def as_csv(assignment: Assignment, found: Sequence[Mark]) -> str:
    """Marks as text with commas, one line a student; nothing in it is taken for a formula."""
    names = [question.grade_id for question in assignment.questions]
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ["student", "assignment", "score", "max_score", *names, "hours_late", "waiting_for_a_person"]
    )
    for mark in found:
        row = [mark.student, assignment.name, mark.score, mark.max_score, *(mark.points[n] for n in names)]
        writer.writerow(map(harmless, [*row, round(mark.late_s / 3600, 2), " ".join(mark.waiting)]))
    return file.getvalue()


def harmless(value: object) -> object:
    """Text that a spreadsheet shows and does not compute; numbers stay numbers.

    >>> harmless("=1+1")
    "'=1+1"
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS_A_FORMULA):
        return f"'{value}"
    return value
