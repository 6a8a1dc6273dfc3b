"""Splits that came with a paper or with a set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spectnet.recordings import Recording
from spectnet.scenes import published_fold
from spectnet.splits.split import Split, from_indices

PAPER_LISTS = Path(__file__).parents[2] / "data" / "paper-splits"


def _read_names(path: Path) -> list[str]:
    if not path.is_file():
        raise ValueError(
            f"{path} does not exist; the paper's lists come with the project in data/paper-splits"
        )
    return path.read_text().split()


def paper_fold(fold: int = 0, lists: Path | str = PAPER_LISTS) -> Split:
    """The split lists that came with the paper's code, less the recordings its authors removed.

    Fold 0 trains on 2856 recordings and tests on 297 (146 normal, 151 abnormal). The paper tested
    on 284: 13 abnormal recordings of e are missing from its test set, and no list names them.

    Args:
        fold: 0 to 3.
        lists: folder of the lists.

    Raises:
        ValueError: another fold, or a list that is not there.
    """
    if fold not in range(4):
        raise ValueError(f"fold must be 0 to 3, got {fold}")
    lists = Path(lists)
    removed = set(_read_names(lists / "removed-e.txt"))
    train = tuple(n for n in _read_names(lists / f"train{fold}.txt") if n not in removed)
    test = tuple(n for n in _read_names(lists / f"validation{fold}.txt") if n not in removed)
    return Split(f"paper-fold-{fold}", train, test)


def esc10_fold(recordings: Sequence[Recording], fold: int = 1) -> Split:
    """One of the five folds that ESC-10 came with tests: 80 clips, eight of each class.

    Args:
        recordings: of ESC-10, each with its fold as `subset`.
        fold: 1 to 5.

    Raises:
        ValueError: another fold, or recordings of another set.
    """
    if fold not in range(1, 6):
        raise ValueError(f"fold must be 1 to 5, got {fold}")
    subsets = np.array([recording.subset for recording in recordings])
    if (found := set(subsets.tolist())) != set("12345"):
        raise ValueError(
            f"esc10-fold-{fold} needs recordings whose subsets are ESC-10's folds 1 to 5, "
            f"got subsets {', '.join(sorted(found)) or 'of no recording at all'}"
        )
    return from_indices(f"esc10-fold-{fold}", recordings, np.flatnonzero(subsets == str(fold)))


def tut2016_fold(recordings: Sequence[Recording], fold: int = 1) -> Split:
    """One of the four folds by location that came with TUT Acoustic Scenes 2016.

    The published lists are taken at their word only where they hold what they promise: each segment of
    the set on one side, and no location on both.

    Args:
        recordings: of that set, all that `scenes.tut2016` lists, unpacked as published beside its lists.
        fold: 1 to 4.

    Raises:
        ValueError: another fold, recordings of another set, or only some of its recordings.
        RecordingError: a list is not there, names something that is no segment of the set, lacks a
            segment, or has a location that the other list has too.
    """
    path = recordings[0].path if recordings else None
    if path is None or path.parent.name != "audio":
        raise ValueError(
            f"tut2016-fold-{fold} needs recordings of TUT Acoustic Scenes 2016, which lie in its folder "
            f"audio/, got {recordings[0].name if recordings else 'no recording at all'}"
        )
    train, test = published_fold(fold, path.parents[1])
    if odd := {*train, *test} ^ {recording.name for recording in recordings}:
        raise ValueError(
            f"tut2016-fold-{fold} divides the {len(train) + len(test)} segments of the set, got "
            f"{len(recordings)} recordings, which differ from them by {min(odd)} and {len(odd) - 1} more; "
            "hand over all that `scenes.tut2016` lists, and no other"
        )
    return Split(f"tut2016-fold-{fold}", train, test)
