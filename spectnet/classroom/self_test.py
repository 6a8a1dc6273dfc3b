"""Grade what must give known points: solution, untouched release, typical mistakes, hostile submissions.

Taught in *For the teacher*.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from tqdm.auto import tqdm

from spectnet import atomic
from spectnet.classroom import release, source
from spectnet.classroom.grade import grade_one, in_workers
from spectnet.classroom.graded import Graded
from spectnet.classroom.hostile import hostile_submissions
from spectnet.classroom.sandbox import SandboxError, why_not
from spectnet.classroom.source import Assignment
from spectnet.classroom.traps import Trap
from spectnet.classroom.wrong import with_mistake, wrong_answers

SEED = 20160501  # a fixed secret, so that two runs say the same


@dataclass(frozen=True)
class Case:
    """A submission whose points are known.

    Attributes:
        assignment: which it answers.
        folder: where the assignments lie.
        kind: ``"reference"``, ``"empty"``, ``"wrong"`` or ``"hostile"``.
        name: of the submission.
        expected: the points it must get.
        hint: words that must be said about it; empty if there is nothing to say.
        seed: of the hidden inputs.
    """

    assignment: str
    folder: Path
    kind: str
    name: str
    expected: float
    hint: str = ""
    seed: int = SEED


def self_test(
    names: Sequence[str] = (),
    *,
    folder: Path = source.FOLDER,
    jobs: int | None = None,
    seed: int = SEED,
) -> list[dict]:
    """Grade every case of the assignments, and hostile submissions of the first one.

    Args:
        names: the assignments; all by default.
        folder: where they lie.
        jobs: how many submissions at a time; None for one a core.
        seed: of the hidden inputs, as a course's secret would be.

    Returns:
        Rows with ``assignment``, ``submission``, ``kind``, ``expected``, ``score``, ``contained``; and
        ``hint``, whether the feedback names the idea.

    Raises:
        SandboxError: no sandbox can be opened here.
    """
    if reason := why_not():
        raise SandboxError(reason)
    assignments = [source.load(name, folder) for name in names or source.names(folder)]
    found = [case for assignment in assignments for case in cases(assignment)]
    found += hostile_cases(assignments[0]) if assignments else []
    found = [replace(case, seed=seed) for case in found]
    rows = list(tqdm(in_workers(graded_case, found, jobs), total=len(found), desc="self-test", unit="case"))
    return sorted(rows, key=lambda row: (row["assignment"], row["kind"], row["submission"]))


def cases(assignment: Assignment) -> Iterator[Case]:
    """The solution, the release, and each typical mistake of an assignment."""
    name, folder, full = assignment.name, assignment.folder.parent, assignment.automatic_points
    yield Case(name, folder, "reference", "solution", full)
    yield Case(name, folder, "empty", "release", 0)
    for wrong in wrong_answers(assignment):
        yield Case(name, folder, "wrong", wrong.name, full - wrong.loses, wrong.hint)


def hostile_cases(assignment: Assignment) -> Iterator[Case]:
    """Each hostile submission, as an answer to an assignment."""
    name, folder = assignment.name, assignment.folder.parent
    for hostile in hostile_submissions():
        yield Case(name, folder, "hostile", hostile.name, hostile.expected(assignment), hostile.reason)


def graded_case(case: Case) -> dict:
    """Hand a case in, grade it, and say in a row what became of it."""
    assignment = source.load(case.assignment, case.folder)
    with tempfile.TemporaryDirectory() as scratch, Trap() as trap:
        _put(case, assignment, Path(scratch), trap)
        record = grade_one(assignment, Path(scratch), case.name, case.seed)
        return _row(case, record, trap.sprung(record))


def _put(case: Case, assignment: Assignment, folder: Path, trap: Trap) -> None:
    if case.kind == "hostile":
        next(one for one in hostile_submissions() if one.name == case.name).put(assignment, folder, trap)
        return
    text = nbformat.writes(_notebook(case, assignment))
    (folder / f"{assignment.name}.ipynb").write_text(text, encoding="utf-8")


def _notebook(case: Case, assignment: Assignment) -> NotebookNode:
    if case.kind == "reference":
        return release.solved(assignment)
    if case.kind == "empty":
        return release.release(assignment)
    return with_mistake(assignment, next(w for w in wrong_answers(assignment) if w.name == case.name))


def _row(case: Case, record: Graded, sprung: list[str]) -> dict:
    told = " ".join(result.message for result in record.results if not result.passed)
    if case.kind == "hostile":
        told = record.model_dump_json()
    return {
        "assignment": case.assignment,
        "submission": case.name,
        "kind": case.kind,
        "expected": case.expected,
        "score": record.score,
        "contained": not sprung,
        "hint": case.hint.lower() in told.lower(),
        "seconds": record.seconds,
        "found": [
            *sprung,
            *(f"{r.grade_id}: {r.check} [{r.detail}]" for r in record.results if not r.passed),
        ],
    }


def is_right(row: dict) -> bool:
    """Whether a row got its true points and hint, and did no harm."""
    return abs(row["score"] - row["expected"]) < 1e-9 and row["contained"] and row["hint"]


def write(rows: Sequence[dict], path: Path) -> None:
    """Write the rows as JSON."""
    atomic.write(path, json.dumps(list(rows), indent=1) + "\n")
