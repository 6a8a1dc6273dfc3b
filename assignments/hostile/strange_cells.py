# Hands in cells of kinds that no notebook has.
# costs: all
# says: missing
import json


def make(notebook, name, folder):
    cells = [None, 1, [], {}, {"source": 1}, {"cell_type": []}, {"metadata": {"nbgrader": []}}]
    book = {"nbformat": 4, "nbformat_minor": 10**9, "metadata": [], "cells": cells * 10}
    (folder / f"{name}.ipynb").write_text(json.dumps(book), encoding="utf-8")
