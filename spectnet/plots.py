"""Every figure of the book: data and axes in, axes out; nothing is computed here.

The same colour means the same thing on every page. The colours are Okabe and Ito's (the purple
is Tol's, which is darker), safe for colour-blind readers and apart in grey; figures stand on white,
so that they read alike on a light and on a dark page.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from jaxtyping import Float, Int
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.rcsetup import cycler

from spectnet.evaluation import Prediction
from spectnet.recordings import HeartStates

BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#AA4499", "#56B4E9"
GREY = "#555555"
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


def waveform(
    ax: Axes, samples: Float[np.ndarray, " time"], sample_rate: float, *, states: HeartStates | None = None
) -> Axes:
    """Draw a waveform over time in seconds, its heart states coloured behind it where known."""
    duration = len(samples) / sample_rate
    ax.plot(np.arange(len(samples)) / sample_rate, samples, color=GREY, linewidth=0.7)
    if states is not None:
        shade_states(ax, states, duration)
    ax.set(xlim=(0, duration), xlabel="time (s)", ylabel="amplitude")
    return ax


def shade_states(ax: Axes, states: HeartStates, duration: float) -> Axes:
    """Colour the span of each heart state up to `duration` seconds, and name each once; noise stays white."""
    stops = np.append(states.starts[1:], duration)
    named: set[str] = set()
    for start, stop, name in zip(states.starts, stops, states.names, strict=True):
        if start < duration and name in STATE_COLORS:
            label = None if name in named else name
            named.add(name)
            span = (start, min(stop, duration))
            ax.axvspan(*span, color=STATE_COLORS[name], alpha=0.35, linewidth=0, label=label)
    ax.legend(loc="upper right", ncols=4, fontsize=8)
    return ax


def spectrogram(
    ax: Axes,
    log_energy: Float[np.ndarray, "filters frames"],
    frequencies: Float[np.ndarray, " filters"],
    hop_s: float,
    *,
    range_db: float = 60.0,
) -> QuadMesh:
    """Draw log energy (natural logarithm) in dB below its maximum, frequency in Hz over time in seconds.

    Returns:
        The mesh, for a colour bar.
    """
    rows = np.argsort(frequencies)  # filters that learn may overtake each other
    decibels = 10 / np.log(10) * (log_energy[rows] - log_energy.max())
    times = np.arange(log_energy.shape[1]) * hop_s
    mesh = ax.pcolormesh(
        times, frequencies[rows], decibels, vmin=-range_db, vmax=0, shading="nearest", rasterized=True
    )
    ax.set(xlabel="time (s)", ylabel="centre frequency (Hz)")
    return mesh


def difference(
    ax: Axes,
    decibels: Float[np.ndarray, "filters frames"],
    frequencies: Float[np.ndarray, " filters"],
    hop_s: float,
    *,
    limit_db: float = 10.0,
) -> QuadMesh:
    """Draw what a spectrogram has more (red) or less (blue) than another, in dB, up to `limit_db` either way.

    Returns:
        The mesh, for a colour bar.
    """
    times = np.arange(decibels.shape[1]) * hop_s
    mesh = ax.pcolormesh(times, frequencies, decibels, cmap="RdBu_r", shading="nearest", rasterized=True)
    mesh.set_clim(-limit_db, limit_db)
    ax.set(xlabel="time (s)", ylabel="centre frequency (Hz)")
    return mesh


def filter_responses(
    ax: Axes, frequency: Float[np.ndarray, " frequencies"], gain: Float[np.ndarray, "filters frequencies"]
) -> Axes:
    """Draw the gain of each filter in dB over frequency in Hz, from cool to warm."""
    colors = mpl.colormaps["viridis"](np.linspace(0.0, 0.9, len(gain)))
    for row, color in zip(gain, colors, strict=True):
        ax.plot(frequency, 20 * np.log10(np.maximum(row, 1e-6)), color=color, linewidth=1)
    ax.set(xlabel="frequency (Hz)", ylabel="gain (dB)", ylim=(-60, 5), xlim=(frequency[0], frequency[-1]))
    return ax


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


def segment_scores(
    ax: Axes,
    found: Prediction,
) -> Axes:
    """Draw each segment's probability of abnormal over its span, the recording's score and the threshold."""
    stops = found.starts + found.segment_s
    ax.hlines(found.probabilities, found.starts, stops, color=BLUE, linewidth=2, label="segments")
    ax.axhline(found.score, color=RED, label="recording")
    ax.axhline(found.threshold, color=GREY, linestyle="--", label="threshold")
    ax.set(ylim=(-0.02, 1.02), xlabel="time (s)", ylabel="P(abnormal)")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize=8, borderaxespad=0)
    return ax


def recording_scores(
    ax: Axes, labels: Int[np.ndarray, " n"], scores: Float[np.ndarray, " n"], threshold: float
) -> Axes:
    """Draw every recording at its score, normal and abnormal in a row each, and the threshold."""
    rows = ((0, "normal", NORMAL_COLOR), (1, "abnormal", ABNORMAL_COLOR))
    for label, _, color in rows:
        chosen = scores[labels == label]
        spread = label + 0.5 * (np.arange(len(chosen)) % 7 / 6 - 0.5)  # side by side where scores are equal
        ax.plot(chosen, spread, "o" if label else "s", color=color, markersize=5, alpha=0.8)
    ax.axvline(threshold, color=GREY, linestyle="--")
    ax.set(yticks=[0, 1], yticklabels=[name for _, name, _ in rows], ylim=(-0.6, 1.6), xlim=(-0.02, 1.02))
    ax.set_xlabel("score: mean probability of abnormal")
    return ax


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


def bars(
    ax: Axes, names: Sequence[str], values: Sequence[float], *, unit: str, highlighted: Sequence[bool | int]
) -> Axes:
    """Draw a bar to the right for each name, from top to bottom, with its value behind it; some in blue."""
    for row, (value, blue) in enumerate(zip(values, highlighted, strict=True)):
        ax.barh(row, value, height=0.7, color=BLUE if blue else "#999999")
        ax.annotate(f"{value:.2g} {unit}" if value < 100 else f"{value:.0f} {unit}", (value, row),
                    xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, 1.18 * max(values)))
    return ax


def prediction(found: Prediction) -> mpl.figure.Figure:
    """One picture of one recording: waveform, spectrogram, and the score of each segment."""
    figure, axes = plt.subplots(3, 1, sharex=True, figsize=(9, 6.5), height_ratios=[1, 2, 1.4])
    waveform(axes[0], found.waveform, found.sample_rate)
    mesh = spectrogram(axes[1], found.log_energy, found.center_frequencies, found.hop_s)
    figure.colorbar(mesh, ax=axes[1], label="dB below maximum")
    segment_scores(axes[2], found)
    for ax in axes[:2]:
        ax.set_xlabel("")
    return figure


def save(figure: mpl.figure.Figure, path: Path | str) -> Path:
    """Write `figure` and close it."""
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return Path(path)
