"""The sets of recordings that an experiment may name, and what their classes are called.

Taught in *Training on a GPU* and *From hearts to places*.
"""

from __future__ import annotations

from typing import Literal

from spectnet import physionet, scenes, synthesis
from spectnet.recordings import Recording

SetName = Literal["physionet2016", "synthetic", "esc10", "tut2016", "synthetic-scenes"]
SCENES = ("esc10", "tut2016", "synthetic-scenes")
N_SYNTHETIC = 160


def load_recordings(data: str) -> list[Recording]:
    """The recordings of a set: real ones from disk, synthetic ones made here.

    Args:
        data: one of `SetName`.

    Raises:
        RecordingError: a real set is not there.
        ValueError: no such set.
    """
    makers = {
        "physionet2016": physionet.index,
        "synthetic": lambda: synthesis.synthetic_hearts(N_SYNTHETIC, seed=0),
        "esc10": scenes.esc10,
        "tut2016": scenes.tut2016,
        "synthetic-scenes": lambda: synthesis.synthetic_scenes(N_SYNTHETIC, seed=0),
    }
    if data not in makers:
        raise ValueError(f"data must be one of {', '.join(makers)}, got {data!r}")
    return makers[data]()


def class_names(data: str) -> tuple[str, ...]:
    """What the classes of a set are called, by their number.

    Args:
        data: one of `SetName`.

    Example:
        >>> class_names("physionet2016")
        ('normal', 'abnormal')
    """
    match data:
        case "esc10":
            return tuple(scenes.ESC10_CLASSES)
        case "tut2016":
            return tuple(scenes.TUT2016_CLASSES)
        case "synthetic-scenes":
            return tuple(synthesis.SCENE_CLASSES)
    return "normal", "abnormal"
