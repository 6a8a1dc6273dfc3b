"""A student's answers, whatever became of the process that gave the last one.

Taught in *For the teacher*.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from spectnet.classroom.sandbox import Limits
from spectnet.classroom.source import Assignment
from spectnet.classroom.student import Student, StudentError

REOPENED = 6
"""How often a broken sandbox is replaced, so that one bad answer spares the others."""
SECONDS = 900.0
"""For all checks of one submission together."""


class Submission:
    """What checks ask: `Student` in a sandbox, opened when first asked and again after it broke.

    Attributes:
        notebook: our release with the student's answers, as far as the answers need it.
        assignment: what it answers.

    Use it in a ``with``: leaving it ends every process of the submission.
    """

    def __init__(self, notebook: NotebookNode, assignment: Assignment) -> None:
        self.notebook = needed(notebook)
        self.assignment = assignment
        self._student: Student | None = None
        self._opened = 0
        self._until = time.monotonic() + SECONDS
        self._errors: dict[str, str] | None = None

    def __enter__(self) -> Submission:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    @property
    def errors(self) -> dict[str, str]:
        """What each cell raised as the notebook ran, by its name; the student may read it."""
        if self._errors is None:
            self._open()
        return self._errors or {}

    def fresh(self, limits: Limits | None = None, *, mounts: Mapping[str, Path] | None = None) -> Student:
        """The same notebook in a sandbox of its own, to be used in a ``with``.

        Args:
            limits: in place of the assignment's.
            mounts: what lies beside the notebook, in place of the assignment's data.
        """
        assignment = self.assignment
        usual = {"data": assignment.data} if assignment.data else {}
        return Student(
            self.notebook,
            limits or assignment.limits,
            mounts=usual if mounts is None else mounts,
            masked=assignment.about.masked,
        )

    def call(self, function: str, *args: Any, seconds: float = 10.0, **kwargs: Any) -> Any:
        """What the student's function returns, as `Student.call` gives it.

        Raises:
            StudentError: there is no answer, or the submission has used up its time.
        """
        return self._asked(lambda student: student.call(function, *args, seconds=seconds, **kwargs))

    def value(self, name: str) -> Any:
        """What the notebook holds under a name, as `Student.value` gives it.

        Raises:
            StudentError: there is no answer, or the submission has used up its time.
        """
        return self._asked(lambda student: student.value(name))

    def _asked(self, ask: Any) -> Any:
        if time.monotonic() > self._until:
            raise StudentError("timeout", f"all checks together took longer than {SECONDS:g} seconds")
        student = self._student or self._open()
        try:
            return ask(student)
        except StudentError:
            if student.broken and self._opened <= REOPENED:
                self._close()
            raise

    def _open(self) -> Student:
        self._student = self.fresh().__enter__()
        # A notebook that ends its own process would do so again.
        self._opened = REOPENED + 1 if self._student.broken else self._opened + 1
        if self._errors is None:
            self._errors = dict(self._student.errors)
        return self._student

    def _close(self) -> None:
        if self._student is not None:
            student, self._student = self._student, None
            student.close()


def needed(notebook: NotebookNode) -> NotebookNode:
    """The cells that answers need: no visible check, and nothing to look at below the last answer.

    They give no points, and cost time where answers hang.
    """
    made = copy.deepcopy(notebook)
    code = [(i, cell.metadata.nbgrader) for i, cell in enumerate(made.cells) if cell.cell_type == "code"]
    last = max((i for i, about in code if about.solution), default=-1)
    made.cells = [made.cells[i] for i, about in code if i <= last and not about.grade]
    return made
