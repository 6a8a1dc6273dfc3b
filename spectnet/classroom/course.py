"""A course on the teacher's disk, in the folders and with the gradebook that nbgrader knows.

Taught in *For the teacher*.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveCells

from spectnet import atomic
from spectnet.classroom import release, source
from spectnet.classroom.source import Assignment

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_CONFIG = '''"""nbgrader's settings for this course, which `spectnet classroom grade` grades in a sandbox."""

c = get_config()
c.CourseDirectory.course_id = "spectnet"

# nbgrader alone would run a stranger's notebook as you, on your files: it stops, and says what to type.
c.Autograde.sanitize_preprocessors = ["spectnet.classroom.guard.OnlyInSandbox"]

# What students wrote is shown to you as text, not run in your browser.
c.HTMLExporter.sanitize_html = True
'''


@dataclass(frozen=True)
class Course:
    """A course folder: `source`, `release`, `submitted`, `autograded`, `feedback` and `gradebook.db`.

    Beside nbgrader's own there are `solutions` to read, and `course-seed`, the secret of the hidden inputs.

    Attributes:
        folder: where it lies; it holds grades, so it belongs on no web server and in no repository.
        assignments: where the sources of the assignments lie.
    """

    folder: Path
    assignments: Path = source.FOLDER

    def make(self) -> None:
        """Make what is missing of it, for nobody's eyes but the teacher's."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("source", "release", "submitted", "autograded", "feedback"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        config = self.folder / "nbgrader_config.py"
        if not config.exists():
            atomic.write(config, _CONFIG)

    @property
    def seed(self) -> int:
        """The secret that hidden inputs are drawn from, made when it is first asked for."""
        path = self.folder / "course-seed"
        if not path.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="ascii") as file:
                file.write(f"{secrets.randbits(63)}\n")
        return int(path.read_text("ascii"))

    @property
    def database(self) -> str:
        """The gradebook's address, as nbgrader wants it."""
        return f"sqlite:///{(self.folder / 'gradebook.db').resolve()}"

    def gradebook(self) -> Gradebook:
        """nbgrader's gradebook of this course, to be used in a `with` block."""
        _find_alembic()
        return Gradebook(self.database, "spectnet")

    def load(self, name: str) -> Assignment:
        """An assignment by its name.

        Raises:
            ValueError: there is none, or its parts do not fit.
        """
        return source.load(name, self.assignments)

    def submitted(self, name: str) -> dict[str, Path]:
        """The folder of each student who handed something in for an assignment."""
        found = sorted((self.folder / "submitted").glob(f"*/{name}"))
        return {path.parent.name: path for path in found if STUDENT.fullmatch(path.parent.name)}

    def unnamed(self, name: str) -> list[str]:
        """Folders of `submitted` whose name can be no student's, and which are not graded."""
        found = sorted((self.folder / "submitted").glob(f"*/{name}"))
        return [path.parent.name for path in found if not STUDENT.fullmatch(path.parent.name)]


def _find_alembic() -> None:
    """nbgrader starts `alembic` by name, also where the environment it lies in was not activated."""
    beside, paths = str(Path(sys.executable).parent), os.environ.get("PATH", "").split(os.pathsep)
    if beside not in paths:
        os.environ["PATH"] = os.pathsep.join([beside, *paths])


def hand_out(course: Course, name: str, due: datetime | None = None) -> Path:
    """Write the student's notebook of an assignment, and tell the gradebook of its questions.

    Args:
        course: where to.
        name: such as ``"assignment-2"``.
        due: until when, with its time zone; None leaves what the gradebook says.

    Returns:
        The folder to give to students.

    Raises:
        ValueError: there is no such assignment, or its parts do not fit.
        RuntimeError: students have handed in already, and the new source has other questions.
    """
    assignment = course.load(name)
    course.make()
    _write(release.marked(assignment), course.folder / "source" / name, assignment)
    _write(release.solved(assignment), course.folder / "solutions" / name, assignment)
    folder = course.folder / "release" / name
    released = release.release(assignment)
    with course.gradebook() as book:
        book.update_or_create_assignment(name, **({} if due is None else {"duedate": due.isoformat()}))
    SaveCells().preprocess(
        released, {"nbgrader": {"notebook": name, "assignment": name, "db_url": course.database}}
    )
    _write(released, folder, assignment)
    return folder


def _write(notebook: nbformat.NotebookNode, folder: Path, assignment: Assignment) -> None:
    atomic.write(folder / f"{assignment.name}.ipynb", nbformat.writes(notebook) + "\n")
    if assignment.data:
        shutil.copytree(assignment.data, folder / "data", dirs_exist_ok=True)
