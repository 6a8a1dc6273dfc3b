"""The published layer, rebuilt from its description: correlate with the whole kernel, square, pool densely.

The package has it as `GammatoneSpectrogram.as_in_paper`. Its kernel spans 80 ms whatever the bandwidths: 81
taps at the paper's 1 kHz, 161 at 2 kHz, 1281 at 16 kHz, 3529 at 44.1 kHz. The pooling is a trainable
convolution of every filter with every filter over 25 ms.
"""

from __future__ import annotations

from torch import nn

from benchmarks.contestants.contestant import Contestant
from benchmarks.workloads import Workload
from spectnet.frontend import GammatoneSpectrogram


def paper_layer(workload: Workload, initialisation: str, *, floor: float | None = None) -> nn.Module:
    """The published layer; it has one initialisation and one floor, its own, in whichever company it runs."""
    return GammatoneSpectrogram.as_in_paper(workload.sample_rate, workload.n_filters)


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
