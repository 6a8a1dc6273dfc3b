# Hands in a second name of somebody else's file.
# costs: all
# says: link
import os

import nbformat


def make(notebook, name, folder):
    another = folder.parent / "another.ipynb"
    nbformat.write(notebook, another)
    os.link(another, folder / f"{name}.ipynb")
