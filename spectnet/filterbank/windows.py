"""How windows lie on samples, and on the segments that they share.

Taught in *Making it fast*.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


def n_frames(n_samples: int, window_length: int, hop_length: int) -> int:
    """How many whole windows fit: frame i covers samples ``i hop`` to ``i hop + window - 1``."""
    return 0 if n_samples < window_length else 1 + (n_samples - window_length) // hop_length


class Windows(NamedTuple):
    """Windows of equal length at equal steps, both in samples.

    Neighbours overlap. Cut every hop where a window ends, and each window is a sum of whole segments:
    what lies in a segment is added up once, not once a window.
    """

    window_length: int
    hop_length: int

    @property
    def rest(self) -> int:
        """Samples from a hop's start to where a window ends in it."""
        return self.window_length % self.hop_length

    @property
    def step(self) -> int:
        """Segments in a hop, 1 or 2."""
        return 2 if self.rest else 1

    @property
    def in_window(self) -> int:
        """Segments in a window."""
        return self.step * (self.window_length // self.hop_length) + (self.rest > 0)

    def n_frames(self, n_samples: int) -> int:
        """Whole windows that fit."""
        return n_frames(n_samples, self.window_length, self.hop_length)

    def segment_sums(self, values: Float[Tensor, "*batch time"]) -> Float[Tensor, "*batch segments"]:
        """Sums over the segments of whole hops: ``time`` is a multiple of the hop."""
        hops = values.unflatten(-1, (-1, self.hop_length))  # (*batch, hops, hop)
        if not self.rest:
            return hops.sum(-1)
        first, second = hops[..., : self.rest].sum(-1), hops[..., self.rest :].sum(-1)
        return torch.stack([first, second], dim=-1).flatten(-2)

    def means(
        self, segments: Float[Tensor, "*batch segments"], frames: int
    ) -> Float[Tensor, "*batch frames"]:
        """The windows' means, from their segments' sums."""
        last = (frames - 1) * self.step + 1
        total = segments[..., : last : self.step]
        for first in range(1, self.in_window):
            total = total + segments[..., first : first + last : self.step]
        return total / self.window_length
