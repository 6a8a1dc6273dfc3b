"""The explorer of a filter that learns: a landscape to go down in, step by step.

A gammatone looks for a tone in noise. Loss and path follow from where it starts, how its place is held, who
steps and how far; all drawn in the browser with no kernel.
"""

from __future__ import annotations

import math
from typing import Any

import anywidget
import numpy as np
import torch
import traitlets
from jaxtyping import Float

from spectnet import scales
from spectnet.explorers.descent import Bounds, Descent, Listening, Place
from spectnet.explorers.module import STYLE, joined
from spectnet.frontend import GammatoneSpectrogram
from spectnet.orders import MAX_ORDER

MOST_STEPS = 300
START_BANDWIDTH = 20.0  # Hz, of the layer whose bounds hold at first
_SCALES = ("mel", "erb", "linear")
_WAY = (
    "tone",
    "noise_db",
    "start_frequency",
    "start_bandwidth",
    "parametrisation",
    "optimiser",
    "learning_rate",
)


class LearningExplorer(anywidget.AnyWidget):
    """Let one filter look for a tone in noise, and see why it moves or does not.

    The loss is minus the logarithm of the tone's share in what the filter lets through. Every setting is a
    synced trait: read it, set it, `observe` it or `jslink` it. A setting out of range raises
    `traitlets.TraitError` and leaves the others as they were.

    Attributes:
        tone: frequency of the tone in Hz, inside the bounds of the centre.
        noise_db: power of the white noise over that of the tone, -30 to 30 dB.
        start_frequency: where the filter starts, in Hz, inside its bounds.
        start_bandwidth: how wide it starts, decay b in Hz, inside its bounds.
        parametrisation: ``"scale"``, as the layer holds its filters, or ``"hertz"``, raw.
        optimiser: ``"sgd"`` (plain descent) or ``"adam"``.
        learning_rate: 0.0001 to 1000.
        n_steps: how many steps it has taken, 0 to 300.
        center_frequency: where it stands then, in Hz; follows from the settings, as the three below.
        bandwidth: its decay b in Hz.
        loss: minus the logarithm of the tone's share in what comes through.
        slopes: of the loss, per Hz of centre frequency and per Hz of bandwidth.
        bounds: lowest and highest centre frequency, smallest and largest bandwidth, in Hz.
        sample_rate: in Hz.

    Args:
        tone: see the attributes above, as for all that follow.
        noise_db: in dB.
        start_frequency: in Hz.
        start_bandwidth: in Hz.
        parametrisation: how centre and bandwidth are held.
        optimiser: who steps.
        learning_rate: of both.
        n_steps: taken.
        layer: whose sample rate, order, scale and bounds hold; by default a layer's at 1000 Hz.

    Raises:
        TraitError: a setting out of range.
        ValueError: a layer on a scale that is not mel, ERB or linear, or with several orders.

    Example:
        >>> explorer = LearningExplorer(tone=250, start_frequency=120)
        >>> explorer.n_steps = 100
        >>> abs(explorer.center_frequency - 250) < 1
        True

    Taught in *A spectrogram that learns*.
    """

    _esm = joined("learning.js")
    _css = STYLE

    tone = traitlets.Float(250.0).tag(sync=True)
    noise_db = traitlets.Float(10.0, min=-30.0, max=30.0).tag(sync=True)
    start_frequency = traitlets.Float(120.0).tag(sync=True)
    start_bandwidth = traitlets.Float(START_BANDWIDTH).tag(sync=True)
    parametrisation = traitlets.Enum(("scale", "hertz"), "scale").tag(sync=True)
    optimiser = traitlets.Enum(("sgd", "adam"), "sgd").tag(sync=True)
    learning_rate = traitlets.Float(0.02, min=1e-4, max=1e3).tag(sync=True)
    n_steps = traitlets.Int(0, min=0, max=MOST_STEPS).tag(sync=True)
    center_frequency = traitlets.Float(read_only=True).tag(sync=True)
    bandwidth = traitlets.Float(read_only=True).tag(sync=True)
    loss = traitlets.Float(read_only=True).tag(sync=True)
    slopes = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    sample_rate = traitlets.Float(1000.0, read_only=True).tag(sync=True)
    order = traitlets.Int(4, min=1, max=MAX_ORDER, read_only=True).tag(sync=True)
    scale = traitlets.Enum(_SCALES, "mel", read_only=True).tag(sync=True)
    bounds = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    _way: tuple = ()  # the settings that the descent below was made from

    def __init__(
        self,
        tone: float = 250.0,
        *,
        noise_db: float = 10.0,
        start_frequency: float = 120.0,
        start_bandwidth: float = START_BANDWIDTH,
        parametrisation: str = "scale",
        optimiser: str = "sgd",
        learning_rate: float = 0.02,
        n_steps: int = 0,
        layer: GammatoneSpectrogram | None = None,
    ) -> None:
        layer = _default_layer() if layer is None else layer
        if layer.scale not in _SCALES or not isinstance(layer.order, int):
            raise ValueError(
                f"layer must have one order and a scale of {', '.join(_SCALES)}, "
                f"got order {layer.order} and scale {layer.scale!r}"
            )
        self.set_trait("sample_rate", float(layer.sample_rate))
        self.set_trait("order", layer.order)
        self.set_trait("scale", layer.scale)
        self.set_trait("bounds", list(bounds_of(layer)))
        super().__init__(
            tone=tone,
            noise_db=noise_db,
            start_frequency=start_frequency,
            start_bandwidth=start_bandwidth,
            parametrisation=parametrisation,
            optimiser=optimiser,
            learning_rate=learning_rate,
            n_steps=n_steps,
        )
        self._follow()

    @classmethod
    def from_layer(
        cls, layer: GammatoneSpectrogram, filter_index: int, tone: float, **settings: Any
    ) -> LearningExplorer:
        """Start where one filter of a layer stands, between that layer's bounds.

        Args:
            layer: of one order, on the mel, ERB or linear scale.
            filter_index: which of its filters, from 0.
            tone: in Hz.
            settings: any other attribute.

        Raises:
            ValueError: as the class.
            IndexError: no such filter.
        """
        settings = {
            "start_frequency": layer.center_frequencies[filter_index].item(),
            "start_bandwidth": layer.bandwidths[filter_index].item(),
            "parametrisation": layer.parametrisation,
        } | settings
        return cls(tone, layer=layer, **settings)

    @property
    def path(self) -> list[Place]:
        """Every place from the start to where it stands now."""
        return self._descent.walk(self.n_steps)

    def losses(
        self, center_frequency: Float[np.ndarray, " filters"], bandwidth: Float[np.ndarray, " filters"]
    ) -> Float[np.ndarray, " filters"]:
        """The loss of filters anywhere: the landscape that the explorer draws."""
        return self._listening().loss(torch.tensor(center_frequency), torch.tensor(bandwidth)).numpy()

    def _listening(self) -> Listening:
        f_low, f_high, b_low, b_high = self.bounds
        bounds: Bounds = (f_low, f_high, b_low, b_high)
        return Listening(self.tone, self.noise_db, self.sample_rate, self.order, self.scale, bounds)

    @traitlets.validate("tone", "start_frequency", "start_bandwidth")
    def _check_bounds(self, proposal: traitlets.Bunch) -> float:
        low, high = self.bounds[2:] if proposal.trait.name == "start_bandwidth" else self.bounds[:2]
        if not low < proposal.value < high:
            raise traitlets.TraitError(
                f"{proposal.trait.name} must lie between {low:.4g} and {high:.4g} Hz, got {proposal.value:g}"
            )
        return proposal.value

    @traitlets.observe(*_WAY, "n_steps")
    def _follow(self, _: traitlets.Bunch | None = None) -> None:
        way = tuple(getattr(self, name) for name in _WAY)
        if way != self._way:
            start = self.start_frequency, self.start_bandwidth
            self._way = way
            self._descent = Descent(
                self._listening(), self.parametrisation, self.optimiser, self.learning_rate, start
            )
        place = self.path[-1]
        with self.hold_sync():
            for name in ("center_frequency", "bandwidth", "loss"):
                self.set_trait(name, getattr(place, name))
            self.set_trait("slopes", list(place.slopes))


def bounds_of(layer: GammatoneSpectrogram) -> Bounds:
    """Lowest and highest centre frequency, smallest and largest bandwidth in Hz that a layer can learn."""
    if layer.parametrisation == "hertz":
        return layer.f_min, layer.f_max, layer.bandwidth.low, layer.bandwidth.high
    return layer.f_min, layer.f_max, math.exp(layer.log_bandwidth.low), math.exp(layer.log_bandwidth.high)


def _default_layer() -> GammatoneSpectrogram:
    middle = scales.spaced_frequencies(1, 25.0, 400.0, "mel").tolist()
    return GammatoneSpectrogram(
        1000.0, center_frequencies=middle, bandwidth_rule=START_BANDWIDTH, f_min=25.0, f_max=400.0
    )
