"""Hostile submissions: what each tries, what it must get for its answers, and which reason must be given.

Taught in *For the teacher*.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from spectnet.classroom import release
from spectnet.classroom.source import FOLDER, Assignment
from spectnet.classroom.traps import Trap

COSTS = ("nothing", "last", "all")
_HEADER = re.compile(r"^# (costs|says): *(.+)")
_CELL = re.compile(r"^# %% *(first|last) *\n", re.MULTILINE)


@dataclass(frozen=True)
class Hostile:
    """A file of `assignments/hostile/`, read.

    Beside a right solution, it holds code that runs before the first answer or after the last one, or a
    function ``make(notebook, name, folder)`` that writes by itself what is handed in. In strings of the code,
    ``@FOLDER@``, ``@PORT@`` and ``@MARK@`` tell of the trap, and ``@NAMES@`` what the last answer defines.

    Attributes:
        path: the file.
        says: what it tries, in one line.
        costs: what it must lose: ``"nothing"``, the ``"last"`` question or ``"all"``.
        reason: words that the record must hold; empty if there is nothing to explain.
        cells: the code, by place.
    """

    path: Path
    says: str
    costs: str
    reason: str
    cells: dict[str, str]

    @property
    def name(self) -> str:
        """What it is called."""
        return self.path.stem

    def expected(self, assignment: Assignment) -> float:
        """The points that it must get: its true ones."""
        answers = [question for question in assignment.questions if not question.written]
        lost = {"nothing": 0.0, "last": answers[-1].points, "all": assignment.automatic_points}
        return assignment.automatic_points - lost[self.costs]

    def put(self, assignment: Assignment, folder: Path, trap: Trap) -> None:
        """Write what is handed in into a student's folder."""
        notebook = release.solved(assignment)
        if self.cells:
            self._poison(notebook, trap)
            nbformat.write(notebook, folder / f"{assignment.name}.ipynb")
            return
        spec = importlib.util.spec_from_file_location(f"hostile_{self.name}", self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.make(notebook, assignment.name, folder)

    def _poison(self, notebook: NotebookNode, trap: Trap) -> None:
        """Put the code into the first and last answers."""
        answers = [c for c in notebook.cells if c.cell_type == "code" and c.metadata.nbgrader.solution]
        told = {
            "@FOLDER@": str(trap.folder),
            "@PORT@": str(trap.port),
            "@MARK@": trap.mark,
            "@NAMES@": " ".join(_defined(answers[-1].source)),
        }
        code = {place: _filled(text, told) for place, text in self.cells.items()}
        answers[0].source = f"{code.get('first', '')}\n{answers[0].source}"
        answers[-1].source = f"{answers[-1].source}\n{code.get('last', '')}"


def hostile_submissions(folder: Path = FOLDER / "hostile") -> list[Hostile]:
    """Every hostile submission, by name.

    Raises:
        ValueError: a file says not what it costs.
    """
    return [_read(path) for path in sorted(folder.glob("*.py"))]


def _read(path: Path) -> Hostile:
    head, *parts = _CELL.split(path.read_text("utf-8"))
    told = {key: words for line in head.splitlines() for key, words in _HEADER.findall(line)}
    if told.get("costs") not in COSTS:
        raise ValueError(f"{path}: write '# costs: ' and one of {', '.join(COSTS)}")
    says = head.splitlines()[0].removeprefix("#").strip()
    cells = dict(zip(parts[::2], parts[1::2], strict=True))
    return Hostile(path, says, told["costs"], told.get("says", "").strip(), cells)


def _filled(code: str, told: dict[str, str]) -> str:
    for word, meaning in told.items():
        code = code.replace(word, meaning)
    return code


def _defined(source: str) -> list[str]:
    """Names of the functions and classes that a cell defines."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in ast.parse(source).body if isinstance(node, kinds)]
