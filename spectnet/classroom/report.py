"""What a teacher reads after grading: how each question went, what went wrong most, whose answers look alike.

Taught in *For the teacher*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean, median

from spectnet import atomic
from spectnet.classroom.course import Course
from spectnet.classroom.graded import Graded, load_all
from spectnet.classroom.leaderboard import leaderboard
from spectnet.classroom.marks import Mark, marks
from spectnet.classroom.page import listing, page, paragraph, table, text
from spectnet.classroom.similarity import alike
from spectnet.classroom.source import Assignment


def write_report(course: Course, name: str) -> Path:
    """Write the teacher's page on an assignment, ``report-<name>.html`` in the course's folder."""
    assignment = course.load(name)
    with course.gradebook() as book:
        found = marks(book, assignment)
    records = load_all(course.folder / "autograded", name)
    path = course.folder / f"report-{name}.html"
    atomic.write(path, report(assignment, records, found))
    return path


def report(assignment: Assignment, records: Sequence[Graded], found: Sequence[Mark]) -> str:
    """The page.

    Args:
        assignment: what was asked.
        records: one for each graded submission.
        found: their marks as they stand in the gradebook.
    """
    title = f"{assignment.about.title}: {len(records)} submissions"
    return page(title, _body(assignment, records, found))


def _body(assignment: Assignment, records: Sequence[Graded], found: Sequence[Mark]) -> Iterator[str]:
    if not records:
        yield paragraph("Nothing has been graded yet.")
        return
    scores = [mark.score for mark in found]
    late = sum(mark.late_s > 0 for mark in found)
    refused = [record for record in records if record.refused]
    yield paragraph(
        f"Mean {mean(scores):.1f} and median {median(scores):g} of {assignment.points:g} points; "
        f"{late} late, {len(refused)} that could not be graded, "
        f"{sum(bool(mark.waiting) for mark in found)} with answers that wait for you."
    )
    yield _by_question(assignment, found)
    yield _mistakes(records)
    yield from leaderboard(records)
    yield "<h2>Look alike</h2>"
    yield from _pairs(assignment, records)
    yield "<h2>Odd</h2>"
    yield listing(f"{record.student}: {record.refused}" for record in refused)
    yield listing(f"{record.student}: {note}" for record in records for note in record.notes) or paragraph(
        "Nothing."
    )
    yield _details(records)


def _by_question(assignment: Assignment, found: Sequence[Mark]) -> str:
    rows = []
    for question in assignment.questions:
        given = [mark.points[question.grade_id] for mark in found]
        counts = Counter(given)
        spread = ", ".join(f"{points:g}: {counts[points]}" for points in sorted(counts))
        rows.append((question.grade_id, question.points, round(mean(given), 2), spread))
    return table("Points by question", ["question", "worth", "mean", "points: students"], rows)


def _mistakes(records: Sequence[Graded]) -> str:
    """What students were told most, over those who wrote something."""
    failed = Counter(
        (result.grade_id, result.check, result.message)
        for record in records
        for result in record.results
        if not result.passed and not record.refused and result.grade_id in record.answers
    )
    rows = [(*what, n) for what, n in failed.most_common()]
    return table("Common mistakes", ["question", "check", "hint given", "students"], rows)


def _pairs(assignment: Assignment, records: Sequence[Graded]) -> Iterator[str]:
    code = {q.grade_id for q in assignment.questions if not q.written}
    answers = {
        record.student: "\n".join(source for name, source in sorted(record.answers.items()) if name in code)
        for record in records
    }
    found = alike(answers)
    yield paragraph(
        "Their code agrees in nine of ten runs of five tokens, whatever the names. Short tasks have few "
        "right answers: ask, and do not accuse."
    )
    rows = [(one, other, round(share, 2)) for one, other, share in found]
    yield table("Pairs", ["one", "the other", "share in common"], rows) if rows else paragraph("Nobody's.")


def _details(records: Sequence[Graded]) -> str:
    """What checks found, with hidden inputs: for the teacher's eyes."""
    rows = [
        (record.student, result.grade_id, result.check, result.detail)
        for record in records
        for result in record.results
        if result.detail
    ]
    inner = table("Details", ["student", "question", "check", "found"], rows)
    return f"<details><summary>{text('What the checks found (not for students)')}</summary>{inner}</details>"
