"""Sounds of places and events at 44.1 kHz: index them, and later fetch and verify them.

ESC-10 is by Piczak (2015); its ten classes are events such as a dog's bark, not places.
"""

from spectnet.scenes.esc10 import ESC10_CLASSES, esc10

__all__ = ["ESC10_CLASSES", "esc10"]
