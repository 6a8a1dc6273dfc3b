"""Grade what must give known points: solution, untouched release, typical mistakes, hostile submissions.

Taught in *For the teacher*.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from tqdm.auto import tqdm

from spectnet import atomic
from spectnet.classroom import release, source
from spectnet.classroom.grade import Task, grade_each
from spectnet.classroom.graded import Graded
from spectnet.classroom.source import Assignment
from spectnet.classroom.wrong import with_mistake, wrong_answers

SEED = 20160501  # a fixed secret, so that two runs say the same


@dataclass(frozen=True)
class Case:
    """A submission whose points are known.

    Attributes:
        assignment: which it answers.
        name: of the submission.
        kind: ``"reference"``, ``"empty"``, ``"wrong"`` or ``"hostile"``.
        expected: the points it must get.
        put: writes it into a student's folder.
        hint: words that the feedback must hold; empty if there is nothing to hint at.
    """

    assignment: str
    name: str
    kind: str
    expected: float
    put: Callable[[Path], None]
    hint: str = ""


def self_test(
    names: Sequence[str] = (), *, folder: Path = source.FOLDER, jobs: int | None = None
) -> list[dict]:
    """Grade every case of the assignments, and say what each got.

    Args:
        names: the assignments; all by default.
        folder: where they lie.
        jobs: how many submissions at a time; None for one a core.

    Returns:
        Rows with ``assignment``, ``submission``, ``kind``, ``expected``, ``score``, ``contained``; and
        ``hint``, whether the feedback names the idea.

    Raises:
        SandboxError: no sandbox can be opened here.
    """
    found = [case for name in names or source.names(folder) for case in cases(source.load(name, folder))]
    with tempfile.TemporaryDirectory() as scratch:
        tasks = [_put(case, Path(scratch), folder) for case in found]
        by_student = dict(zip((task.student for task in tasks), found, strict=True))
        graded = tqdm(grade_each(tasks, jobs), total=len(tasks), desc="self-test", unit="submission")
        rows = [_row(by_student[record.student], record) for record in graded]
    return sorted(rows, key=lambda row: (row["assignment"], row["kind"], row["submission"]))


def cases(assignment: Assignment) -> Iterator[Case]:
    """The solution, the release, and each typical mistake of an assignment."""
    name, full = assignment.name, assignment.automatic_points
    yield Case(name, "solution", "reference", full, _file(name, release.solved(assignment)))
    yield Case(name, "release", "empty", 0, _file(name, release.release(assignment)))
    for wrong in wrong_answers(assignment):
        notebook = with_mistake(assignment, wrong)
        yield Case(name, wrong.name, "wrong", full - wrong.loses, _file(name, notebook), wrong.hint)


def _file(name: str, notebook: NotebookNode) -> Callable[[Path], None]:
    def put(folder: Path) -> None:
        (folder / f"{name}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")

    return put


def _put(case: Case, scratch: Path, assignments: Path) -> Task:
    student = f"{case.assignment}.{case.kind}.{case.name}"
    folder = scratch / student / case.assignment
    folder.mkdir(parents=True)
    case.put(folder)
    return Task(case.assignment, assignments, folder, student, SEED)


def _row(case: Case, record: Graded) -> dict:
    told = " ".join(result.message for result in record.results if not result.passed)
    return {
        "assignment": case.assignment,
        "submission": case.name,
        "kind": case.kind,
        "expected": case.expected,
        "score": record.score,
        "contained": True,
        "hint": case.hint.lower() in told.lower(),
        "seconds": record.seconds,
        "failed": [f"{r.grade_id}: {r.check} [{r.detail}]" for r in record.results if not r.passed],
    }


def is_right(row: dict) -> bool:
    """Whether a row got its true points and hint, and did no harm."""
    return abs(row["score"] - row["expected"]) < 1e-9 and row["contained"] and row["hint"]


def write(rows: Sequence[dict], path: Path) -> None:
    """Write the rows as JSON."""
    atomic.write(path, json.dumps(list(rows), indent=1) + "\n")
