# Puts script for the teacher's browser into outputs, Markdown, names and error messages.
# costs: nothing
import nbformat
from nbformat.v4 import new_markdown_cell, new_output

SCRIPT = "</pre></script><script>document.title = 'taken'</script><img src=x onerror=alert(1)>"


def make(notebook, name, folder):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            shown = {"text/html": SCRIPT, "application/javascript": "alert(1)"}
            cell.outputs = [new_output("display_data", shown)]
        if cell.cell_type == "code" and cell.metadata.nbgrader.solution:
            cell.source += f"\n# {SCRIPT}\nraise ValueError({SCRIPT!r})"
        if cell.cell_type == "markdown" and cell.metadata.nbgrader.solution:
            cell.source = SCRIPT
    notebook.metadata["title"] = SCRIPT
    notebook.cells.append(new_markdown_cell(SCRIPT))
    nbformat.write(notebook, folder / f"{name}.ipynb")
