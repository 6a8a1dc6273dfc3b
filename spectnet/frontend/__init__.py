"""Front-ends: waveform ``(batch, time)`` in, spectrogram ``(batch, filters, frames)`` out.

Each can be read for ``sample_rate``, ``center_frequencies``, ``hop_length`` and ``window_length``.
"""

from spectnet.frontend.as_in_paper import PaperSpectrogram
from spectnet.frontend.branches import Branches
from spectnet.frontend.cepstrum import Cepstrum
from spectnet.frontend.compression import LogCompression, OverTime, PowerCompression
from spectnet.frontend.free_fir import FreeFIRSpectrogram
from spectnet.frontend.gabor import GaborSpectrogram
from spectnet.frontend.gammatone_spectrogram import GammatoneSpectrogram
from spectnet.frontend.linear_phase import LinearPhaseSpectrogram
from spectnet.frontend.log_mel import LogMel
from spectnet.frontend.mfcc import MFCC
from spectnet.frontend.pcen import PCEN
from spectnet.frontend.sinc import SincSpectrogram
from spectnet.frontend.stream import SpectrogramStream

__all__ = [
    "MFCC",
    "PCEN",
    "Branches",
    "Cepstrum",
    "FreeFIRSpectrogram",
    "GaborSpectrogram",
    "GammatoneSpectrogram",
    "LinearPhaseSpectrogram",
    "LogCompression",
    "LogMel",
    "OverTime",
    "PaperSpectrogram",
    "PowerCompression",
    "SincSpectrogram",
    "SpectrogramStream",
]
