# Hands in a folder where a notebook is looked for.
# costs: all
# says: folder


def make(notebook, name, folder):
    (folder / f"{name}.ipynb").mkdir()
