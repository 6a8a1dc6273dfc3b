r"""A planted band: two classes of noise that differ in one narrow band, away from every filter of the bank.

A front-end that can learn must move a filter there; one that cannot must guess from the band's
edges. Where the band lies is known, so that "the filters learned something" becomes a distance in Hz.

Taught in *A spectrogram that learns*.
"""

from spectnet.planted.runs import ARMS, Arm, BandDetector, Run, run
from spectnet.planted.summary import gain_interval, gains, summary
from spectnet.planted.task import PlantedBand, draw_clips

__all__ = [
    "ARMS",
    "Arm",
    "BandDetector",
    "PlantedBand",
    "Run",
    "draw_clips",
    "gain_interval",
    "gains",
    "run",
    "summary",
]
