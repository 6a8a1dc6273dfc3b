"""What pip offers, each with the window, hop, range and number of filters, as far as it lets itself be told.

All end in the logarithm of an energy. None of them computes a gammatone's energy, so none has an error in
dB.
"""

from __future__ import annotations

import importlib
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.contestants.contestant import Contestant, NotRunnable
from benchmarks.contestants.gammatones import FLOOR
from benchmarks.workloads import HOP_S, WINDOW_S, Workload


def _import(name: str) -> ModuleType:
    from spectnet._torchaudio import torchaudio

    if name == "torchaudio":
        return torchaudio
    try:
        return importlib.import_module(name)
    except Exception as error:  # whatever a peer may raise beside these versions is the row's result
        raise NotRunnable(f"{name} cannot be imported ({type(error).__name__}: {error})") from error


def _power_of_two(at_least: float) -> int:
    return 1 << max(0, int(at_least) - 1).bit_length()


def _n_fft(workload: Workload) -> int:
    """Of the mel banks: at least the window, and enough lines for every filter to have some."""
    return _power_of_two(max(workload.window_length, 4 * workload.n_filters))


class LogOf(nn.Module):
    """Logarithm of what another module computes."""

    def __init__(self, energy: nn.Module, floor: float) -> None:
        super().__init__()
        self.energy, self.floor = energy, floor

    def forward(self, waveform: Tensor) -> Tensor:
        """Draw the spectrogram."""
        return torch.log(self.energy(waveform) + self.floor)


def torchaudio_mel(workload: Workload, initialisation: str, *, floor: float = FLOOR) -> nn.Module:
    """torchaudio's MelSpectrogram, which has nothing to learn."""
    transforms = _import("torchaudio").transforms
    mel = transforms.MelSpectrogram(
        workload.sample_rate,
        n_fft=_n_fft(workload),
        win_length=workload.window_length,
        hop_length=workload.hop_length,
        f_min=workload.f_min,
        f_max=workload.f_max,
        n_mels=workload.n_filters,
        center=False,
    )
    return LogOf(mel, floor)


def nnaudio_mel(workload: Workload, initialisation: str, *, floor: float = FLOOR) -> nn.Module:
    """nnAudio's MelSpectrogram with trainable mel weights; its STFT is a strided convolution."""
    mel = _import("nnAudio.features").MelSpectrogram(
        sr=workload.sample_rate,
        n_fft=_n_fft(workload),
        win_length=workload.window_length,
        n_mels=workload.n_filters,
        hop_length=workload.hop_length,
        fmin=workload.f_min,
        fmax=workload.f_max,
        htk=True,
        norm=None,
        center=False,
        trainable_mel=True,
        verbose=False,
    )
    return LogOf(mel, floor)


def speechbrain_leaf(workload: Workload, initialisation: str, *, floor: float = FLOOR) -> nn.Module:
    """SpeechBrain's Leaf without PCEN, so that filtering and pooling are compared."""
    leaf = _import("speechbrain.lobes.features").Leaf(
        out_channels=workload.n_filters,
        window_len=1000 * WINDOW_S,
        window_stride=1000 * HOP_S,
        sample_rate=workload.sample_rate,
        in_channels=1,
        min_freq=workload.f_min,
        max_freq=workload.f_max,
        use_pcen=False,
        skip_transpose=True,
        n_fft=_power_of_two(workload.sample_rate / 4),  # so that its narrowest initial filter spans a line
    )
    return LogOf(leaf, floor)


class SincEnergy(nn.Module):
    """Squared modulus of asteroid-filterbanks' sinc filters, averaged where they run at full rate."""

    def __init__(self, encoder: nn.Module, window_length: int, hop_length: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.window_length, self.hop_length = window_length, hop_length

    def forward(self, waveform: Tensor) -> Tensor:
        """Energy of each pair."""
        real, imaginary = self.encoder(waveform[:, None]).square().chunk(2, dim=1)
        energy = real + imaginary
        strided = self.encoder.stride > 1
        return energy if strided else functional.avg_pool1d(energy, self.window_length, self.hop_length)


def _sinc(workload: Workload, stride: int, floor: float) -> nn.Module:
    package = _import("asteroid_filterbanks")
    filters = package.ParamSincFB(
        2 * workload.n_filters,
        workload.window_length | 1,
        stride=stride,
        sample_rate=float(workload.sample_rate),
        min_low_hz=workload.f_min,
        min_band_hz=workload.f_min,
    )
    return LogOf(SincEnergy(package.Encoder(filters), workload.window_length, workload.hop_length), floor)


def asteroid_sinc(workload: Workload, initialisation: str, *, floor: float = FLOOR) -> nn.Module:
    """ParamSinc at full rate, then our average."""
    return _sinc(workload, 1, floor)


def asteroid_sinc_strided(workload: Workload, initialisation: str, *, floor: float = FLOOR) -> nn.Module:
    """ParamSinc as its own library uses it: one output a hop, nothing averaged."""
    return _sinc(workload, workload.hop_length, floor)


_OWN = ("default",)  # they have no gammatone's b that could be 100 Hz
CONTESTANTS = (
    Contestant(
        "nnaudio-mel",
        nnaudio_mel,
        "nnAudio's MelSpectrogram, trainable mel weights; a Hann window of 25 ms, zero-padded to a power "
        "of two with at least two lines a filter.",
        computes="another feature: mel",
        kernel_size=lambda module: module.energy.n_fft,
        initialisations=_OWN,
    ),
    Contestant(
        "torchaudio-mel",
        torchaudio_mel,
        "torchaudio's MelSpectrogram, nothing to learn; a Hann window of 25 ms, zero-padded to a power "
        "of two with at least two lines a filter.",
        computes="another feature: mel",
        kernel_size=lambda module: module.energy.n_fft,
        initialisations=_OWN,
        passes=("forward", "forward_backward_input"),
    ),
    Contestant(
        "speechbrain-leaf",
        speechbrain_leaf,
        "SpeechBrain's Leaf without PCEN; Gabor filters and Gaussian pooling of 25 ms each, frames centred.",
        computes="another feature: Gabor filters with Gaussian pooling",
        kernel_size=lambda module: module.energy.complex_conv.kernel_size,
        initialisations=_OWN,
    ),
    Contestant(
        "asteroid-sinc",
        asteroid_sinc,
        "asteroid-filterbanks' ParamSinc of 25 ms at full rate, squared modulus, average over 25 ms; its "
        "lowest frequency and bandwidth are f_min, it reaches up to Nyquist.",
        computes="another feature: sinc filters",
        kernel_size=lambda module: module.energy.encoder.filterbank.kernel_size,
        initialisations=_OWN,
    ),
    Contestant(
        "asteroid-sinc-strided",
        asteroid_sinc_strided,
        "The same as its library uses it, one output a hop and no average over the window.",
        computes="another feature: sinc filters, sampled once a hop",
        kernel_size=lambda module: module.energy.encoder.filterbank.kernel_size,
        initialisations=_OWN,
    ),
)
