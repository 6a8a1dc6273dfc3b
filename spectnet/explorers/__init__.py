"""Explorers: pictures to move by hand, alive in JupyterLab and in the published page alike.

Each is one Python class and one ES module that draws and computes in the browser.
"""

from spectnet.explorers.filterbank import FilterbankExplorer
from spectnet.explorers.learning import LearningExplorer
from spectnet.explorers.player import TrainingPlayer
from spectnet.explorers.segment import SegmentExplorer
from spectnet.explorers.spectrogram import SpectrogramExplorer
from spectnet.explorers.threshold import ThresholdExplorer

__all__ = [
    "FilterbankExplorer",
    "LearningExplorer",
    "SegmentExplorer",
    "SpectrogramExplorer",
    "ThresholdExplorer",
    "TrainingPlayer",
]
