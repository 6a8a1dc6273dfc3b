"""The numbers that checks measured on each answer, the best first.

Taught in *For the teacher*.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from spectnet import atomic
from spectnet.classroom.course import Course
from spectnet.classroom.graded import Graded, load_all
from spectnet.classroom.marks import harmless
from spectnet.classroom.page import page, paragraph, table


def write_leaderboard(course: Course, name: str) -> Path | None:
    """Write ``leaderboard-<name>.html`` into the course's folder, to show to the class if all agree to it.

    Beside it goes a ``.csv`` with the same rows, for a spreadsheet.

    Returns:
        The file; None where no check of the assignment measured anything.
    """
    records = load_all(course.folder / "autograded", name)
    body = list(leaderboard(records))
    if not body:
        return None
    path = course.folder / f"leaderboard-{name}.html"
    title = f"Leaderboard: {course.load(name).about.title}"
    atomic.write(
        path, page(title, [paragraph("Measured on data that nobody has seen. Higher is better."), *body])
    )
    atomic.write(path.with_suffix(".csv"), as_csv(records))
    return path


def as_csv(records: Sequence[Graded]) -> str:
    """The places as text with commas; nothing in it is taken for a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["check", "place", "student", "value"])
    for check, values in places(records).items():
        writer.writerows(
            (harmless(check), place, harmless(student), value) for student, (place, value) in values.items()
        )
    return file.getvalue()


def leaderboard(records: Sequence[Graded]) -> Iterator[str]:
    """A table for each check that measured something."""
    for check, values in places(records).items():
        rows = [(place, student, round(value, 4)) for student, (place, value) in values.items()]
        yield table(check, ["place", "student", "value"], rows)


def places(records: Sequence[Graded]) -> dict[str, dict[str, tuple[int, float]]]:
    """For each check that measured something: every student's place and value; equal values share a place."""
    measured: dict[str, list[tuple[float, str]]] = {}
    for record in records:
        for result in record.results:
            if result.value is not None:
                measured.setdefault(result.check, []).append((result.value, record.student))
    return {
        check: {
            student: (1 + sum(other > value for other, _ in values), value)
            for value, student in sorted(values, key=lambda pair: (-pair[0], pair[1]))
        }
        for check, values in measured.items()
    }
