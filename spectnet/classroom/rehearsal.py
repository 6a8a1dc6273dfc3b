"""A class that does not exist hands in: right, wrong, late, empty and broken, in the numbers of a real one.

Taught in *For the teacher*.
"""

from __future__ import annotations

import io
import random
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat

from spectnet import atomic
from spectnet.classroom import release
from spectnet.classroom.course import Course, hand_out
from spectnet.classroom.feedback import write_feedback
from spectnet.classroom.grade import grade_class
from spectnet.classroom.graded import Graded
from spectnet.classroom.marks import marks, write_csv
from spectnet.classroom.report import write_report
from spectnet.classroom.source import Assignment
from spectnet.classroom.wrong import with_mistake, wrong_answers

DUE = datetime(2026, 11, 30, 18, tzinfo=UTC)
KINDS = {"right": 40, "wrong": 40, "late": 10, "empty": 6, "broken": 4}
"""How many of a hundred students hand in what."""


@dataclass(frozen=True)
class HandIn:
    """What one student of the class hands in.

    Attributes:
        student: their name in the gradebook.
        kind: a key of `KINDS`.
        score: the points that the checks must give.
        files: what lies in their folder.
        late: whether it comes after the time it was due.
    """

    student: str
    kind: str
    score: float
    files: dict[str, bytes]
    late: bool = False


@dataclass(frozen=True)
class Rehearsed:
    """How the rehearsal of one assignment went.

    Attributes:
        assignment: its name.
        kinds: how many handed in what.
        wrong_grades: students whose points are not those they must have.
        seconds: from the first submission to the last page.
    """

    assignment: str
    kinds: dict[str, int]
    wrong_grades: tuple[str, ...]
    seconds: float


def rehearse(course: Course, name: str, *, students: int = 100, jobs: int | None = None) -> Rehearsed:
    """Hand out, hand in, grade, give back and report one assignment; after a kill, go on where it was.

    Args:
        course: a folder of its own, which holds no real class.
        name: the assignment.
        students: how many hand in.
        jobs: how many are graded at a time; None for one a core.

    Raises:
        SandboxError: no sandbox can be opened here.
        ValueError: there is no such assignment.
    """
    started = time.monotonic()
    hand_out(course, name, DUE)
    assignment = course.load(name)
    handed_in = synthetic_class(assignment, students)
    for one in handed_in:
        _write(one, course.folder / "submitted" / one.student / name)
    records = grade_class(course, name, jobs=jobs)
    write_feedback(course, name)
    write_csv(course, name)
    write_report(course, name)
    wrong = _wrong_grades(course, assignment, handed_in, records)
    return Rehearsed(name, dict(Counter(one.kind for one in handed_in)), wrong, time.monotonic() - started)


def synthetic_class(assignment: Assignment, students: int, seed: int = 0) -> list[HandIn]:
    """What a class hands in: the same for the same seed, in mixed order.

    Args:
        assignment: what was asked.
        students: how many.
        seed: of the mixture.
    """
    dice = random.Random(f"{assignment.name}/{seed}")
    kinds = dice.sample(list(KINDS), counts=list(KINDS.values()), k=100)
    # The first few hold every kind, so that a small class is mixed too.
    kinds = [*KINDS, *kinds][:students] if students < 100 else (kinds * (students // 100 + 1))[:students]
    return [_hand_in(assignment, f"student-{i:03}", kind, dice) for i, kind in enumerate(kinds)]


def _hand_in(assignment: Assignment, student: str, kind: str, dice: random.Random) -> HandIn:
    full, file = assignment.automatic_points, f"{assignment.name}.ipynb"
    right = nbformat.writes(release.solved(assignment)).encode()
    if kind == "empty":
        return HandIn(student, kind, 0, {file: nbformat.writes(release.release(assignment)).encode()})
    if kind == "broken":
        halves = (
            {file: right[: len(right) // 2]},
            {"work.zip": b"PK\3\4" + right[:99]},
            {"essay.txt": b"sorry"},
        )
        return HandIn(student, kind, 0, dice.choice(halves))
    mistakes = wrong_answers(assignment)
    if kind == "wrong" and mistakes:
        wrong = dice.choice(mistakes)
        made = nbformat.writes(with_mistake(assignment, wrong)).encode()
        return HandIn(student, kind, full - wrong.loses, {file: made})
    zipped = dice.random() < 0.2
    files = {"work.zip": _zipped(file, right)} if zipped else {file: right}
    return HandIn(student, kind, full, files, late=kind == "late")


def _zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"my work/{name}", (2026, 1, 1, 0, 0, 0)), content)
    return file.getvalue()


def _write(one: HandIn, folder: Path) -> None:
    at = DUE + timedelta(hours=5 if one.late else -5)
    for name, content in {**one.files, "timestamp.txt": f"{at:%Y-%m-%d %H:%M:%S} UTC\n".encode()}.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != content:
            atomic.write(path, content)


def _wrong_grades(
    course: Course, assignment: Assignment, handed_in: Sequence[HandIn], records: Sequence[Graded]
) -> tuple[str, ...]:
    """Students that are missing, doubled, or have other points or another lateness than they must."""
    with course.gradebook() as book:
        in_book = [(mark.student, mark.score, mark.late_s > 0) for mark in marks(book, assignment)]
    in_records = {record.student: record.score for record in records}
    wanted = {one.student: (one.student, float(one.score), one.late) for one in handed_in}
    odd = {student for student, *_ in in_book if student not in wanted}
    for student, row in wanted.items():
        if in_book.count(row) != 1 or abs(in_records.get(student, -1.0) - row[1]) > 1e-9:
            odd.add(student)
    return tuple(sorted(odd))
