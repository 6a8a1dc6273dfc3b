"""Small notebooks, and what becomes of them in the sandbox."""

from __future__ import annotations

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from spectnet.classroom.sandbox import Limits
from spectnet.classroom.student import Student


def notebook(*sources: str) -> NotebookNode:
    """A notebook with these cells."""
    made = new_notebook()
    made.cells += [new_code_cell(source) for source in sources]
    return made


def run(*sources: str, limits: Limits | None = None, **settings: object) -> dict[str, str]:
    """What went wrong in a notebook's cells."""
    with Student(notebook(*sources), limits, **settings) as student:
        return student.errors
