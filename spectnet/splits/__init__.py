"""Which recordings train and which test, so that the test stays honest.

Every split is over whole recordings. No list names patients, and one patient gave up to six
recordings. `block_folds` and `inner_split` keep neighbours in name together, which helps where
recordings are numbered as they were made; PhysioNet numbered its own at random within a subset.
Leaving a whole subset out is the only split that is sure to share no patient. For scenes a subset is a
location, or the fold that a set came with, and `location_folds` keeps each on one side.

Taught in *Data and splits*.
"""

from spectnet.splits.balance import balancing_weights
from spectnet.splits.folds import (
    BLOCK_SIZE,
    block_folds,
    inner_split,
    leave_one_subset_out,
    location_folds,
    neighbour_blocks,
    stratified_folds,
)
from spectnet.splits.named import named_split
from spectnet.splits.published import PAPER_LISTS, esc10_fold, paper_fold, tut2016_fold
from spectnet.splits.split import Split

__all__ = [
    "BLOCK_SIZE",
    "PAPER_LISTS",
    "Split",
    "balancing_weights",
    "block_folds",
    "esc10_fold",
    "inner_split",
    "leave_one_subset_out",
    "location_folds",
    "named_split",
    "neighbour_blocks",
    "paper_fold",
    "stratified_folds",
    "tut2016_fold",
]
