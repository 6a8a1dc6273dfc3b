"""The filterbank explorer: a gammatone filterbank to move by hand.

Number of filters, order, range, scale and bandwidth rule are moved; impulse responses, frequency
responses, their sum and a heart sound's spectrogram follow, drawn in the browser with no kernel.
"""

from __future__ import annotations

from collections.abc import Mapping

import anywidget
import numpy as np
import torch
import traitlets
from jaxtyping import Float, Real
from torch import nn

from spectnet import gammatone, scales
from spectnet.explorers.clips import as_clips, synthetic_hearts
from spectnet.explorers.module import STYLE, joined
from spectnet.frontend.gammatone_bank import GammatoneBank
from spectnet.orders import MAX_ORDER

WINDOW_S = 0.025  # of the spectrogram that the browser draws
_DESIGN = ("n_filters", "order", "f_min", "f_max", "scale", "bandwidth_rule")


class FilterbankExplorer(anywidget.AnyWidget):
    """Move a gammatone filterbank by hand and see what it does to a sound.

    Every setting is a synced trait: read it, set it, `observe` it or `jslink` it. A setting out of
    range raises `traitlets.TraitError` and leaves the others as they were.

    Attributes:
        n_filters: how many filters, 1 to 64.
        order: of the gammatones, 1 to 8.
        f_min: lower edge of the range in Hz.
        f_max: upper edge in Hz, at most half the sample rate.
        scale: ``"mel"``, ``"slaney"``, ``"erb"`` or ``"linear"``.
        bandwidth_rule: ``"spacing"`` (neighbours meet at -3 dB), ``"erb"`` (as the ear), or Hz for all.
        bank: ``"designed"``, from the settings above; or, of an explorer made `from_layer`, ``"learned"``.
            Whoever moves a setting goes over to the designed bank; choosing ``"learned"`` puts them back.
        center_frequencies: in Hz, lowest first; follows from the settings.
        bandwidths: decay b of each filter in Hz; follows from the settings.
        sample_rate: of the sound, in Hz.

    Args:
        waveform: one sound ``(time,)``, or several by name; a few seconds, since each filter runs through
            all of it at every move. By default a normal and an abnormal synthetic heart.
        sample_rate: of the sound, in Hz.
        n_filters: see the attributes above, as for all that follow.
        order: of the gammatones.
        f_min: in Hz.
        f_max: in Hz; by default 0.4 of the sample rate.
        scale: how the centres are spaced.
        bandwidth_rule: how wide each filter is.

    Raises:
        RecordingError: a sound that is empty, silent, shorter than 25 ms or not one finite channel.
        TraitError: a setting out of range.

    Example:
        >>> explorer = FilterbankExplorer(n_filters=8, f_min=25, f_max=400)
        >>> len(explorer.center_frequencies)
        8

    Taught in *Gammatone filters*.
    """

    _esm = joined("filterbank.js")
    _css = STYLE

    n_filters = traitlets.Int(16, min=1, max=64).tag(sync=True)
    order = traitlets.Int(4, min=1, max=MAX_ORDER).tag(sync=True)
    f_min = traitlets.Float(25.0, min=0.0).tag(sync=True)
    f_max = traitlets.Float(400.0).tag(sync=True)
    scale = traitlets.Enum(scales.SCALES, "mel").tag(sync=True)
    bandwidth_rule = traitlets.Union(
        [traitlets.Float(min=1.0, max=1000.0), traitlets.Enum(("spacing", "erb"))], default_value="spacing"
    ).tag(sync=True)
    bank = traitlets.Enum(("designed", "learned"), "designed").tag(sync=True)
    layer = traitlets.Dict(read_only=True).tag(sync=True)
    sample_rate = traitlets.Float(1000.0, min=1.0, read_only=True).tag(sync=True)
    center_frequencies = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    bandwidths = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    clips = traitlets.List(traitlets.Dict(), read_only=True).tag(sync=True)

    def __init__(
        self,
        waveform: Real[np.ndarray, " time"] | Mapping[str, Real[np.ndarray, " time"]] | None = None,
        sample_rate: float = 1000.0,
        *,
        n_filters: int = 16,
        order: int = 4,
        f_min: float = 25.0,
        f_max: float | None = None,
        scale: str = "mel",
        bandwidth_rule: str | float = "spacing",
    ) -> None:
        sounds = synthetic_hearts(sample_rate) if waveform is None else waveform
        self.set_trait("sample_rate", float(sample_rate))
        self.set_trait("clips", as_clips(sounds, sample_rate, shortest_s=WINDOW_S))
        super().__init__(
            n_filters=n_filters,
            order=order,
            f_min=f_min,
            f_max=0.4 * sample_rate if f_max is None else f_max,
            scale=scale,
            bandwidth_rule=bandwidth_rule,
        )
        self._follow()

    @classmethod
    def from_layer(
        cls,
        layer: nn.Module,
        waveform: Real[np.ndarray, " time"] | Mapping[str, Real[np.ndarray, " time"]] | None = None,
    ) -> FilterbankExplorer:
        """Show what a layer has learned, beside the bank that it began as.

        The filters are taken as they stand now; after more training, make another.

        Args:
            layer: such as ``model.frontend``: a `GammatoneSpectrogram`, with one order for all filters.
            waveform: as for the class, at the layer's sample rate.

        Raises:
            TypeError: a layer that is no bank of gammatones.
            ValueError: filters of different orders.
            TraitError: more than 64 filters.

        Example:
            >>> from spectnet.model import DEFAULT_MODEL, load_model
            >>> explorer = FilterbankExplorer.from_layer(load_model(DEFAULT_MODEL).frontend)
            >>> explorer.bank
            'learned'
        """
        layer = _checked(layer)
        settings = {name: getattr(layer, name) for name in _DESIGN}
        explorer = cls(waveform, layer.sample_rate, **settings)
        explorer.set_trait("layer", {"settings": settings, **_learned_by(layer)})
        explorer.bank = "learned"
        return explorer

    @traitlets.validate("bank")
    def _check_bank(self, proposal: traitlets.Bunch) -> str:
        if proposal.value == "learned" and not self.layer:
            raise traitlets.TraitError(
                "bank can be 'learned' only where a layer is shown; make the explorer by from_layer"
            )
        return proposal.value

    @traitlets.validate("f_min", "f_max")
    def _check_range(self, proposal: traitlets.Bunch) -> float:
        f_min, f_max = self.f_min, self.f_max
        if proposal.trait.name == "f_min":
            f_min = proposal.value
        else:
            f_max = proposal.value
        try:
            scales.check_range(f_min, f_max, self.sample_rate)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        return proposal.value

    @traitlets.observe(*_DESIGN, "bank")
    def _follow(self, change: traitlets.Bunch | None = None) -> None:
        with self.hold_sync():
            if change is not None and self.bank == "learned":
                self._agree_with_layer(moved=change.name != "bank")
            frequencies, bandwidths = self._filters()
            self.set_trait("center_frequencies", frequencies)
            self.set_trait("bandwidths", bandwidths)

    def _agree_with_layer(self, *, moved: bool) -> None:
        """A setting that was `moved` leaves the learned bank; coming back to it puts the settings back."""
        settings = self.layer["settings"]
        if all(getattr(self, name) == value for name, value in settings.items()):
            return
        if moved:
            self.bank = "designed"
            return
        with self.hold_trait_notifications():
            for name, value in settings.items():
                setattr(self, name, value)

    def _filters(self) -> tuple[list[float], list[float]]:
        if self.bank == "learned":
            return self.layer["center_frequencies"], self.layer["bandwidths"]
        frequencies = scales.spaced_frequencies(self.n_filters, self.f_min, self.f_max, self.scale)
        return frequencies.tolist(), self._decays(frequencies).tolist()

    def _decays(self, frequencies: Float[torch.Tensor, " filters"]) -> Float[torch.Tensor, " filters"]:
        if self.bandwidth_rule == "spacing":
            return gammatone.bandwidth_from_spacing(
                self.n_filters, self.f_min, self.f_max, self.scale, self.order
            )
        if self.bandwidth_rule == "erb":
            return gammatone.bandwidth_from_erb(frequencies, self.order)
        return torch.full_like(frequencies, self.bandwidth_rule)


def _checked(layer: nn.Module) -> GammatoneBank:
    """The layer, if the explorer can show it."""
    if not isinstance(layer, GammatoneBank):
        raise TypeError(
            f"from_layer shows a GammatoneSpectrogram, such as model.frontend, got {type(layer).__name__}"
        )
    if not isinstance(layer.order, int):
        raise ValueError(f"layer must have one order for all filters, got {layer.order}")
    return layer


def _learned_by(layer: GammatoneBank) -> dict:
    """The filters as they stand and as they began, and the window through which the layer looks."""
    shown = {
        name: getattr(layer, name).detach().cpu().tolist()
        for name in ("center_frequencies", "bandwidths", "gains")
    }
    for name in ("initial_center_frequencies", "initial_bandwidths", "window_length", "hop_length"):
        shown[name] = getattr(layer, name, None)
    return shown
