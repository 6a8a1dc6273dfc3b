"""The spectrogram explorer: what window, hop, number of filters and floor do to a picture of sound.

The picture is a log-mel spectrogram or one drawn by gammatones. Beside it stands how each filter shows a
steady tone and a click, because detail in frequency is paid in time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import anywidget
import numpy as np
import traitlets
from jaxtyping import Float, Real

from spectnet import scales
from spectnet.explorers.clips import as_clips, synthetic_hearts
from spectnet.explorers.module import STYLE, joined
from spectnet.frontend import GammatoneSpectrogram, LogMel

LONGEST_WINDOW_S = 0.25
_CENTERS = ("n_filters", "f_min", "f_max")


class SpectrogramExplorer(anywidget.AnyWidget):
    """Move what makes a spectrogram and see where time is paid for frequency.

    Every setting is a synced trait: read it, set it, `observe` it or `jslink` it. A setting out of
    range raises `traitlets.TraitError` and leaves the others as they were.

    Attributes:
        front_end: ``"mel"`` (as `LogMel` draws) or ``"gammatone"`` (as `GammatoneSpectrogram` does at first).
        window_s: length of the window in seconds, at most 0.25.
        hop_s: from one window to the next, in seconds.
        n_filters: how many filters, 1 to 64.
        floor: energy that is added before the logarithm.
        f_min: lower edge of the range in Hz.
        f_max: upper edge in Hz, at most half the sample rate.
        center_frequencies: in Hz, lowest first, mel-spaced; follows from the settings.
        sample_rate: of the sound, in Hz.

    Args:
        waveform: one sound ``(time,)``, or several by name; a few seconds. By default two tones and two
            clicks, and a normal and an abnormal synthetic heart.
        sample_rate: of the sound, in Hz.
        front_end: see the attributes above, as for all that follow.
        window_s: in seconds.
        hop_s: in seconds.
        n_filters: how many.
        floor: an energy.
        f_min: in Hz.
        f_max: in Hz; by default 0.4 of the sample rate.

    Raises:
        RecordingError: a sound that is empty, silent, shorter than 0.25 s or not one finite channel.
        TraitError: a setting out of range.

    Example:
        >>> explorer = SpectrogramExplorer(window_s=0.1, n_filters=8)
        >>> explorer.layer().window_length
        100

    Taught in *Spectrograms, mel and MFCC*.
    """

    _esm = joined("spectrogram.js")
    _css = STYLE

    front_end = traitlets.Enum(("mel", "gammatone"), "mel").tag(sync=True)
    window_s = traitlets.Float(0.025, max=LONGEST_WINDOW_S).tag(sync=True)
    hop_s = traitlets.Float(0.010).tag(sync=True)
    n_filters = traitlets.Int(16, min=1, max=64).tag(sync=True)
    floor = traitlets.Float(1e-6).tag(sync=True)
    f_min = traitlets.Float(25.0, min=0.0).tag(sync=True)
    f_max = traitlets.Float(400.0).tag(sync=True)
    sample_rate = traitlets.Float(1000.0, min=1.0, read_only=True).tag(sync=True)
    center_frequencies = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    clips = traitlets.List(traitlets.Dict(), read_only=True).tag(sync=True)

    def __init__(
        self,
        waveform: Real[np.ndarray, " time"] | Mapping[str, Real[np.ndarray, " time"]] | None = None,
        sample_rate: float = 1000.0,
        *,
        front_end: str = "mel",
        window_s: float = 0.025,
        hop_s: float = 0.010,
        n_filters: int = 16,
        floor: float = 1e-6,
        f_min: float = 25.0,
        f_max: float | None = None,
    ) -> None:
        if waveform is None:
            test = {"two tones, then two clicks": tones_and_clicks(sample_rate)}
            waveform = test | synthetic_hearts(sample_rate)
        self.set_trait("sample_rate", float(sample_rate))
        self.set_trait("clips", as_clips(waveform, sample_rate, shortest_s=LONGEST_WINDOW_S))
        super().__init__(
            front_end=front_end,
            window_s=window_s,
            hop_s=hop_s,
            n_filters=n_filters,
            floor=floor,
            f_min=f_min,
            f_max=0.4 * sample_rate if f_max is None else f_max,
        )
        self._follow()

    def layer(self) -> LogMel | GammatoneSpectrogram:
        """The package's front-end with these settings; it draws what the browser draws."""
        names = ("n_filters", "f_min", "f_max", "window_s", "hop_s", "floor")
        settings: dict[str, Any] = {name: getattr(self, name) for name in names}
        if self.front_end == "mel":
            return LogMel(self.sample_rate, **settings)
        return GammatoneSpectrogram(self.sample_rate, **settings, learnable=False)

    @traitlets.validate("window_s", "hop_s")
    def _check_length(self, proposal: traitlets.Bunch) -> float:
        fewest = {"window_s": 2, "hop_s": 1}[proposal.trait.name]
        if not math.isfinite(proposal.value) or round(proposal.value * self.sample_rate) < fewest:
            raise traitlets.TraitError(
                f"{proposal.trait.name} must span at least {fewest} sample(s) at {self.sample_rate:g} Hz, "
                f"got {proposal.value:g} s"
            )
        return proposal.value

    @traitlets.validate("floor")
    def _check_floor(self, proposal: traitlets.Bunch) -> float:
        if not 0 < proposal.value < math.inf:
            raise traitlets.TraitError(f"floor must be a positive energy, got {proposal.value:g}")
        return proposal.value

    @traitlets.validate("f_min", "f_max")
    def _check_range(self, proposal: traitlets.Bunch) -> float:
        band = {"f_min": self.f_min, "f_max": self.f_max} | {proposal.trait.name: proposal.value}
        try:
            scales.check_range(band["f_min"], band["f_max"], self.sample_rate)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from None
        return proposal.value

    @traitlets.observe(*_CENTERS)
    def _follow(self, _: traitlets.Bunch | None = None) -> None:
        centers = scales.spaced_frequencies(self.n_filters, self.f_min, self.f_max, "mel")
        self.set_trait("center_frequencies", centers.tolist())


def tones_and_clicks(sample_rate: float) -> Float[np.ndarray, " time"]:
    """Two tones near each other in frequency for a second, then two clicks near each other in time.

    At 1 kHz the tones are 150 and 200 Hz, and the clicks 40 ms apart.
    """
    time = np.arange(round(2 * sample_rate)) / sample_rate
    rising = np.clip(np.minimum(time - 0.15, 1.15 - time) / 0.05, 0, 1)
    tones = np.sin(2 * np.pi * 0.15 * sample_rate * time) + np.sin(2 * np.pi * 0.2 * sample_rate * time)
    sound = 0.1 * rising * tones
    sound[[round(1.5 * sample_rate), round(1.54 * sample_rate)]] = 1.0
    return sound
