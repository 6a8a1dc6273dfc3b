"""What becomes of an energy: a logarithm, a power that learns; and what is taken off over time.

Both work on each filter by itself, so that a bank of any size can be in front of them.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet.frontend import arguments
from spectnet.frontend.bounded import BoundedParameter
from spectnet.frontend.pcen import PCEN

COMPRESSIONS = ("log", "power", "pcen", "none")
NORMALISATIONS = ("none", "mean", "standard")


class LogCompression(nn.Module):
    r"""Natural logarithm, $\ln(E + \epsilon)$.

    Args:
        floor: $\epsilon$, the energy that silence is drawn with.

    Shape:
        energy ``(batch, filters, frames)`` to the same.

    Raises:
        ValueError: a negative floor.
    """

    def __init__(self, floor: float = 1e-6) -> None:
        super().__init__()
        arguments.check_floor(floor)
        self.floor = floor

    def forward(self, energy: Float[Tensor, "batch filters frames"]) -> Float[Tensor, "batch filters frames"]:
        """Compress."""
        if torch.compiler.is_exporting() and self.floor > 0:
            # ONNX's optimiser drops a small number that is added, and silence would be minus infinity.
            return torch.log(energy / self.floor + 1.0) + math.log(self.floor)
        return torch.log(energy + self.floor)


class PowerCompression(nn.Module):
    r"""A power of each filter's own, $(E + \epsilon)^{\gamma} - \epsilon^{\gamma}$ with $0 < \gamma < 1$.

    Silence is zero, and nothing below it. Near 0 the power is a logarithm but for its scale, at 1 it is the
    energy itself: where between them a filter stands, it can learn.

    Args:
        n_filters: how many.
        exponent: initial $\gamma$; a third is the ear's, from sound intensity to loudness.
        floor: $\epsilon$, below which the power is all but linear.
        learnable: whether the powers learn.

    Shape:
        energy ``(batch, n_filters, frames)`` to the same.

    Raises:
        ValueError: a power outside 0 to 1, a floor that is not positive (there the slope is infinite).

    The cubic root is Hermansky's (1990), after Stevens's power law of hearing.
    """

    def __init__(
        self, n_filters: int, exponent: float = 1 / 3, floor: float = 1e-6, learnable: bool = True
    ) -> None:
        super().__init__()
        if not 0 < floor < float("inf"):
            raise ValueError(f"floor must be positive for a power, got {floor:g}")
        if not 0 < exponent < 1:
            raise ValueError(f"exponent must lie between 0 and 1, got {exponent:g}")
        self.floor = floor
        start = torch.full((n_filters,), exponent, dtype=torch.float64)
        self.exponent = BoundedParameter(start, 0.0, 1.0, learnable=learnable)

    def forward(self, energy: Float[Tensor, "batch filters frames"]) -> Float[Tensor, "batch filters frames"]:
        """Compress."""
        exponent = self.exponent().to(energy.dtype)[:, None]
        # The difference of two powers, without the digits that it would lose on soft sounds.
        growth = torch.expm1(exponent * torch.log1p(energy / self.floor))
        return torch.exp(exponent * math.log(self.floor)) * growth


def make_compression(name: str, n_filters: int, floor: float, *, learnable: bool) -> nn.Module:
    """The compression of that name, one of `COMPRESSIONS`.

    Raises:
        ValueError: an unknown name, a floor that the compression cannot take.
    """
    arguments.check_choice("compression", name, COMPRESSIONS)
    if name == "log":
        return LogCompression(floor)
    if name == "power":
        return PowerCompression(n_filters, floor=floor, learnable=learnable)
    return PCEN(n_filters, learnable=learnable) if name == "pcen" else nn.Identity()


class OverTime(nn.Module):
    r"""Each filter against its own mean over the clip, and perhaps its own spread.

    Of log energies the mean holds what a microphone and its distance do to every frame alike; without it a
    recording from another device looks more like the first. What a clip is filled up with counts as sound.

    Args:
        normalisation: ``"none"``; ``"mean"`` is taken off; ``"standard"`` divides by the standard deviation
            too.
        smallest: deviation below which a filter counts as constant, so that silence stays zero.

    Shape:
        spectrogram ``(batch, filters, frames)`` to the same.

    Raises:
        ValueError: another name.

    Atal (1974) for the mean; in its other form this is instance normalisation (Ulyanov et al., 2016).
    """

    def __init__(self, normalisation: str = "mean", smallest: float = 1e-2) -> None:
        super().__init__()
        arguments.check_choice("normalisation", normalisation, NORMALISATIONS)
        self.normalisation, self.smallest = normalisation, smallest

    def forward(
        self, spectrogram: Float[Tensor, "batch filters frames"]
    ) -> Float[Tensor, "batch filters frames"]:
        """Normalise."""
        if self.normalisation == "none":
            return spectrogram
        centred = spectrogram - spectrogram.mean(-1, keepdim=True)
        if self.normalisation == "mean":
            return centred
        variance = centred.square().mean(-1, keepdim=True)
        return centred * torch.rsqrt(variance + self.smallest**2)

    def extra_repr(self) -> str:
        """What `print` shows of the module."""
        return self.normalisation
