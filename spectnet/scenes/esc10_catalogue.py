"""From the unpacked ESC-10 to a list of `Recording`: class, fold, file. No sound is read here."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from spectnet.physionet.checksums import data_folder
from spectnet.recordings import Recording, RecordingError

ESC10_CLASSES = (
    "dog bark",
    "rain",
    "sea waves",
    "baby cry",
    "clock tick",
    "person sneeze",
    "helicopter",
    "chainsaw",
    "rooster",
    "fire crackling",
)
"""The classes in the order of their labels, 0 to 9."""

CLASS_FOLDERS = tuple(f"{number:03} - {name.capitalize()}" for number, name in enumerate(ESC10_CLASSES, 1))
FOLDS = "12345"
CLIPS_A_CELL = 8  # of each class in each fold: 400 in all
CLIP_NAME = re.compile(r"[1-5]-\d+-?[A-Z]\.ogg")  # fold, number of the source at freesound.org, take
FETCH = "repair it with `spectnet fetch esc10`"


def esc10_folder(folder: Path | str | None = None) -> Path:
    """The folder that holds ``001 - Dog bark`` to ``010 - Fire crackling``.

    Args:
        folder: that folder itself, or the one above its ``esc10``; `data_folder` if None.
    """
    folder = Path(folder).expanduser() if folder is not None else data_folder()
    holds_classes = any((folder / name).is_dir() for name in CLASS_FOLDERS)
    return folder if holds_classes or folder.name == "esc10" else folder / "esc10"


def esc10(folder: Path | str | None = None) -> list[Recording]:
    """List the 400 clips of ESC-10, in the order of their names.

    A clip's `subset` is its fold, ``"1"`` to ``"5"``. Clips cut from one source file lie in one fold, so a
    split by whole folds shares no file. It may share more: one uploader's series of files lies in several
    folds (baby cry 151079, 151080, 151081 and 151085 in folds 2, 3 and 5; fire 65747 and 65748 in 2 and 3).

    Args:
        folder: see `esc10_folder`.

    Raises:
        RecordingError: the set is not there, or is not whole, or holds a file that is not of the set.

    Taught in *From hearts to places*; the set is by Piczak (2015).
    """
    folder = esc10_folder(folder)
    if not any((folder / name).is_dir() for name in CLASS_FOLDERS):
        raise RecordingError(
            f"no clips in {folder}; get them with `spectnet fetch esc10`, "
            "or set SPECTNET_DATA to the folder above `esc10`"
        )
    clips = [clip for label in range(len(ESC10_CLASSES)) for clip in _clips_of(folder, label)]
    _check_counts(clips, folder)
    return sorted(clips, key=lambda clip: clip.name)


def _clips_of(folder: Path, label: int) -> list[Recording]:
    """The clips of one class."""
    class_folder = folder / CLASS_FOLDERS[label]
    if not class_folder.is_dir():
        raise RecordingError(f"{class_folder} is missing; {FETCH}")
    paths = [path for path in sorted(class_folder.iterdir()) if not path.name.startswith(".")]
    if foreign := [path.name for path in paths if not CLIP_NAME.fullmatch(path.name)]:
        raise RecordingError(
            f"{class_folder} holds {foreign[0]}, which is not a clip of ESC-10 "
            "(<fold>-<source>-<take>.ogg); take it away"
        )
    return [Recording(name=path.stem, label=label, subset=path.name[0], path=path) for path in paths]


def _check_counts(clips: list[Recording], folder: Path) -> None:
    """Eight clips of each class in each fold, and no name twice."""
    counts = Counter((clip.label, clip.subset) for clip in clips)
    for label, name in enumerate(CLASS_FOLDERS):
        for fold in FOLDS:
            if (got := counts[label, fold]) != CLIPS_A_CELL:
                raise RecordingError(
                    f"{folder / name} has {got} clips of fold {fold} in place of {CLIPS_A_CELL}; {FETCH}"
                )
    name, times = Counter(clip.name for clip in clips).most_common(1)[0]
    if times > 1:
        raise RecordingError(f"{folder} holds {name} in {times} classes; {FETCH}")
