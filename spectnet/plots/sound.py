"""Sounds and the pictures that filters draw of them."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh

from spectnet.plots.look import GREY, STATE_COLORS
from spectnet.recordings import HeartStates


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
    frequencies: Float[np.ndarray, " filters"] | None,
    hop_s: float,
    *,
    range_db: float = 60.0,
) -> QuadMesh:
    """Draw log energy (natural logarithm) in dB below its maximum, frequency in Hz over time in seconds.

    Where the filters have no frequencies, they stand one above the other by their number.

    Returns:
        The mesh, for a colour bar.
    """
    ylabel = "filter" if frequencies is None else "centre frequency (Hz)"
    if frequencies is None:
        frequencies = np.arange(1.0, len(log_energy) + 1)
    rows = np.argsort(frequencies)  # filters that learn may overtake each other
    decibels = 10 / np.log(10) * (log_energy[rows] - log_energy.max())
    times = np.arange(log_energy.shape[1]) * hop_s
    mesh = ax.pcolormesh(
        times, frequencies[rows], decibels, vmin=-range_db, vmax=0, shading="nearest", rasterized=True
    )
    ax.set(xlabel="time (s)", ylabel=ylabel)
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
