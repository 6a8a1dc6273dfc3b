"""Put a student's answers, and nothing else of theirs, into the notebook that we released.

Taught in *For the teacher*.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from spectnet.classroom.handed_in import Refused

MAX_ANSWER = 200_000  # characters in one cell


@dataclass(frozen=True)
class Intake:
    """A submission made safe.

    Attributes:
        notebook: our release with the student's answers in their places; no outputs, our kernel.
        answers: what the student wrote, by question; a question left as it was handed out is not in it.
        notes: what was odd, in words that are safe to show.
    """

    notebook: NotebookNode
    answers: dict[str, str]
    notes: tuple[str, ...]


def take_in(content: bytes, released: NotebookNode) -> Intake:
    """Read a submitted notebook as plain data and fill its answers into the release.

    A doubled answer counts as it would when all cells run from top to bottom: the last one holds.

    Args:
        content: the file as handed in.
        released: the student's notebook as we hand it out.

    Raises:
        Refused: it is no notebook.
    """
    cells = _cells(content)
    notebook = copy.deepcopy(released)
    found = _by_grade_id(cells)
    notes = _notes_on_others(cells, found, notebook)
    answers: dict[str, str] = {}
    for cell in notebook.cells:
        about = cell.metadata.nbgrader
        if not about.solution:
            continue
        texts = found.get((about.grade_id, cell.cell_type), [])
        notes += _notes_on_answer(about.grade_id, texts)
        if texts and len(texts[-1]) <= MAX_ANSWER and texts[-1].strip() != cell.source.strip():
            cell.source = answers[about.grade_id] = texts[-1]
    return Intake(notebook, answers, tuple(notes))


def _cells(content: bytes) -> list[dict[str, Any]]:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, or too deep
        raise Refused("the file is no notebook: its JSON is broken") from error
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        raise Refused("the file is no notebook of format 4; open it in JupyterLab and save it again")
    cells = [cell for cell in data["cells"] if isinstance(cell, dict)]
    return [cell for cell in cells if isinstance(cell.get("cell_type"), str)]


def _name(cell: dict[str, Any]) -> str | None:
    """nbgrader's name of a cell, or the cell's own where a tool has dropped the metadata."""
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = about.get("grade_id") if isinstance(about, dict) else None
    name = cell.get("id") if name is None else name
    return name if isinstance(name, str) else None


def _source(cell: dict[str, Any]) -> str | None:
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    # A lone surrogate is valid JSON and no text that could be written to a file.
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else None


def _by_grade_id(cells: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """The sources under each name and cell type, in the notebook's order."""
    found: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        name, source, cell_type = _name(cell), _source(cell), cell.get("cell_type")
        if name is not None and source is not None and isinstance(cell_type, str):
            found.setdefault((name, cell_type), []).append(source)
    return found


def _notes_on_answer(name: str, texts: list[str]) -> list[str]:
    if not texts:
        return [f"the answer {name} is missing from the notebook"]
    if len(texts[-1]) > MAX_ANSWER:
        return [f"the answer {name} has more than {MAX_ANSWER} characters and was not used"]
    return [f"there are {len(texts)} cells for {name}: the last one was graded"] if len(texts) > 1 else []


def _notes_on_others(
    cells: list[dict[str, Any]], found: dict[tuple[str, str], list[str]], released: NotebookNode
) -> list[str]:
    """Cells of the student's own, and those of ours that were changed: ours were graded."""
    ours = {(cell.metadata.nbgrader.grade_id, cell.cell_type): cell for cell in released.cells}
    own = [
        cell
        for cell in cells
        if (_name(cell), cell.get("cell_type")) not in ours and (_source(cell) or "").strip()
    ]
    notes = [f"{len(own)} cell(s) of your own were not used: answers go into their cells"] if own else []
    for (name, cell_type), cell in ours.items():
        given = found.get((name, cell_type), [])
        if cell.metadata.nbgrader.locked and cell_type == "code" and given != [cell.source]:
            notes.append(f"the locked cell {name} was changed: ours was used")
    return notes
