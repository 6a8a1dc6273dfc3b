# Ships modules and settings that Python, IPython and nbgrader would load from beside the notebook.
# costs: nothing
# says: not used
import nbformat


def make(notebook, name, folder):
    nbformat.write(notebook, folder / f"{name}.ipynb")
    profile = folder / ".ipython" / "profile_default" / "startup"
    profile.mkdir(parents=True)
    for path in (
        *(folder / f"{module}.py" for module in ("numpy", "torch", "json", "sitecustomize", "usercustomize")),
        folder / "nbgrader_config.py",
        folder / "conftest.py",
        profile / "first.py",
    ):
        path.write_text("raise SystemExit('loaded from beside the notebook')")
    (folder / "numpy.pth").write_text("import os; os._exit(1)")
