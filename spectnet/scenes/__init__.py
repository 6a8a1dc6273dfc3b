"""Sounds of places and events at 44.1 kHz: index them, fetch them, verify them.

TUT Acoustic Scenes 2016 is by Mesaros et al. (2016): fifteen places, the paper's second task. ESC-10 is by
Piczak (2015); its ten classes are events such as a dog's bark, not places.
"""

from spectnet.scenes.esc10_catalogue import ESC10_CLASSES, esc10, esc10_folder
from spectnet.scenes.fetching import fetch_esc10, fetch_tut2016
from spectnet.scenes.sources import source_of
from spectnet.scenes.tut2016_catalogue import TUT2016_CLASSES, published_fold, tut2016, tut2016_folder
from spectnet.scenes.verification import SceneReport, verify_esc10, verify_tut2016

__all__ = [
    "ESC10_CLASSES",
    "TUT2016_CLASSES",
    "SceneReport",
    "esc10",
    "esc10_folder",
    "fetch_esc10",
    "fetch_tut2016",
    "published_fold",
    "source_of",
    "tut2016",
    "tut2016_folder",
    "verify_esc10",
    "verify_tut2016",
]
