"""Training on the task: the arms that are compared, and one run of one of them."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor, nn

from spectnet.frontend import GammatoneSpectrogram
from spectnet.planted.task import PlantedBand, draw_clips
from spectnet.settings import Settings

# Added to a run's seed, so that no noise it was trained on is tested on.
_TEST_SEED = 1_000_000


class Arm(Settings):
    """One way to train on the task.

    Attributes:
        twin: name of the arm that differs only in that its filters stand still.
        learnable: whether filters move.
        parametrisation: of the filters, as `GammatoneSpectrogram` takes it.
        optimizer: ``"adam"``, or ``"sgd"`` as in the paper: no momentum, no decay, its two constant rates.
        n_hidden: units between the spectrogram and the decision; 0 for a linear one.
    """

    twin: str
    learnable: bool = True
    parametrisation: Literal["scale", "hertz"] = "scale"
    optimizer: Literal["adam", "sgd"] = "adam"
    n_hidden: int = Field(16, ge=0)


ARMS = {
    "learned": Arm(twin="static"),
    "static": Arm(twin="static", learnable=False),
    "raw_hertz": Arm(twin="static_sgd", parametrisation="hertz", optimizer="sgd"),
    "static_sgd": Arm(twin="static_sgd", learnable=False, optimizer="sgd"),
    # Which of the two was it? Change one at a time.
    "scale_sgd": Arm(twin="static_sgd", optimizer="sgd"),
    "hertz_adam": Arm(twin="static", parametrisation="hertz"),
    # A decision that starts with one random sign a filter may send the filter the wrong way.
    "linear": Arm(twin="static_linear", n_hidden=0),
    "static_linear": Arm(twin="static_linear", learnable=False, n_hidden=0),
}


class Run(Settings):
    """One arm on one band with one seed: where its filters went, and what it was worth.

    Attributes:
        arm: name in `ARMS`.
        band: number of the gap that the band lies in.
        seed: of the weights and of the clips.
        planted: centre of the band in Hz.
        steps: at which the filters' places were noted; the first is 0, the last the end.
        center_frequencies: in Hz, one row a noted step.
        bandwidths: decay b in Hz, likewise.
        accuracy: share of the fresh clips that were named rightly.
        seconds: that training took.
    """

    arm: str
    band: int
    seed: int
    planted: float
    steps: tuple[int, ...]
    center_frequencies: tuple[tuple[float, ...], ...]
    bandwidths: tuple[tuple[float, ...], ...]
    accuracy: float
    seconds: float

    @property
    def distances(self) -> Float[np.ndarray, " steps"]:
        """From the band to the filter that is nearest to it, at each noted step."""
        return np.abs(np.array(self.center_frequencies) - self.planted).min(axis=1)

    @property
    def distance_ratio(self) -> float:
        """The last of the distances in units of the first."""
        return float(self.distances[-1] / self.distances[0])

    @property
    def largest_move(self) -> float:
        """How far from its start, in Hz, that filter ended which went furthest."""
        places = np.array(self.center_frequencies)
        return float(np.abs(places[-1] - places[0]).max())

    @property
    def nearest_bandwidth(self) -> float:
        """Decay b in Hz, at the end, of the filter that is then nearest to the band."""
        nearest = np.abs(np.array(self.center_frequencies[-1]) - self.planted).argmin()
        return self.bandwidths[-1][nearest]


class BandDetector(nn.Module):
    """Spectrogram, its mean over time without the clip's own level, and a small decision.

    Args:
        settings: of the task.
        arm: what learns, and how.

    Shape:
        waveform ``(batch, time)`` to the log odds of class 1, ``(batch,)``.
    """

    def __init__(self, settings: PlantedBand, arm: Arm) -> None:
        super().__init__()
        n = settings.n_filters
        self.frontend = GammatoneSpectrogram(
            settings.sample_rate,
            n_filters=n,
            f_min=settings.f_min,
            f_max=settings.f_max,
            bandwidth_rule=settings.bandwidth,
            learnable=arm.learnable,
            parametrisation=arm.parametrisation,
        )
        hidden = [nn.Linear(n, arm.n_hidden), nn.ReLU()] if arm.n_hidden else []
        self.decision = nn.Sequential(
            nn.BatchNorm1d(n, affine=False), *hidden, nn.Linear(arm.n_hidden or n, 1), nn.Flatten(0)
        )

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, " batch"]:
        """Log odds that the band is raised."""
        energy = self.frontend(waveform).mean(-1)  # (batch, filters)
        return self.decision(energy - energy.mean(-1, keepdim=True))


def _optimizer(model: BandDetector, arm: Arm, settings: PlantedBand) -> torch.optim.Optimizer:
    rest = list(model.decision.parameters())
    if arm.optimizer == "adam":
        groups = model.frontend.parameter_groups(settings.learning_rate)
        return torch.optim.Adam([*groups, {"params": rest}], lr=settings.learning_rate)
    moving = [p for p in model.frontend.parameters() if p.requires_grad]
    groups = [{"params": moving, "lr": settings.paper_frontend_rate}] if moving else []
    return torch.optim.SGD([*groups, {"params": rest}], lr=settings.paper_learning_rate)


def run(settings: PlantedBand, name: str, band: int, seed: int) -> Run:
    """Train one arm on one band for the fixed number of steps, and test it once on fresh clips.

    Twins with the same seed start from the same weights and hear the same clips.

    Args:
        settings: of the task.
        name: of the arm, in `ARMS`.
        band: number of the gap that the band lies in.
        seed: of the weights and of the clips.

    Raises:
        ValueError: no such arm or band.
    """
    if name not in ARMS or not 0 <= band < len(settings.bands):
        raise ValueError(
            f"name and band must be one of {', '.join(ARMS)} and 0 to {len(settings.bands) - 1}, "
            f"got {name!r} and {band}"
        )
    started, arm, planted = time.perf_counter(), ARMS[name], settings.bands[band]
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = BandDetector(settings, arm)
    optimizer = _optimizer(model, arm, settings)
    traces = [_places(model)]
    steps = [0]
    for step in range(1, settings.n_steps + 1):
        waveform, labels = draw_clips(settings.batch_size, planted, settings, generator)
        loss = nn.functional.binary_cross_entropy_with_logits(model(waveform), labels.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step == settings.n_steps or (arm.learnable and step % settings.trace_every == 0):
            steps.append(step)
            traces.append(_places(model))
    seconds = time.perf_counter() - started
    centers, bandwidths = zip(*traces, strict=True)
    return Run(
        arm=name, band=band, seed=seed, planted=planted, steps=tuple(steps), center_frequencies=centers,
        bandwidths=bandwidths, accuracy=_accuracy(model, planted, settings, seed), seconds=round(seconds, 2),
    )  # fmt: skip


def _places(model: BandDetector) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Centre frequencies and bandwidths, to a tenth of a thousandth of a Hz."""
    both = model.frontend.center_frequencies, model.frontend.bandwidths
    centers, bandwidths = (tuple(round(v, 4) for v in values.detach().tolist()) for values in both)
    return centers, bandwidths


@torch.no_grad()
def _accuracy(model: BandDetector, planted: float, settings: PlantedBand, seed: int) -> float:
    model.eval()
    generator = torch.Generator().manual_seed(_TEST_SEED + seed)
    waveform, labels = draw_clips(settings.n_test, planted, settings, generator)
    return float(((model(waveform) > 0) == (labels == 1)).double().mean())
