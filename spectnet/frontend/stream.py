"""A spectrogram that is drawn while the sound still arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet.filterbank.streaming import EnergyStream
from spectnet.filterbank.windows import Windows
from spectnet.frontend.compression import LogCompression, PowerCompression
from spectnet.orders import orders_per_filter

if TYPE_CHECKING:
    from spectnet.frontend.gammatone_spectrogram import GammatoneSpectrogram

# They look at one frame at a time, so it does not matter when the next one comes.
_FRAME_BY_FRAME = (LogCompression, PowerCompression, nn.Identity)


class SpectrogramStream:
    """Frames of a `GammatoneSpectrogram` from pieces of any size; made by `GammatoneSpectrogram.stream`.

    A frame comes out with its last sample, and all frames together are those of the whole waveform. The
    filters are those that the layer has now; no gradient flows. One stream serves one batch of clips:
    for the next, or after a NaN, which the filters would ring on for ever, make another.

    Args:
        layer: whose spectrogram is drawn.

    Raises:
        ValueError: a compression or normalisation that needs to have heard the clip, as PCEN.

    Example:
        >>> from spectnet.frontend import GammatoneSpectrogram
        >>> stream = GammatoneSpectrogram(1000, n_filters=16, f_max=400).stream()
        >>> [stream.push(torch.zeros(1, n)).shape[-1] for n in (100, 7, 8)]
        [8, 1, 1]
    """

    def __init__(self, layer: GammatoneSpectrogram) -> None:
        if not isinstance(layer.compression, _FRAME_BY_FRAME) or layer.over_time.normalisation != "none":
            raise ValueError(
                "a stream needs a compression of one frame at a time ('log', 'power' or 'none') and no "
                f"normalisation, got {type(layer.compression).__name__} and {layer.over_time.normalisation!r}"
            )
        self._layer = layer
        self._energies = EnergyStream(
            layer.center_frequencies,
            layer.bandwidths,
            orders_per_filter(layer.order, layer.n_filters),
            Windows(layer.window_length, layer.hop_length),
            layer.sample_rate,
            exact=layer.tolerance == 0,
        )
        self._gains = layer.gains.detach()

    @torch.no_grad()
    def push(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """Take the next samples of every clip, and give the frames that they complete (perhaps none).

        Raises:
            ValueError: another number of clips than before.
        """
        energy = self._energies.push(waveform).to(waveform.device)
        energy = energy * self._gains.square().to(energy)[:, None]
        return self._layer.compression(energy).to(waveform.dtype)
