"""Four bands of the waveform itself, for networks that read no picture: the 1-D baseline's filters."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from spectnet import gammatone
from spectnet.frontend import arguments
from spectnet.frontend.fir_spectrogram import FIRSpectrogram
from spectnet.frontend.gammatone_bank import GammatoneBank
from spectnet.frontend.linear_phase import LinearPhaseSpectrogram

FORMS = ("free", "linear-phase", "gammatone")


class Branches(FIRSpectrogram):
    """The waveform as four filters hear it: below 45 Hz, 45 to 80, 80 to 200, and above 200 Hz.

    Nothing is squared, averaged or compressed: what comes out is a waveform a band, at full rate, which
    `backbones.BranchedCNN` reads. Its contract is the other front-ends', with frames of one sample.

    Args:
        sample_rate: in Hz, above 400.
        taps: ``"free"`` (each learns by itself), ``"linear-phase"`` (type I, so half of them) or
            ``"gammatone"`` (centre and bandwidth learn). The first two start as the same band-passes behind a
            Hamming window.
        kernel_size: of each filter, odd.
        learnable: whether the filters learn.

    Shape:
        waveform ``(batch, time)`` to ``(batch, 4, time)``.

    Raises:
        ValueError: another form of taps, a kernel size that is not odd, a sample rate of 400 Hz or less.

    Example:
        >>> Branches(1000)(torch.zeros(1, 2500)).shape
        torch.Size([1, 4, 2500])

    The branches of Humayun et al. (2020), baseline of Ansari and Hasan (2022).
    """

    def __init__(
        self, sample_rate: float, taps: str = "free", kernel_size: int = 61, learnable: bool = True
    ) -> None:
        arguments.check_choice("taps", taps, FORMS)
        arguments.check_odd(kernel_size)
        passes = LinearPhaseSpectrogram(sample_rate, kernel_size=kernel_size, learnable=learnable)
        sample = 1 / sample_rate
        super().__init__(sample_rate, passes.n_filters, window_s=sample, hop_s=sample, floor=0.0)
        self.form, self.kernel_size = taps, kernel_size
        self.bank: LinearPhaseSpectrogram | GammatoneBank | None = None
        if taps == "free":
            self.taps = nn.Parameter(passes.kernel().detach(), requires_grad=learnable)
        else:
            self.bank = passes if taps == "linear-phase" else _gammatones(passes, learnable=learnable)

    @property
    def center_frequencies(self) -> Float[Tensor, " filters"] | None:
        """Of gammatones, in Hz, float64, differentiable; None of other taps."""
        return self.bank.center_frequencies if isinstance(self.bank, GammatoneBank) else None

    @property
    def bandwidths(self) -> Float[Tensor, " filters"] | None:
        """Of gammatones, in Hz, float64, differentiable; None of other taps."""
        return self.bank.bandwidths if isinstance(self.bank, GammatoneBank) else None

    def kernel(self) -> Float[Tensor, "filters taps"]:
        """Current impulse responses."""
        if isinstance(self.bank, LinearPhaseSpectrogram):
            return self.bank.kernel()
        if self.bank is None:
            return self.taps
        return gammatone.impulse_response(
            self.bank.center_frequencies,
            self.bank.bandwidths,
            kernel_size=self.kernel_size,
            sample_rate=self.sample_rate,
        )

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters time"]:
        """Filter, and no more."""
        with torch.autocast(waveform.device.type, enabled=False):
            single = waveform.float() if waveform.dtype in (torch.float16, torch.bfloat16) else waveform
            return self.filter(single)


def _gammatones(passes: LinearPhaseSpectrogram, *, learnable: bool) -> GammatoneBank:
    """One in the middle of each band; its width is to its neighbours, on the mel scale."""
    return GammatoneBank(
        passes.sample_rate,
        n_filters=None,
        order=4,
        f_min=passes.bands[0][0],
        f_max=passes.bands[-1][1],
        scale="mel",
        center_frequencies=[(low + high) / 2 for low, high in passes.bands],
        bandwidth_rule="spacing",
        learnable=learnable,
        parametrisation="scale",
    )
