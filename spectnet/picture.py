"""Figures in a notebook that say in words what they show, for whoever does not see them."""

from __future__ import annotations

import base64
import html
import io

from IPython.display import HTML
from matplotlib import pyplot as plt
from matplotlib.figure import Figure


def described(figure: Figure, words: str) -> HTML:
    """Give a figure as a picture that a screen reader reads out; it is closed, so that it is shown once.

    JupyterLab shows a plain figure without a description, whatever its metadata say. The pages of the book
    have theirs from the build.

    Args:
        figure: as Matplotlib made it.
        words: what there is to see, in a sentence or two.

    Raises:
        ValueError: no words.

    Example:
        >>> figure, axes = plt.subplots()
        >>> described(figure, "An empty pair of axes.")
        <IPython.core.display.HTML object>

    Taught in *Assignments*.
    """
    if not words.strip():
        raise ValueError("words must say what there is to see, got nothing")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=100, bbox_inches="tight", facecolor="white")
    plt.close(figure)
    source = base64.b64encode(file.getvalue()).decode()
    described = html.escape(" ".join(words.split()), quote=True)
    return HTML(f'<img alt="{described}" src="data:image/png;base64,{source}">')
