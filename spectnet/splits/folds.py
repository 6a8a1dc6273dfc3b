"""Splits made from the recordings themselves: by class, by neighbours in name, by whole subsets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from spectnet.recordings import Recording
from spectnet.splits.split import Split, from_indices

BLOCK_SIZE = 10  # recordings; nobody gave more than six


def _cells(recordings: Sequence[Recording], n_folds: int) -> list[str]:
    """Class and subset of each recording as one word: what a stratified fold balances.

    A cell with fewer recordings than folds cannot be in each; it is balanced by class alone.
    """
    cells = [f"{recording.subset}/{recording.label}" for recording in recordings]
    size = Counter(cells)
    return [
        cell if size[cell] >= n_folds else f"rare/{recording.label}"
        for cell, recording in zip(cells, recordings, strict=True)
    ]


def stratified_folds(recordings: Sequence[Recording], n_folds: int = 5, seed: int = 0) -> list[Split]:
    """Folds of whole recordings with the same share of each class and subset.

    They may put two recordings of one patient on both sides: see `leave_one_subset_out`.

    Args:
        recordings: the set.
        n_folds: how many, at least 2.
        seed: of the shuffle.
    """
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    cells = _cells(recordings, n_folds)
    return [
        from_indices(f"stratified-{k}", recordings, test)
        for k, (_, test) in enumerate(folds.split(cells, cells))
    ]


def neighbour_blocks(recordings: Sequence[Recording], block_size: int = BLOCK_SIZE) -> np.ndarray:
    """Number of the block of each recording: `block_size` neighbours by name, within one subset.

    Returns:
        int ``(recordings,)``; the same number for recordings that must stay together.
    """
    order = sorted(range(len(recordings)), key=lambda i: (recordings[i].subset, recordings[i].name))
    blocks = np.empty(len(recordings), dtype=int)
    block, filled, subset = -1, block_size, None
    for i in order:
        if filled == block_size or recordings[i].subset != subset:
            block, filled, subset = block + 1, 0, recordings[i].subset
        blocks[i] = block
        filled += 1
    return blocks


def block_folds(
    recordings: Sequence[Recording], n_folds: int = 5, seed: int = 0, block_size: int = BLOCK_SIZE
) -> list[Split]:
    """Folds that keep neighbouring recordings of a subset together, stratified as far as that allows.

    This keeps a patient on one side where his recordings follow each other, which no list says of
    PhysioNet's: see `leave_one_subset_out`.

    Args:
        recordings: the set.
        n_folds: how many, at least 2.
        seed: of the shuffle of blocks.
        block_size: how many neighbours by name form a block.
    """
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    cells, blocks = _cells(recordings, n_folds), neighbour_blocks(recordings, block_size)
    return [
        from_indices(f"blocks-{k}", recordings, test)
        for k, (_, test) in enumerate(folds.split(cells, cells, blocks))
    ]


def leave_one_subset_out(recordings: Sequence[Recording]) -> list[Split]:
    """One split a subset: it tests, all others train. No patient and no device is shared."""
    subsets = np.array([recording.subset for recording in recordings])
    return [
        from_indices(f"leave-out-{subset}", recordings, np.flatnonzero(subsets == subset))
        for subset in np.unique(subsets)
    ]


def location_folds(recordings: Sequence[Recording], n_folds: int = 5, seed: int = 0) -> list[Split]:
    """Folds of whole subsets, stratified by class as far as that allows: no place trains and tests.

    For scenes, whose `subset` is the location or the fold that they came with. Clips cut from one source
    file share it, so none of them stands on both sides.

    Args:
        recordings: the set.
        n_folds: how many, at least 2 and at most as many as there are subsets.
        seed: of the shuffle of subsets.

    Raises:
        ValueError: there are fewer subsets than folds.
    """
    labels = np.array([recording.label for recording in recordings])
    subsets = np.array([recording.subset for recording in recordings])
    if (found := len(set(subsets.tolist()))) < n_folds:
        raise ValueError(
            f"{found} subsets cannot be divided into {n_folds} parts without tearing one; "
            f"ask for at most {found} parts"
        )
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    return [
        from_indices(f"locations-{k}", recordings, test)
        for k, (_, test) in enumerate(folds.split(labels, labels, subsets))
    ]


def inner_split(
    recordings: Sequence[Recording],
    n_folds: int = 5,
    seed: int = 0,
    *,
    fold: int = 0,
    whole_subsets: bool = False,
) -> Split:
    """Set a fifth of the training recordings aside to choose epoch and threshold: by blocks or by subsets.

    Args:
        recordings: the training side of an outer split; the test side must not come here.
        n_folds: one part in `n_folds` validates.
        seed: how the recordings are divided.
        fold: which of the parts validates. With the same `seed` and `fold`, splits that share most of their
            subsets often set the same one aside.
        whole_subsets: put whole subsets aside, as `location_folds` does, and tear none. Clips of ESC-10
            that were cut from one source file lie in one of its folds, and scenes of one location
            sound alike: torn apart, validation would hear again what training has heard.

    Raises:
        ValueError: there are fewer subsets than parts, and they are to stay whole.
    """
    family = location_folds if whole_subsets else block_folds
    split = family(recordings, n_folds, seed)[fold]
    return Split("inner", split.train, split.test)
