# Names a kernel of its own, and ships it.
# costs: nothing
import json

import nbformat


def make(notebook, name, folder):
    notebook.metadata.kernelspec = {"name": "mine", "display_name": "Mine", "language": "bash"}
    nbformat.write(notebook, folder / f"{name}.ipynb")
    kernel = folder / "kernels" / "mine"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({"argv": ["/bin/sh", "-c", "exit 1"], "language": "bash"}))
