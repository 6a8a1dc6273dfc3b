"""Front-ends: waveform ``(batch, time)`` in, spectrogram ``(batch, filters, frames)`` out.

Each can be read for ``sample_rate``, ``center_frequencies``, ``hop_length`` and ``window_length``.
"""

from spectnet.frontend.gammatone_spectrogram import GammatoneSpectrogram

__all__ = ["GammatoneSpectrogram"]
