"""EfficientLEAF's filterbank, rebuilt from its description (Schlueter and Gutenbrunner, 2022).

Complex Gabor filters, squared modulus, Gaussian pooling, as in LEAF; but in eight groups of neighbouring
filters, each with a kernel as long as its widest envelope asks for, and a stride as long as its highest
frequency allows. The pooling then strides by what is left of the hop. That is approximate: a group's output
is decimated without regard to aliasing. Length and stride use the factors that the authors publish for this
form, 6 and 16. The compression is left out: all contestants end in a plain logarithm.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.contestants.contestant import Contestant
from benchmarks.contestants.gammatones import FLOOR, spectrogram
from benchmarks.workloads import ORDER, Workload
from spectnet import gammatone

N_GROUPS = 8
KERNEL_FACTOR = 6.0  # kernel length in standard deviations of the widest envelope: three to either side
STRIDE_FACTOR = 16.0  # stride in half periods of the group's highest frequency
POOLING_WIDTH = 0.4  # standard deviation of the pooling window, in half windows


def _odd(length: float) -> int:
    return int(length) | 1


class GroupedGabor(nn.Module):
    """Gabor filterbank in groups.

    Args:
        frequencies: centres in Hz, ascending.
        deviations: standard deviations of the envelopes in seconds.
        sample_rate: in Hz.
        window_length: of the pooling, in samples.
        hop_length: in samples.
        stride_factor: 0 filters every group at full rate, which is the form that the strides approximate.
        floor: energy added before the logarithm.
    """

    def __init__(
        self,
        frequencies: Tensor,
        deviations: Tensor,
        *,
        sample_rate: float,
        window_length: int,
        hop_length: int,
        stride_factor: float = STRIDE_FACTOR,
        floor: float = FLOOR,
    ) -> None:
        super().__init__()
        self.angular_frequency = nn.Parameter((2 * math.pi * frequencies / sample_rate).float())
        self.deviation = nn.Parameter((deviations * sample_rate).float())  # in samples
        self.pooling_width = nn.Parameter(torch.full((len(frequencies),), POOLING_WIDTH))
        self.window_length, self.hop_length = _odd(window_length), hop_length
        self.stride_factor, self.floor = stride_factor, floor
        edges = [group * len(frequencies) // N_GROUPS for group in range(N_GROUPS + 1)]
        self.groups = [slice(a, b) for a, b in pairwise(edges) if b > a]

    def kernel_size(self, group: slice) -> int:
        """Samples of this group's kernels, odd."""
        return _odd(KERNEL_FACTOR * float(self.deviation[group].detach().max()))

    def stride(self, group: slice) -> int:
        """Largest divisor of the hop within `stride_factor` half periods of the group's highest frequency."""
        longest = self.stride_factor * math.pi / float(self.angular_frequency[group].detach().max())
        return max(
            d for d in range(1, self.hop_length + 1) if self.hop_length % d == 0 and d <= max(1, longest)
        )

    def _filters(self, group: slice) -> Tensor:
        """Real parts, then imaginary parts, ``(2 filters, 1, taps)``; unit gain at the centre."""
        half = self.kernel_size(group) // 2
        t = torch.arange(-half, half + 1)
        deviation, phase = self.deviation[group, None], self.angular_frequency[group, None] * t
        envelope = torch.exp(-0.5 * (t / deviation) ** 2) / (math.sqrt(2 * math.pi) * deviation)
        return torch.cat([envelope * torch.cos(phase), envelope * torch.sin(phase)])[:, None]

    def _pooling(self, group: slice, stride: int) -> Tensor:
        """Gaussian windows over samples that lie `stride` apart, ``(filters, 1, taps)``, of sum one."""
        half = self.window_length / stride / 2
        n = _odd(2 * half + 0.5) // 2
        place = torch.arange(-n, n + 1) / half
        window = torch.exp(-0.5 * (place / self.pooling_width[group, None]) ** 2)
        return (window / window.sum(-1, keepdim=True))[:, None]

    def _energy(self, waveform: Tensor, group: slice) -> Tensor:
        stride, filters = self.stride(group), self._filters(group)
        output = functional.conv1d(waveform[:, None], filters, stride=stride, padding=filters.shape[-1] // 2)
        real, imaginary = output.square().chunk(2, dim=1)
        windows = self._pooling(group, stride)
        return functional.conv1d(
            real + imaginary,
            windows,
            stride=self.hop_length // stride,
            padding=windows.shape[-1] // 2,
            groups=len(windows),
        )

    def forward(self, waveform: Tensor) -> Tensor:
        """Draw the spectrogram; frame i is centred on sample ``i hop_length``."""
        energy = torch.cat([self._energy(waveform, group) for group in self.groups], dim=1)
        return torch.log(energy + self.floor)


def efficientleaf(
    workload: Workload, initialisation: str, *, floor: float = FLOOR, stride_factor: float = STRIDE_FACTOR
) -> GroupedGabor:
    """Gabor filters with the centres and -3 dB widths of the gammatones that they are compared with."""
    layer = spectrogram(workload, initialisation)
    half_power_width = layer.bandwidths.detach() * gammatone.half_power_factor(ORDER)
    return GroupedGabor(
        layer.center_frequencies.detach(),
        math.sqrt(math.log(2)) / (math.pi * half_power_width),
        sample_rate=workload.sample_rate,
        window_length=workload.window_length,
        hop_length=workload.hop_length,
        stride_factor=stride_factor,
        floor=floor,
    )


CONTESTANTS = (
    Contestant(
        "efficientleaf",
        efficientleaf,
        "EfficientLEAF's scheme, approximate: 8 groups of Gabor filters, each with its own kernel length and "
        "stride; centres and -3 dB widths of our initialisation; error against its own form at stride 1.",
        computes="efficientleaf",
        kernel_size=lambda module: max(module.kernel_size(group) for group in module.groups),
    ),
)
