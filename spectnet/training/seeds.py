"""Where a run's random numbers come from: the seed, and the number of the epoch.

Every epoch seeds its generators afresh. So a run that is continued at an epoch needs to remember no
state of any generator, on any device, to go on as if it had never stopped.
"""

from __future__ import annotations

import numpy as np
import torch


def seed_everything(seed: int) -> torch.Generator:
    """Seed PyTorch, and give a generator with the same seed."""
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def epoch_seed(seed: int, epoch: int, process: int = 0) -> int:
    """A seed for one epoch of a run, and for one of its processes.

    Args:
        seed: of the run.
        epoch: its number.
        process: its number; what all processes must draw alike, such as which segments, takes 0.

    Example:
        >>> len({epoch_seed(0, 1), epoch_seed(0, 2), epoch_seed(1, 1), epoch_seed(0, 1, process=1)})
        4
    """
    mixed = np.random.SeedSequence([seed, epoch, process]).generate_state(1, np.uint64)
    return int(mixed[0] >> np.uint64(1))  # torch takes 63 bits everywhere
