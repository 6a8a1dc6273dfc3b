"""How every figure of the book looks: its colours, its style, and where it is saved.

The same colour means the same thing on every page. The colours are Okabe and Ito's (the purple
is Tol's, which is darker), safe for colour-blind readers and apart in grey; figures stand on white,
so that they read alike on a light and on a dark page.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.rcsetup import cycler

BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#AA4499", "#56B4E9"
GREY, PALE = "#555555", "#999999"
STATE_COLORS = {"S1": BLUE, "systole": ORANGE, "S2": GREEN, "diastole": "#BBBBBB"}
NORMAL_COLOR, ABNORMAL_COLOR = BLUE, RED
CMAP = "magma"


def style() -> None:
    """Set the book's figure style; the first cell of each page calls it."""
    mpl.rcParams.update(
        {
            "figure.figsize": (8.0, 3.2),
            "figure.dpi": 110,
            "figure.facecolor": "white",
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": cycler(color=[BLUE, RED, GREEN, ORANGE, PURPLE, SKY]),
            "axes.grid": False,
            "font.size": 10,
            "legend.frameon": False,
            "image.cmap": CMAP,
        }
    )


def save(figure: mpl.figure.Figure, path: Path | str) -> Path:
    """Write `figure` and close it."""
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return Path(path)
