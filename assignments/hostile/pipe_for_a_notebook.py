# Hands in a pipe that nobody ever writes to.
# costs: all
# says: pipe
import os


def make(notebook, name, folder):
    os.mkfifo(folder / f"{name}.ipynb")
