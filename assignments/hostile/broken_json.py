# Hands in half a notebook.
# costs: all
# says: broken
import nbformat


def make(notebook, name, folder):
    text = nbformat.writes(notebook)
    (folder / f"{name}.ipynb").write_text(text[: len(text) // 2], encoding="utf-8")
