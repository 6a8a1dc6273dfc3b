"""What training does: loss, validation, and where the filters go."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes

from spectnet.plots.look import BLUE, GREY, ORANGE


def training_history(
    axes: Sequence[Axes] | np.ndarray,
    loss: Sequence[float],
    validation_macc: Sequence[float],
    best_epoch: int,
) -> None:
    """Draw loss and validation MACC over epochs on two axes, and mark the epoch that was kept."""
    epochs = np.arange(1, len(loss) + 1)
    axes[0].plot(epochs, loss, color=GREY, marker="o", markersize=3)
    axes[0].set(xlabel="epoch", ylabel="training loss (nats)", ylim=(0, None))
    axes[1].plot(epochs, validation_macc, color=BLUE, marker="o", markersize=3)
    axes[1].axvline(best_epoch, color=ORANGE, linestyle="--", label=f"kept: epoch {best_epoch}")
    axes[1].set(xlabel="epoch", ylabel="MACC, inner validation")
    axes[1].legend()


def filter_trajectories(
    ax: Axes, frequencies: Float[np.ndarray, "epochs filters"], *, steps: Sequence[int] | None = None
) -> Axes:
    """Draw each filter's centre frequency in Hz over epochs, the start being epoch 0, or over given steps."""
    colors = mpl.colormaps["viridis"](np.linspace(0.0, 0.9, frequencies.shape[1]))
    places = np.arange(len(frequencies)) if steps is None else np.asarray(steps)
    for track, color in zip(frequencies.T, colors, strict=True):
        ax.plot(places, track, color=color)
    ax.set(xlabel="epoch" if steps is None else "step", ylabel="centre frequency (Hz)")
    ax.set_xlim(places[0], places[-1])
    return ax
