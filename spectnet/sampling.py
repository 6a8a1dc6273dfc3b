"""Which segments an epoch shows: every class of every subset equally often.

71 % of subset a is abnormal and 9 % of e, and each has its own sensor. Drawn as they come,
recognising the sensor would pay; drawn like this, it does not. Differences between the classes
inside one subset, such as the coarse quantisation of e's normal recordings, remain.

Taught in *One recording, all the way*.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import WeightedRandomSampler

from spectnet.segments import SegmentDataset


def balanced_weights(dataset: SegmentDataset) -> Float[Tensor, " segments"]:
    """Probability of each segment: uniform over class x subset, then recordings, then segments."""
    owners = dataset.recording_index
    segments = np.bincount(owners, minlength=len(dataset.recordings))
    cells = [(recording.subset, recording.label) for recording in dataset.recordings]
    # A recording without a segment (no whole beat) must not take its cell's share.
    size = Counter(cell for cell, n in zip(cells, segments, strict=True) if n)
    share = np.array(
        [1 / (len(size) * size[c] * n) if n else 0.0 for c, n in zip(cells, segments, strict=True)]
    )
    return torch.from_numpy(share[owners])


def balanced_sampler(
    dataset: SegmentDataset, n_samples: int, generator: torch.Generator
) -> WeightedRandomSampler:
    """Draw `n_samples` segments an epoch, with replacement, balanced over class x subset."""
    return WeightedRandomSampler(balanced_weights(dataset).tolist(), n_samples, generator=generator)
