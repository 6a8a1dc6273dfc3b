# Hands in a symbolic link in place of a notebook.
# costs: all
# says: link
import nbformat


def make(notebook, name, folder):
    another = folder.parent / "another.ipynb"
    nbformat.write(notebook, another)
    (folder / f"{name}.ipynb").symlink_to(another)
