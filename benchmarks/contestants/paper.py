"""The published layer, rebuilt from its description: correlate with the whole kernel, square, pool densely.

Ansari and Hasan (2022) sample a t^3 exp(-2 pi b t) cos(2 pi f t) at t = 0 to 80 ms, 81 taps at their 1 kHz.
At another rate the same 80 ms are taken: 161 taps at 2 kHz, 1281 at 16 kHz, 3529 at 44.1 kHz. The pooling
is a trainable convolution of every filter with every filter over 25 ms, which starts as the identity.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.contestants.contestant import Contestant
from benchmarks.workloads import Workload

KERNEL_S = 0.080
BANDWIDTH_HZ, AMPLITUDE = 100.0, 1e4
FLOOR = 1e-16


class PaperLayer(nn.Module):
    """Frequencies, bandwidths and amplitudes are raw parameters; frequencies reach from 0 to Nyquist."""

    def __init__(
        self, sample_rate: int, n_filters: int, window_length: int, hop_length: int, floor: float = FLOOR
    ) -> None:
        super().__init__()
        mel = torch.linspace(0.0, 2595.0 * math.log10(1.0 + sample_rate / 1400.0), n_filters)
        self.frequency = nn.Parameter(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
        self.bandwidth = nn.Parameter(torch.full((n_filters,), BANDWIDTH_HZ))
        self.amplitude = nn.Parameter(torch.full((n_filters,), AMPLITUDE))
        self.pooling = nn.Conv1d(n_filters, n_filters, window_length, hop_length, bias=False)
        with torch.no_grad():
            self.pooling.weight.copy_(torch.eye(n_filters)[:, :, None].expand_as(self.pooling.weight))
        self.kernel_size = round(KERNEL_S * sample_rate) + 1
        self.sample_rate, self.floor = sample_rate, floor

    def forward(self, waveform: Tensor) -> Tensor:
        """Logarithm of the *sum* of squares in each window of the *correlation*, without padding."""
        t = torch.arange(self.kernel_size, device=waveform.device) / self.sample_rate
        f, b, a = self.frequency[:, None], self.bandwidth[:, None], self.amplitude[:, None]
        kernel = a * t**3 * torch.exp(-2 * math.pi * b * t) * torch.cos(2 * math.pi * f * t)
        output = functional.conv1d(waveform[:, None], kernel[:, None])
        return torch.log(self.pooling(output.square()) + self.floor)


def paper_layer(workload: Workload, initialisation: str, *, floor: float = FLOOR) -> PaperLayer:
    """The published layer; it has one initialisation, its own, in whichever company it runs."""
    return PaperLayer(
        workload.sample_rate, workload.n_filters, workload.window_length, workload.hop_length, floor
    )


CONTESTANTS = (
    Contestant(
        "paper",
        paper_layer,
        "The published layer: a kernel of 80 ms whatever the bandwidths, dense trainable pooling over 25 ms; "
        "b = 100 Hz and centres from 0 Hz to Nyquist in either initialisation's rows.",
        computes="another feature: the sum of squares of a correlation without unit gain, other centres",
        kernel_size=lambda module: module.kernel_size,
    ),
)
