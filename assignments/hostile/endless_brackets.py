# Hands in JSON that is nested deeper than a reader can follow.
# costs: all
# says: broken


def make(notebook, name, folder):
    (folder / f"{name}.ipynb").write_text("[" * 1_000_000, encoding="utf-8")
