"""Which recordings train and which test, so that the test stays honest.

Every split is over whole recordings. No list names patients, and one patient gave up to six
recordings. `block_folds` and `inner_split` keep neighbours in name together, which helps where
recordings are numbered as they were made; PhysioNet numbered its own at random within a subset.
Leaving a whole subset out is the only split that is sure to share no patient.

Taught in *Data and splits*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from spectnet.recordings import ABNORMAL, NORMAL, Recording

PAPER_LISTS = Path(__file__).parents[1] / "data" / "paper-splits"
BLOCK_SIZE = 10  # recordings; nobody gave more than six


@dataclass(frozen=True)
class Split:
    """Names of the recordings that train and of those that test; they share none."""

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]

    def __post_init__(self) -> None:
        if shared := set(self.train) & set(self.test):
            raise ValueError(
                f"{self.name}: {len(shared)} recordings both train and test, such as {min(shared)}"
            )
        if not self.train or not self.test:
            raise ValueError(
                f"{self.name} has {len(self.train)} recordings to train and {len(self.test)} to test"
            )

    def apply(self, recordings: Sequence[Recording]) -> tuple[list[Recording], list[Recording]]:
        """The recordings that train and those that test.

        Raises:
            ValueError: a recording of the split is not among `recordings`.
        """
        by_name = {recording.name: recording for recording in recordings}
        if missing := [name for name in (*self.train, *self.test) if name not in by_name]:
            raise ValueError(
                f"{self.name} needs {len(missing)} recordings that are missing, such as {missing[0]}; "
                "fetch them with `spectnet fetch physionet2016`"
            )
        return [by_name[name] for name in self.train], [by_name[name] for name in self.test]


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


def _from_indices(name: str, recordings: Sequence[Recording], test: np.ndarray) -> Split:
    chosen = set(test.tolist())
    return Split(
        name,
        tuple(r.name for i, r in enumerate(recordings) if i not in chosen),
        tuple(r.name for i, r in enumerate(recordings) if i in chosen),
    )


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
        _from_indices(f"stratified-{k}", recordings, test)
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
        _from_indices(f"blocks-{k}", recordings, test)
        for k, (_, test) in enumerate(folds.split(cells, cells, blocks))
    ]


def leave_one_subset_out(recordings: Sequence[Recording]) -> list[Split]:
    """One split a subset: it tests, all others train. No patient and no device is shared."""
    subsets = np.array([recording.subset for recording in recordings])
    return [
        _from_indices(f"leave-out-{subset}", recordings, np.flatnonzero(subsets == subset))
        for subset in np.unique(subsets)
    ]


def inner_split(recordings: Sequence[Recording], n_folds: int = 5, seed: int = 0, *, fold: int = 0) -> Split:
    """Set a fifth of the training recordings aside, by blocks, to choose epoch and threshold.

    Args:
        recordings: the training side of an outer split; the test side must not come here.
        n_folds: one part in `n_folds` validates.
        seed: how the recordings are divided.
        fold: which of the parts validates.
    """
    split = block_folds(recordings, n_folds, seed)[fold]
    return Split("inner", split.train, split.test)


def balancing_weights(recordings: Sequence[Recording]) -> np.ndarray:
    """Weights under which both classes count alike in every subset, as in the Challenge's validation set.

    A subset counts by its rarer class; one with a single class counts nothing, since there
    recognising the device would look like recognising disease.

    Returns:
        float64 ``(recordings,)``.
    """
    counts = Counter((r.subset, r.label) for r in recordings)
    return np.array(
        [
            min(counts[r.subset, NORMAL], counts[r.subset, ABNORMAL]) / counts[r.subset, r.label]
            for r in recordings
        ]
    )


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


def named_split(name: str, recordings: Sequence[Recording]) -> Split:
    """The split that a config names: ``paper-fold-0``, ``stratified-3``, ``blocks-1``, ``leave-out-a``.

    Raises:
        ValueError: no such split.
    """
    kind, _, which = name.rpartition("-")
    if kind == "paper-fold" and which in tuple("0123"):
        return paper_fold(int(which))
    families = {"stratified": stratified_folds, "blocks": block_folds, "leave-out": leave_one_subset_out}
    known = families[kind](recordings) if kind in families else []
    for split in known:
        if split.name == name:
            return split
    raise ValueError(
        "split must be paper-fold-0 to -3, stratified-0 to -4, blocks-0 to -4 or leave-out-<subset>, "
        f"got {name!r}"
    )
