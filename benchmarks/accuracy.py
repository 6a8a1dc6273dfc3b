"""How far a contestant's energies and gradients are from float64's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks import reference
from benchmarks.clips import clips
from benchmarks.contestants import Contestant
from benchmarks.contestants.efficientleaf import efficientleaf
from benchmarks.contestants.gammatones import FLOOR, spectrogram
from benchmarks.workloads import Workload

_UNSEEN_FLOOR = 1e-30  # far below the top 80 dB, and still no zero in float32


def _energies(module: nn.Module, clip: Tensor) -> Tensor:
    """Out of the logarithm again."""
    with torch.no_grad():
        return module(clip).double().exp()


@dataclass(frozen=True)
class Errors:
    """What a contestant's energies are off by.

    Attributes:
        in_db: kind of sound to the largest error inside the top 80 dB.
        white_over_1_db: share of the bins of white noise that are off by over 1 dB.
    """

    in_db: dict[str, float]
    white_over_1_db: float


def energy_errors(
    contestant: Contestant, workload: Workload, initialisation: str, options: dict[str, Any]
) -> Errors | None:
    """Measure them; None for a contestant whose feature nothing else here computes."""
    if contestant.computes not in {"gammatone", "efficientleaf"}:
        return None
    module = contestant.build(workload, initialisation, floor=_UNSEEN_FLOOR, **options)
    truth = _truth(contestant, workload, initialisation)
    in_db, over = {}, 0.0
    for kind, sounds in clips(workload).items():
        pairs = [(_energies(module, clip), truth(clip)) for clip in sounds.split(1)]
        in_db[kind] = max(reference.error_db(*pair) for pair in pairs)
        if kind == "white":
            over = reference.share_over(*pairs[0], db=1.0)
    return Errors(in_db, over)


def _truth(contestant: Contestant, workload: Workload, initialisation: str) -> Callable[[Tensor], Tensor]:
    """What finds the right energies of a clip."""
    if contestant.computes == "efficientleaf":
        full_rate = efficientleaf(workload, initialisation, floor=_UNSEEN_FLOOR, stride_factor=0.0)
        return partial(_energies, full_rate)
    layer = spectrogram(workload, initialisation)
    frequencies, bandwidths = layer.center_frequencies.detach(), layer.bandwidths.detach()
    return partial(reference.energy, workload, frequencies, bandwidths)


def gradient_errors(
    contestant: Contestant, workload: Workload, initialisation: str, options: dict[str, Any]
) -> dict[str, dict[str, float]] | None:
    """Pass to kind of sound to the largest relative error of a gradient, in the norm.

    The loss weighs every log energy by a fixed random number; the gradients are those to the centre
    frequencies and the bandwidths (through the layer's own parameters) and to the waveform.
    """
    if contestant.computes != "gammatone":
        return None
    module = contestant.build(workload, initialisation, **options)
    layer = spectrogram(workload, initialisation).double()
    to_parameters: dict[str, float] = {}
    to_input: dict[str, float] = {}
    for kind, sounds in clips(workload).items():
        to_parameters[kind] = to_input[kind] = 0.0
        for clip in sounds.split(1):
            found, expected = _gradients(module, clip), _true_gradients(layer, workload, clip)
            errors = [_relative(a, b) for a, b in zip(found, expected, strict=True)]
            to_parameters[kind] = max(to_parameters[kind], *errors[:-1])
            to_input[kind] = max(to_input[kind], errors[-1])
    both = {kind: max(to_parameters[kind], to_input[kind]) for kind in to_parameters}
    return {"forward_backward": to_parameters, "forward_backward_input": both}


def _gradients(module: nn.Module, clip: Tensor) -> tuple[Tensor, ...]:
    clip = clip.clone().requires_grad_()
    output = module(clip)
    return torch.autograd.grad((_weights(output) * output).sum(), [*module.parameters(), clip])


def _true_gradients(layer: nn.Module, workload: Workload, clip: Tensor) -> tuple[Tensor, ...]:
    clip = clip.double().requires_grad_()
    energy = reference.energy(workload, layer.center_frequencies, layer.bandwidths, clip)
    output = torch.log(energy + FLOOR)
    return torch.autograd.grad((_weights(output) * output).sum(), [*layer.parameters(), clip])


def _weights(output: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(output.shape, generator=generator, dtype=torch.float64).to(output.dtype)


def _relative(found: Tensor, expected: Tensor) -> float:
    return float((found.double() - expected.double()).norm() / expected.double().norm())
