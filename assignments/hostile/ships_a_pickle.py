# Ships weights that run a command when they are loaded carelessly.
# costs: nothing
# says: not used
import pickle

import nbformat


class Exit:
    def __reduce__(self):
        return eval, ("__import__('os')._exit(7)",)


def make(notebook, name, folder):
    nbformat.write(notebook, folder / f"{name}.ipynb")
    for file in ("weights.pt", "model.pkl", "weights.npy"):
        (folder / file).write_bytes(pickle.dumps(Exit()))
