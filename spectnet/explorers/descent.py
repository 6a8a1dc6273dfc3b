r"""One gammatone that looks for a tone in noise by going downhill: its loss, and every place it stands on.

$$L = -\ln \frac{T}{T + N}, \qquad T = P\,|H(f_0)|^2, \qquad N = \sigma^2 \sum_k h_k^2$$

T is the energy of the tone behind the filter, N what is expected of white noise. Taught in *A spectrogram
that learns*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import gammatone, scales
from spectnet.frontend.bounded import BoundedParameter, RawParameter

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Listening:
    """What a filter listens to, and where it may stand.

    Attributes:
        tone: frequency of the tone in Hz.
        noise_db: power of the white noise, from 0 Hz to half the sample rate, over that of the tone.
        sample_rate: in Hz.
        order: of the gammatone.
        scale: on which its centre is held, unless in raw Hz.
        bounds: lowest and highest centre frequency, smallest and largest bandwidth b, in Hz.
    """

    tone: float
    noise_db: float
    sample_rate: float
    order: int
    scale: str
    bounds: Bounds

    def loss(
        self, center_frequency: Float[Tensor, " filters"], bandwidth: Float[Tensor, " filters"]
    ) -> Float[Tensor, " filters"]:
        """$-\\ln$ of the tone's share in what each filter lets through; differentiable, float64."""
        rate, order = self.sample_rate, self.order
        f, b = center_frequency.double(), bandwidth.double()
        at = torch.tensor([self.tone], dtype=torch.float64)
        heard = gammatone.frequency_response(f, b, at, sample_rate=rate, order=order)[:, 0].abs().square()
        taps = gammatone.effective_length(b, sample_rate=rate, order=order)
        ring = gammatone.impulse_response(f, b, kernel_size=taps, sample_rate=rate, order=order)
        hiss = 10 ** (self.noise_db / 10) * ring.square().sum(dim=1)
        return torch.log1p(hiss / heard)


@dataclass(frozen=True)
class Place:
    """Where a filter stands after some steps; slopes are the loss's per Hz of centre and of bandwidth."""

    center_frequency: float
    bandwidth: float
    loss: float
    slopes: tuple[float, float]

    @property
    def share(self) -> float:
        """The tone's share in what comes through."""
        return math.exp(-self.loss)


class Descent:
    """A filter that goes downhill by `torch.optim`, one step at a time; every place is kept in `path`.

    Args:
        listening: to what, and within which bounds.
        parametrisation: ``"scale"``, as `GammatoneSpectrogram` holds its filters, or ``"hertz"``, raw.
        optimiser: ``"sgd"`` or ``"adam"``.
        learning_rate: of both parameters.
        start: centre frequency and bandwidth in Hz, inside the bounds.

    Raises:
        ValueError: a start on or outside a bound.
    """

    def __init__(
        self,
        listening: Listening,
        parametrisation: str,
        optimiser: str,
        learning_rate: float,
        start: tuple[float, float],
    ) -> None:
        self.listening, self._on_scale = listening, parametrisation == "scale"
        self._held = nn.ModuleList(self._hold(start))
        steppers = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
        self._optimizer = steppers[optimiser](self._held.parameters(), lr=learning_rate)
        self.path = [self._look()]

    def walk(self, n_steps: int) -> list[Place]:
        """The places from the start to the one after so many steps."""
        while len(self.path) <= n_steps:
            self._optimizer.step()
            self.path.append(self._look())
        return self.path[: n_steps + 1]

    def _hold(self, start: tuple[float, float]) -> list[BoundedParameter | RawParameter]:
        f_low, f_high, b_low, b_high = self.listening.bounds
        values = torch.tensor(start, dtype=torch.float64)
        edges = torch.tensor([[f_low, f_high], [b_low, b_high]], dtype=torch.float64)
        if not self._on_scale:
            pairs = zip(values, edges.tolist(), strict=True)
            return [_exactly(RawParameter(v[None], *e, learnable=True), v) for v, e in pairs]
        values = torch.stack([scales.to_scale(values[0], self.listening.scale), values[1].log()])
        edges = torch.stack([scales.to_scale(edges[0], self.listening.scale), edges[1].log()])
        pairs = zip(values, edges.tolist(), strict=True)
        return [_exactly(BoundedParameter(v[None], *e, learnable=True), v) for v, e in pairs]

    def _look(self) -> Place:
        """Where the filter stands now; leaves the parameters the gradient that the next step takes."""
        first, second = (held() for held in self._held)
        f, b = first, second
        if self._on_scale:
            f, b = scales.from_scale(first, self.listening.scale), second.exp()
        loss = self.listening.loss(f, b)
        slopes = torch.autograd.grad(loss, (f, b))
        self._optimizer.zero_grad()
        torch.autograd.backward((f, b), slopes)
        return Place(f.item(), b.item(), loss.item(), (slopes[0].item(), slopes[1].item()))


def _exactly(held: BoundedParameter | RawParameter, value: Tensor) -> BoundedParameter | RawParameter:
    """In float64: the layer's float32 could not show the steps of raw Hz."""
    held.double()
    with torch.no_grad():
        if isinstance(held, BoundedParameter):
            held.theta.copy_(torch.logit((value - held.low) / (held.high - held.low)))
        else:
            held.value.copy_(value)
    return held
