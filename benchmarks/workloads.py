"""What is computed: batches of so many waveforms at a rate, drawn by so many filters."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

ORDER = 4
SCALE = "mel"
WINDOW_S, HOP_S = 0.025, 0.010
INITIALISATIONS: dict[str, str | float] = {"default": "spacing", "b100": 100.0}
"""Name of an initialisation to the layer's `bandwidth_rule`."""
PASSES = ("forward", "forward_backward", "forward_backward_input")


@dataclass(frozen=True)
class Workload:
    """One batch to draw.

    Attributes:
        name: such as ``"H1-16"``; H is for hearts, S for sounds.
        batch: waveforms in a batch.
        n_samples: of each waveform.
        sample_rate: in Hz.
        n_filters: of the front-end.
        f_min: lower edge of the filters' range in Hz; the upper one is 0.45 of the rate.
    """

    name: str
    batch: int
    n_samples: int
    sample_rate: int
    n_filters: int
    f_min: float

    @property
    def f_max(self) -> float:
        """Upper edge of the filters' range in Hz."""
        return 0.45 * self.sample_rate

    @property
    def window_length(self) -> int:
        """Samples in a window."""
        return round(WINDOW_S * self.sample_rate)

    @property
    def hop_length(self) -> int:
        """Samples from one window to the next."""
        return round(HOP_S * self.sample_rate)

    @property
    def is_heart(self) -> bool:
        """Whether its rate is one that heart sounds are recorded at."""
        return self.sample_rate <= 2000

    def waveform(self) -> Tensor:
        """White noise at a tenth of full scale, the same each time."""
        generator = torch.Generator().manual_seed(0)
        return 0.1 * torch.randn(self.batch, self.n_samples, generator=generator)

    def smaller(self, *, batch: int, seconds: float) -> Workload:
        """The same front-end over less sound."""
        n_samples = min(self.n_samples, round(seconds * self.sample_rate))
        return replace(self, batch=min(self.batch, batch), n_samples=n_samples)


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("H1-16", 64, 2500, 1000, 16, 25.0),
        Workload("H1-64", 64, 2500, 1000, 64, 25.0),
        Workload("H2", 32, 10_000, 2000, 64, 25.0),
        Workload("S1", 8, 160_000, 16_000, 64, 50.0),
        Workload("S2", 4, 441_000, 44_100, 64, 50.0),
    )
}
