"""Which segments an epoch shows: both classes of every subset equally often.

71 % of subset a is abnormal and 9 % of e, and each has its own sensor. Drawn as they come,
recognising the sensor would pay; drawn like this, it does not. Differences between the classes
inside one subset, such as the coarse quantisation of e's normal recordings, remain.

Taught in *Data and splits*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Sampler

from spectnet.segments import SegmentDataset


def balanced_weights(dataset: SegmentDataset, subset_exponent: float = 0.0) -> Float[Tensor, " recordings"]:
    """Chance that a segment is drawn from each recording: both classes of a subset alike.

    Args:
        dataset: to draw from.
        subset_exponent: a subset counts by its number of recordings to this power. At 0 all subsets
            count alike, and few recordings are drawn very often; at 1 each counts by its size.
    """
    cells = [(recording.subset, recording.label) for recording in dataset.recordings]
    # A recording without a segment (no whole beat) must not take its cell's share.
    size = Counter(cell for cell, n in zip(cells, dataset.n_segments, strict=True) if n)
    subsets = Counter({subset: 0 for subset, _ in size})
    for (subset, _), n in size.items():
        subsets[subset] += n
    share = {cell: subsets[cell[0]] ** subset_exponent / n for cell, n in size.items()}
    total = sum(subsets[subset] ** subset_exponent for subset, _ in size)
    return torch.tensor(
        [share[c] / total if n else 0.0 for c, n in zip(cells, dataset.n_segments, strict=True)],
        dtype=torch.float64,
    )


class BalancedSampler(Sampler[int]):
    """Draw `n_samples` segments an epoch, with replacement: first a recording, then one of its segments.

    Args:
        dataset: to draw from.
        n_samples: an epoch.
        generator: seeds every draw.
        subset_exponent: as in `balanced_weights`.
    """

    def __init__(
        self,
        dataset: SegmentDataset,
        n_samples: int,
        generator: torch.Generator,
        subset_exponent: float = 0.0,
    ) -> None:
        self.n_samples, self.generator = n_samples, generator
        self._weights = balanced_weights(dataset, subset_exponent)
        self._counts = torch.from_numpy(np.asarray(dataset.n_segments))
        self._first = torch.cumsum(self._counts, 0) - self._counts

    def __len__(self) -> int:
        return self.n_samples

    def __iter__(self) -> Iterator[int]:
        owners = torch.multinomial(self._weights, self.n_samples, replacement=True, generator=self.generator)
        place = torch.rand(self.n_samples, dtype=torch.float64, generator=self.generator)
        rows = (place * self._counts[owners]).long()  # (n_samples,)
        return iter((self._first[owners] + rows).tolist())
