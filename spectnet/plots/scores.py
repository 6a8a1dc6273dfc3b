"""What a model says of segments and of recordings."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from jaxtyping import Float, Int
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from spectnet.evaluation import Prediction
from spectnet.plots.look import ABNORMAL_COLOR, BLUE, GREY, NORMAL_COLOR, RED
from spectnet.plots.sound import spectrogram, waveform


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
