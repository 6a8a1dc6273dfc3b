# Hands in each cell twice, in reverse order, and a cell with a name that nobody asked for.
# costs: nothing
# says: cells for
import copy

import nbformat
from nbformat.v4 import new_code_cell


def make(notebook, name, folder):
    notebook.cells = [copy.deepcopy(cell) for cell in (*reversed(notebook.cells), *notebook.cells)]
    about = {"grade_id": "bonus", "grade": True, "points": 1000, "locked": False, "solution": True}
    notebook.cells.append(new_code_cell("raise SystemExit", metadata={"nbgrader": about}))
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i}"
    nbformat.write(notebook, folder / f"{name}.ipynb")
