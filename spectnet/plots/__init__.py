"""Every figure of the book: data and axes in, axes out; nothing is computed here."""

from spectnet.plots.look import (
    ABNORMAL_COLOR,
    BLUE,
    CMAP,
    GREEN,
    GREY,
    NORMAL_COLOR,
    ORANGE,
    PALE,
    PURPLE,
    RED,
    SKY,
    STATE_COLORS,
    save,
    style,
)
from spectnet.plots.results import bars, confusion, forest, gains, macc_by_subset, score_histogram
from spectnet.plots.scores import prediction, recording_scores, segment_scores
from spectnet.plots.sound import difference, filter_responses, shade_states, spectrogram, waveform
from spectnet.plots.training import filter_trajectories, training_history

__all__ = [
    "ABNORMAL_COLOR",
    "BLUE",
    "CMAP",
    "GREEN",
    "GREY",
    "NORMAL_COLOR",
    "ORANGE",
    "PALE",
    "PURPLE",
    "RED",
    "SKY",
    "STATE_COLORS",
    "bars",
    "confusion",
    "difference",
    "filter_responses",
    "filter_trajectories",
    "forest",
    "gains",
    "macc_by_subset",
    "prediction",
    "recording_scores",
    "save",
    "score_histogram",
    "segment_scores",
    "shade_states",
    "spectrogram",
    "style",
    "training_history",
    "waveform",
]
