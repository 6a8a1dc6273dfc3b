"""Per-channel energy normalisation: each filter's energy against its own recent past."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

_EXPORTED_REACH = 8192


def smooth_energy(
    energy: Float[Tensor, "batch filters frames"], smooth: Float[Tensor, " filters"]
) -> Float[Tensor, "batch filters frames"]:
    r"""First-order recursive average of each filter's energy, from its first frame on.

    $$M_0 = E_0, \qquad M_t = (1 - s)\, M_{t-1} + s\, E_t$$

    A loop over frames would be slow. Each round here joins sums over spans that double in length, so that
    1000 frames take ten rounds. An exported model does not know its number of frames and always takes 13,
    which reach 8192 frames back; what lies before has a weight of $(1 - s)^{8192}$.

    Args:
        energy: $E$, ``(batch, filters, frames)``.
        smooth: $s$ of each filter, 0 to 1.
    """
    decay, n_frames = (1.0 - smooth)[:, None], energy.shape[-1]
    sums = torch.cat([energy[..., :1], smooth[:, None] * energy[..., 1:]], dim=-1)
    span, reach = 1, _EXPORTED_REACH if torch.compiler.is_exporting() else n_frames
    while span < reach:
        sums = sums + decay * functional.pad(sums, (span, 0))[..., :n_frames]
        decay, span = decay.square(), 2 * span
    return sums


class PCEN(nn.Module):
    r"""Automatic gain control and a root, in place of the logarithm.

    $$P_t = \left(\frac{E_t}{(\epsilon + M_t)^{\alpha}} + \delta\right)^{1/r} - \delta^{1/r}$$

    with $M$ the average of `smooth_energy`. All four quantities learn, for each filter its own; they are held
    where the formula means something: $0 \le s \le 1$, $0 \le \alpha \le 1$, $\delta > 0$, $r \ge 1$.

    Args:
        n_filters: how many.
        smooth: $s$, the weight of the newest frame in the average.
        alpha: how much of the average is divided away; 1 is all.
        delta: what is added before the root.
        root: $r$; 2 is the square root.
        floor: $\epsilon$, against division by silence.
        learnable: whether the four learn.

    Shape:
        energy ``(batch, n_filters, frames)`` to the same.

    Raises:
        ValueError: a quantity outside the range that it is held in, a floor that is not positive.

    Wang et al. (2017), equations 1 and 2; a smoothing weight for each filter and the initial values are those
    of LEAF (Zeghidour et al., 2021).
    """

    _SMALLEST_DELTA = 1e-4

    def __init__(
        self,
        n_filters: int,
        smooth: float = 0.04,
        alpha: float = 0.96,
        delta: float = 2.0,
        root: float = 2.0,
        floor: float = 1e-12,
        learnable: bool = True,
    ) -> None:
        super().__init__()
        for name, value, low, high in (
            ("smooth", smooth, 0.0, 1.0),
            ("alpha", alpha, 0.0, 1.0),
            ("delta", delta, self._SMALLEST_DELTA, float("inf")),
            ("root", root, 1.0, float("inf")),
            ("floor", floor, torch.finfo(torch.float32).tiny, 1.0),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} must lie in {low:g} to {high:g}, got {value:g}")
        self.floor = floor
        self.smooth = nn.Parameter(torch.full((n_filters,), smooth), requires_grad=learnable)
        self.alpha = nn.Parameter(torch.full((n_filters,), alpha), requires_grad=learnable)
        self.delta = nn.Parameter(torch.full((n_filters,), delta), requires_grad=learnable)
        self.root = nn.Parameter(torch.full((n_filters,), root), requires_grad=learnable)

    def forward(self, energy: Float[Tensor, "batch filters frames"]) -> Float[Tensor, "batch filters frames"]:
        """Normalise and compress."""
        average = smooth_energy(energy, self.smooth.clamp(0.0, 1.0).to(energy.dtype))
        alpha = self.alpha.clamp(0.0, 1.0).to(energy.dtype)[:, None]
        delta = self.delta.clamp_min(self._SMALLEST_DELTA).to(energy.dtype)[:, None]
        power = self.root.clamp_min(1.0).to(energy.dtype)[:, None].reciprocal()
        # ln(floor + average), in a form that keeps a floor far below one, and in ONNX keeps it at all.
        log_average = torch.log1p(average / self.floor) + math.log(self.floor)
        gained = energy * torch.exp(-alpha * log_average)
        # (gained + delta)^p - delta^p without the difference of near equals that a soft sound would be lost
        # in.
        return delta.pow(power) * torch.expm1(power * torch.log1p(gained / delta))
