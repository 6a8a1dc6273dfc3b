# Hands in a notebook of a gigabyte.
# costs: all
# says: larger


def make(notebook, name, folder):
    with open(folder / f"{name}.ipynb", "wb") as file:
        file.write(b'{"cells": [')
        file.truncate(1_000_000_000)
