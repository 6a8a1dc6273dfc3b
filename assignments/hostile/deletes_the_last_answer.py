# Deletes the last answer, as if nobody had asked for it.
# costs: last
# says: missing
import nbformat


def make(notebook, name, folder):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells.remove([cell for cell in code if cell.metadata.nbgrader.solution][-1])
    nbformat.write(notebook, folder / f"{name}.ipynb")
