"""What students may see before they hand in: the visible checks, run as the grading will run their notebook.

Taught in *Assignments*.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.utils import compute_checksum

SECONDS = 120
"""The longest that one cell may take."""


@dataclass(frozen=True)
class Line:
    """What is said of one question.

    Attributes:
        grade_id: the question.
        passed: whether its visible checks pass; None for an answer in words, which a person reads.
        says: the check's hint, or what the answer raised.
    """

    grade_id: str
    passed: bool | None
    says: str = ""


def check(name: str, path: Path | None = None) -> tuple[list[Line], list[str]]:
    """Run a notebook of one's own from top to bottom, and see which visible checks pass.

    Cells that were added to the assignment are not run, for the grading takes only answers.

    Args:
        name: the assignment, such as ``"assignment-2"``.
        path: the notebook; by default `name`.ipynb here, or in a folder `name` here.

    Returns:
        A line for each question, and what is odd about the notebook.

    Raises:
        ValueError: there is no such notebook, or it is none of this assignment.
    """
    path = _found(name, path)
    try:
        notebook = nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no notebook: open it in JupyterLab and save it again") from error
    ours = [cell for cell in notebook.cells if "grade_id" in cell.metadata.get("nbgrader", {})]
    if not ours:
        raise ValueError(f"{path} holds no question of an assignment: start from the notebook handed out")
    odd = list(_odd(notebook, ours))
    masked = notebook.metadata.get("spectnet", {}).get("masked", [])
    notebook.cells = ours
    _run(notebook, path.parent, masked)
    return list(_lines(notebook)), odd


def _found(name: str, path: Path | None) -> Path:
    places = [path] if path else [Path(f"{name}.ipynb"), Path(name) / f"{name}.ipynb"]
    for place in places:
        if place.is_file():
            return place
    raise ValueError(f"there is no {' or '.join(map(str, places))}: give the notebook's path")


def _odd(notebook: NotebookNode, ours: list[NotebookNode]) -> Iterator[str]:
    own = [cell for cell in notebook.cells if cell not in ours and cell.source.strip()]
    if own:
        yield f"{len(own)} cell(s) of your own are not graded: what answers need goes into their cells"
    for cell in ours:
        about = cell.metadata.nbgrader
        if about.get("locked") and about.get("checksum") != compute_checksum(cell):
            yield f"the locked cell {about.grade_id} was changed; grading uses the one handed out"
    names = [cell.metadata.nbgrader.grade_id for cell in ours]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"there are {names.count(name)} cells for {name}: the last one is graded"


class _ThisPython(AsyncKernelManager):
    """A kernel of the Python that runs the check, whatever the notebook asks for."""

    @property
    def kernel_spec(self) -> KernelSpec:
        start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
        return KernelSpec(argv=start, language="python", display_name="Python 3")


def _run(notebook: NotebookNode, folder: Path, masked: list[str]) -> None:
    """Run all cells, also after one that fails."""
    hide = (
        "import sys\nfrom spectnet.classroom.runner import Masked\n"
        f"sys.meta_path.insert(0, Masked({[str(name) for name in masked]!r}))"
    )
    notebook.cells.insert(0, new_code_cell(hide, metadata={"nbgrader": {"grade_id": ""}}))
    client = NotebookClient(
        notebook, timeout=SECONDS, allow_errors=True, kernel_manager_class=_ThisPython,
        resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    try:
        client.execute()
    except CellTimeoutError as error:
        raise ValueError(f"a cell runs for more than {SECONDS} seconds: is there an endless loop?") from error
    except DeadKernelError as error:
        raise ValueError(
            "the kernel died: does an answer ask for too much memory, or end the process?"
        ) from error


def _lines(notebook: NotebookNode) -> Iterator[Line]:
    raised = {cell.metadata.nbgrader.grade_id: _raised(cell) for cell in notebook.cells}
    for cell in notebook.cells:
        about = cell.metadata.nbgrader
        name = about.grade_id.removesuffix("-check")
        if about.get("grade") and about.get("solution"):
            yield Line(name, None)
        elif about.get("grade"):
            yield Line(name, raised[about.grade_id] is None, raised[about.grade_id] or "")


def _raised(cell: NotebookNode) -> str | None:
    """What a cell raised: a check's hint alone, any other error with its name."""
    errors: list[Any] = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    if not errors:
        return None
    name, said = errors[0].ename, errors[0].evalue
    return said or name if name == "AssertionError" else f"{name}: {said}"
