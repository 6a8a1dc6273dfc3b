"""What a student reads: points by question, which idea is missing, and never what was tried on their code.

Taught in *For the teacher*.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from spectnet import atomic
from spectnet.classroom.course import Course
from spectnet.classroom.graded import Graded, Result, load_all
from spectnet.classroom.leaderboard import places
from spectnet.classroom.marks import Mark, marks
from spectnet.classroom.page import listing, page, paragraph, text
from spectnet.classroom.source import Assignment


def write_feedback(course: Course, name: str) -> list[Path]:
    """Write one page for each graded student, where nbgrader looks for it.

    Args:
        course: the course.
        name: the assignment.

    Raises:
        ValueError: there is no such assignment, or a record is broken.
    """
    assignment = course.load(name)
    with course.gradebook() as book:
        all_marks = {mark.student: mark for mark in marks(book, assignment)}
    records = load_all(course.folder / "autograded", name)
    ranks = places(records)
    written = []
    for graded in records:
        path = course.folder / "feedback" / graded.student / name / f"{name}.html"
        atomic.write(path, feedback(assignment, graded, all_marks[graded.student], ranks))
        written.append(path)
    return written


Ranks = Mapping[str, Mapping[str, tuple[int, float]]]


def feedback(assignment: Assignment, graded: Graded, mark: Mark, ranks: Ranks | None = None) -> str:
    """One student's page.

    Args:
        assignment: what was asked.
        graded: the record; of a check it shows name and hint, never `detail`.
        mark: the points as they stand in the gradebook, with what a person changed.
        ranks: places on the leaderboard, by check and student.
    """
    title = f"{assignment.about.title}: {mark.score:g} of {mark.max_score:g} points"
    return page(title, _body(assignment, graded, mark, ranks or {}))


def _body(assignment: Assignment, graded: Graded, mark: Mark, ranks: Ranks) -> Iterator[str]:
    yield paragraph(f"Student {graded.student}. Assignment {assignment.about.number}.")
    if mark.late_s > 0:
        yield paragraph(f"Handed in {mark.late_s / 3600:.1f} hours late.")
    if graded.refused:
        yield f'<p class="bad">Not graded: {text(graded.refused)}.</p>'
    yield listing(graded.notes)
    for question in assignment.questions:
        name = question.grade_id
        yield f"<h2>{text(name)}: {mark.points[name]:g} of {question.points:g}</h2>"
        yield paragraph(assignment.about.rubric[name])
        if name in mark.waiting:
            yield paragraph("A person has still to read this answer.")
        yield from (_verdict(result) for result in graded.results if result.grade_id == name)
        yield from _places(ranks, graded, name)
        yield from _comment(mark.comments.get(name, ""))
        if name in graded.errors:
            yield f"<p>Your cell stopped with:</p><pre>{text(graded.errors[name])}</pre>"
        if name in graded.answers:
            yield f"<details><summary>Your answer</summary><pre>{text(graded.answers[name])}</pre></details>"
        else:
            yield paragraph("This was left as it was handed out.")


def _verdict(result: Result) -> str:
    if result.passed:
        return f'<p><strong class="good">Passed</strong> ({result.points:g}): {text(result.check)}.</p>'
    hint = f" {text(result.message)}"
    return (
        f'<p><strong class="bad">Not yet</strong> (0 of {result.points:g}): {text(result.check)}.{hint}</p>'
    )


def _places(ranks: Ranks, graded: Graded, grade_id: str) -> Iterator[str]:
    for result in graded.results:
        if result.grade_id == grade_id and graded.student in (values := ranks.get(result.check, {})):
            place, value = values[graded.student]
            yield paragraph(f"Measured: {value:.4g}, place {place} of {len(values)}.")


def _comment(words: str) -> Iterator[str]:
    if words:
        yield f"<p><strong>Your teacher says:</strong> {text(words)}</p>"
