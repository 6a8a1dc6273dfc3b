"""Grade what a class handed in: each submission alone, several at a time, and go on after a kill.

Taught in *For the teacher*.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

import spectnet
from spectnet.classroom import graded, release
from spectnet.classroom.checks import run_checks
from spectnet.classroom.course import Course
from spectnet.classroom.gradebook import enter, write_autograded
from spectnet.classroom.graded import Graded
from spectnet.classroom.handed_in import Refused, notebook_bytes
from spectnet.classroom.intake import Intake, take_in
from spectnet.classroom.sandbox import SandboxError, why_not
from spectnet.classroom.source import Assignment, load
from spectnet.classroom.submission import Submission


@dataclass(frozen=True)
class Task:
    """What a worker needs to grade one submission.

    Attributes:
        name: the assignment.
        assignments: where its source lies.
        folder: what was handed in.
        student: by whom.
        seed: the course's secret.
    """

    name: str
    assignments: Path
    folder: Path
    student: str
    seed: int


def grade_class(course: Course, name: str, *, jobs: int | None = None, again: bool = False) -> list[Graded]:
    """Grade every submission of an assignment that is new, changed, or was graded by other checks.

    A record is on disk before the gradebook hears of it, and is entered anew at the next run, which
    changes nothing: a kill at any moment neither loses nor doubles a grade.

    Args:
        course: the course, whose folder `submitted` holds what was handed in.
        name: the assignment.
        jobs: how many at a time; None for one a core.
        again: whether to grade also what is up to date.

    Returns:
        The records of all students who handed something in.

    Raises:
        SandboxError: no sandbox can be opened here; nothing was run.
        ValueError: there is no such assignment, or it was never handed out.
    """
    if reason := why_not():
        raise SandboxError(reason)
    assignment = course.load(name)
    with _alone(course.folder), course.gradebook() as book:
        handed_in = course.submitted(name)
        released = release.release(assignment)
        old = {} if again else _up_to_date(course, assignment, handed_in)
        new = [
            Task(name, course.assignments, folder, student, course.seed)
            for student, folder in handed_in.items()
            if student not in old
        ]
        records = itertools.chain(old.values(), in_workers(_grade, new, jobs) if new else ())
        for record in tqdm(records, total=len(handed_in), desc=name, unit="submission"):
            if record.student not in old:
                graded.save(record, course.folder / "autograded")
            write_autograded(course, record, released)
            enter(book, record, handed_in[record.student])
    return graded.load_all(course.folder / "autograded", name)


def grade_one(assignment: Assignment, folder: Path, student: str, seed: int) -> Graded:
    """Grade one submission.

    Args:
        assignment: what was asked.
        folder: what the student handed in.
        student: their name in the gradebook.
        seed: the course's secret.

    Raises:
        SandboxError: no sandbox can be opened, or one does not end.
    """
    started = time.monotonic()
    key, taken = _taken_in(assignment, folder, seed)
    if isinstance(taken, str):
        none = graded.none_of(assignment.checks, "Nothing could be graded.")
        return Graded(assignment=assignment.name, student=student, key=key, refused=taken, results=none)
    with Submission(taken.notebook, assignment) as submission:
        errors = submission.errors
        results = graded.results_of(run_checks(submission, assignment.checks, seed))
    return Graded(
        assignment=assignment.name, student=student, key=key, notes=taken.notes, errors=errors,
        results=results, answers=taken.answers, seconds=round(time.monotonic() - started, 2),
    )  # fmt: skip


def _taken_in(assignment: Assignment, folder: Path, seed: int) -> tuple[str, Intake | str]:
    """The key of a submission, and its notebook made safe or the reason why there is none."""
    try:
        content, notes = notebook_bytes(folder, assignment.name)
        key = _key(assignment, content, seed)
        taken = take_in(content, release.release(assignment))
        return key, Intake(taken.notebook, taken.answers, (*notes, *taken.notes))
    except Refused as refused:
        return _key(assignment, str(refused).encode(), seed), str(refused)


def _key(assignment: Assignment, content: bytes, seed: int) -> str:
    """A hash of what was handed in and of all that it is graded by."""
    digest = hashlib.sha256(json.dumps([spectnet.__version__, seed]).encode())
    files = [path for path in sorted(assignment.folder.rglob("*")) if path.is_file()]
    for path in files:
        inside = path.relative_to(assignment.folder)
        if inside.parts[0] != "wrong" and "__pycache__" not in inside.parts:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _up_to_date(course: Course, assignment: Assignment, handed_in: dict[str, Path]) -> dict[str, Graded]:
    """Records of what has not changed since it was graded."""
    found = {}
    for student, folder in handed_in.items():
        record = graded.load(course.folder / "autograded", student, assignment.name)
        if record is not None and record.key == _taken_in(assignment, folder, course.seed)[0]:
            found[student] = record
    return found


def in_workers(work: Callable[[Any], Any], items: Iterable[Any], jobs: int | None = None) -> Iterator[Any]:
    """Do `work` on every item, each core one at a time, and give what comes back as it is done.

    Args:
        work: a function at the top of a module.
        items: plain data.
        jobs: how many at a time; None for one a core.

    Raises:
        SandboxError: a sandbox did not open or end, or a worker was ended from outside.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs or cores(), mp_context=context, initializer=_begin_worker) as pool:
        waiting = [pool.submit(work, item) for item in items]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BrokenProcessPool as error:
            raise SandboxError("a grading process was ended from outside: start again, it goes on") from error
        finally:
            pool.shutdown(cancel_futures=True)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _grade(task: Task) -> Graded:
    return grade_one(load(task.name, task.assignments), task.folder, task.student, task.seed)


def _begin_worker() -> None:
    """One thread, for each core has its own worker; and end when the parent ends, even by a kill."""
    import torch

    torch.set_num_threads(1)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Refuse a second grading of the same course at the same time."""
    import fcntl  # only where there is a sandbox

    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".grading", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ValueError(f"{folder} is being graded already: wait until that has ended") from error
        yield
