"""The split that a config names."""

from __future__ import annotations

from collections.abc import Sequence

from spectnet.recordings import Recording
from spectnet.splits.folds import block_folds, leave_one_subset_out, location_folds, stratified_folds
from spectnet.splits.published import esc10_fold, paper_fold, tut2016_fold
from spectnet.splits.split import Split


def named_split(name: str, recordings: Sequence[Recording]) -> Split:
    """The split that a config names, such as ``paper-fold-0``, ``leave-out-a`` or ``esc10-fold-1``.

    Args:
        name: ``paper-fold-0``, ``stratified-3``, ``blocks-1`` or ``leave-out-a`` for hearts;
            ``esc10-fold-1``, ``tut2016-fold-1`` or ``locations-0`` for scenes.
        recordings: the set.

    Raises:
        ValueError: no such split, or not of these recordings.
    """
    kind, _, which = name.rpartition("-")
    if kind == "paper-fold" and which in tuple("0123"):
        return paper_fold(int(which))
    if kind == "esc10-fold" and which in tuple("12345"):
        return esc10_fold(recordings, int(which))
    if kind == "tut2016-fold" and which in tuple("1234"):
        return tut2016_fold(recordings, int(which))
    families = {
        "stratified": stratified_folds,
        "blocks": block_folds,
        "leave-out": leave_one_subset_out,
        "locations": location_folds,
    }
    known = families[kind](recordings) if kind in families else []
    for split in known:
        if split.name == name:
            return split
    raise ValueError(
        "split must be paper-fold-0 to -3, stratified-0 to -4, blocks-0 to -4, esc10-fold-1 to -5, "
        f"tut2016-fold-1 to -4, locations-0 to -4 or leave-out-<subset>, got {name!r}"
    )
