"""Synthetic hearts and scenes: recordings that are made, not taken, so that their truth is known."""

from spectnet.synthesis.cohort import synthetic_hearts, synthetic_patients
from spectnet.synthesis.devices import DEVICES, Device
from spectnet.synthesis.hearts import synthesize
from spectnet.synthesis.murmurs import MURMURS, Murmur
from spectnet.synthesis.scenes import SCENE_CLASSES, synthetic_scenes
from spectnet.synthesis.settings import HeartSettings

__all__ = [
    "DEVICES",
    "MURMURS",
    "SCENE_CLASSES",
    "Device",
    "HeartSettings",
    "Murmur",
    "synthesize",
    "synthetic_hearts",
    "synthetic_patients",
    "synthetic_scenes",
]
