"""From a recording to segments: resample, band-pass, remove spikes, cut.

Taught in *One recording, all the way*.
"""

from spectnet.segments.cutting import beat_windows, windows
from spectnet.segments.dataset import SegmentDataset
from spectnet.segments.preparation import (
    Preprocessing,
    band_pass,
    prepare,
    prepare_once,
    preprocess,
    remove_spikes,
    resample,
)

__all__ = [
    "Preprocessing",
    "SegmentDataset",
    "band_pass",
    "beat_windows",
    "prepare",
    "prepare_once",
    "preprocess",
    "remove_spikes",
    "resample",
    "windows",
]
