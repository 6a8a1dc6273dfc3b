"""The task: where the bands lie, and clips of the two classes."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from spectnet.scales import spaced_frequencies
from spectnet.settings import Settings


class PlantedBand(Settings):
    """The task and the experiment; frequencies in Hz, every number fixed before the recorded run.

    Attributes:
        sample_rate: in Hz.
        clip_s: length of a clip in seconds.
        n_filters: of the bank, mel-spaced between `f_min` and `f_max`.
        f_min: lower edge of the bank's range.
        f_max: upper edge.
        bandwidth: initial decay b of every filter; so narrow that neighbours leave gaps.
        band_width: how wide the planted band is.
        band_gain_db: how far class 1 is raised in it.
        level_spread_db: standard deviation of a clip's level.
        gap_share: middle share of a gap that its band is drawn from.
        band_seed: of that draw.
        n_seeds: runs a band.
        n_steps: of the optimiser.
        batch_size: fresh clips a step.
        learning_rate: Adam's; the front-end's rates follow from its `parameter_groups`.
        paper_frontend_rate: the paper's for the front-end, with plain gradient descent.
        paper_learning_rate: the paper's for the rest.
        n_test: fresh clips that a finished run is tested on, once.
        trace_every: steps from one note of the filters' places to the next.
    """

    sample_rate: float = Field(2000.0, gt=0)
    clip_s: float = Field(0.5, gt=0)
    n_filters: int = Field(6, ge=2)
    f_min: float = Field(50.0, ge=0)
    f_max: float = Field(900.0, gt=0)
    bandwidth: float = Field(50.0, gt=0)
    band_width: float = Field(20.0, gt=0)
    band_gain_db: float = 5.0
    level_spread_db: float = Field(3.0, ge=0)
    gap_share: float = Field(0.2, ge=0, le=1)
    band_seed: int = 0
    n_seeds: int = Field(4, ge=1)
    n_steps: int = Field(400, ge=1)
    batch_size: int = Field(32, ge=2)
    learning_rate: float = Field(3e-3, gt=0)
    paper_frontend_rate: float = Field(0.1, gt=0)
    paper_learning_rate: float = Field(0.005, gt=0)
    n_test: int = Field(2000, ge=2)
    trace_every: int = Field(20, ge=1)

    @property
    def bank(self) -> Float[Tensor, " filters"]:
        """Centre frequencies of the initial bank."""
        return spaced_frequencies(self.n_filters, self.f_min, self.f_max)

    @property
    def bands(self) -> list[float]:
        """Centre of one planted band for each gap between neighbours, drawn from the gap's middle."""
        generator = torch.Generator().manual_seed(self.band_seed)
        place = torch.rand(self.n_filters - 1, generator=generator, dtype=torch.float64)
        return (self.bank[:-1] + self.bank.diff() * (0.5 + self.gap_share * (place - 0.5))).tolist()


def draw_clips(
    n: int, planted: float, settings: PlantedBand, generator: torch.Generator
) -> tuple[Float[Tensor, "{n} time"], Int[Tensor, " {n}"]]:
    """Draw white noise, raise one band of every second clip, and hide what that did to the level.

    Every clip is brought to the same power and then to a level of its own, drawn alike for both
    classes: power tells nothing, and only the band's share of it does.

    Args:
        n: how many clips.
        planted: centre of the band in Hz.
        settings: of the task.
        generator: of the noise and the levels.

    Returns:
        Waveforms, and labels: 0 for plain noise, 1 for a raised band.
    """
    n_samples = round(settings.clip_s * settings.sample_rate)
    labels = torch.arange(n) % 2
    frequency = torch.fft.rfftfreq(n_samples, 1 / settings.sample_rate)
    raised = (labels[:, None] == 1) & ((frequency - planted).abs() <= settings.band_width / 2)
    amplitude = torch.where(raised, 10 ** (settings.band_gain_db / 20), 1.0)  # (clips, frequencies)
    spectrum = amplitude * torch.fft.rfft(torch.randn(n, n_samples, generator=generator))
    waveform = torch.fft.irfft(spectrum, n_samples)
    level_db = settings.level_spread_db * torch.randn(n, 1, generator=generator)
    return waveform / waveform.square().mean(-1, keepdim=True).sqrt() * 10 ** (level_db / 20), labels
