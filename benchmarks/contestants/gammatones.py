"""Ours, by algorithm, and the plain way to the same numbers: conv1d, square, average."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks import reference
from benchmarks.clips import clips
from benchmarks.contestants.contestant import Contestant
from benchmarks.workloads import HOP_S, INITIALISATIONS, ORDER, SCALE, WINDOW_S, Workload
from spectnet import filterbank, gammatone
from spectnet.frontend import GammatoneSpectrogram

ERROR_BOUND_DB = 0.02
"""What the default may be off, inside the top 80 dB of a clip."""
_DEFAULTS = GammatoneSpectrogram(1000)
FLOOR = _DEFAULTS.floor


def spectrogram(
    workload: Workload,
    initialisation: str,
    *,
    floor: float = FLOOR,
    algorithm: str = "auto",
    tolerance: float = _DEFAULTS.tolerance,
) -> GammatoneSpectrogram:
    """The package's layer for a workload."""
    return GammatoneSpectrogram(
        workload.sample_rate,
        workload.n_filters,
        order=ORDER,
        f_min=workload.f_min,
        f_max=workload.f_max,
        scale=SCALE,
        bandwidth_rule=INITIALISATIONS[initialisation],
        window_s=WINDOW_S,
        hop_s=HOP_S,
        floor=floor,
        algorithm=algorithm,
        tolerance=tolerance,
    )


class PlainConvolution(nn.Module):
    """conv1d with a kernel of given length, square, average: what one would write first.

    The parameters are those of `GammatoneSpectrogram`, so that only the filtering differs.
    """

    def __init__(self, layer: GammatoneSpectrogram, kernel_size: int) -> None:
        super().__init__()
        self.layer, self.kernel_size = layer, kernel_size

    def forward(self, waveform: Tensor) -> Tensor:
        """Draw the spectrogram."""
        layer = self.layer
        kernel = gammatone.impulse_response(
            layer.center_frequencies,
            layer.bandwidths,
            kernel_size=self.kernel_size,
            sample_rate=layer.sample_rate,
            order=ORDER,
        ).to(waveform.dtype)
        # Subnormal taps would make it many times slower, which would be no fair comparison.
        kernel = functional.hardshrink(kernel, torch.finfo(kernel.dtype).tiny)
        padded = functional.pad(waveform, (self.kernel_size - 1, 0))
        output = functional.conv1d(padded[:, None], kernel.flip(-1)[:, None])
        energy = functional.avg_pool1d(output.square(), layer.window_length, layer.hop_length)
        return torch.log(energy + layer.floor)


def shortest_kernel(workload: Workload, initialisation: str, bound_db: float = ERROR_BOUND_DB) -> int:
    """Fewest taps whose energies stay within `bound_db` of the reference on every clip, in float64.

    Found by halving: with one tap fewer the bound is broken.
    """
    layer = spectrogram(workload, initialisation)
    with torch.no_grad():
        kernel = reference.kernels(layer.center_frequencies, layer.bandwidths, workload.sample_rate)
        sounds = [clip for group in clips(workload).values() for clip in group.split(1)]
        windows = workload.window_length, workload.hop_length
        expected = [reference.filter_energy(clip, kernel, *windows) for clip in sounds]

        def meets_bound(taps: int) -> bool:
            pairs = zip(sounds, expected, strict=True)
            return all(
                reference.error_db(reference.filter_energy(clip, kernel[:, :taps], *windows), truth)
                <= bound_db
                for clip, truth in pairs
            )

        too_short, enough = 0, kernel.shape[-1]
        while enough - too_short > 1:
            middle = (too_short + enough) // 2
            too_short, enough = (too_short, middle) if meets_bound(middle) else (middle, enough)
    return enough


def plain_convolution(
    workload: Workload, initialisation: str, *, kernel_size: int, floor: float = FLOOR
) -> PlainConvolution:
    """conv1d with a kernel of `kernel_size` samples."""
    return PlainConvolution(spectrogram(workload, initialisation, floor=floor), kernel_size)


def _with_shortest_kernel(workload: Workload, initialisation: str) -> dict[str, int]:
    return {"kernel_size": shortest_kernel(workload, initialisation)}


def _cut_kernel(layer: nn.Module) -> int | None:
    """Taps of the algorithms that have a kernel."""
    assert isinstance(layer, GammatoneSpectrogram)
    if layer.algorithm in {"auto", "state-space"} or not layer.tolerance:
        return None
    taps = gammatone.effective_length(
        layer.bandwidths, sample_rate=layer.sample_rate, order=ORDER, tolerance=layer.tolerance
    )
    return int(taps)


def _ours(name: str, what: str, longest_s: float = 120.0, **options: str | float) -> Contestant:
    return Contestant(
        name,
        partial(spectrogram, **options),
        what,
        tolerance=float(options.get("tolerance", _DEFAULTS.tolerance)),
        kernel_size=_cut_kernel,
        longest_s=longest_s,
    )


CONTESTANTS = (
    _ours("spectnet", "GammatoneSpectrogram as it comes: algorithm auto, default tolerance."),
    _ours("spectnet-exact", "GammatoneSpectrogram with tolerance=0.", tolerance=0.0),
    Contestant(
        "conv1d",
        plain_convolution,
        f"conv1d, square, average; the shortest kernel that stays within {ERROR_BOUND_DB} dB of float64 "
        "inside the top 80 dB of every clip, without subnormal taps.",
        prepare=_with_shortest_kernel,
        kernel_size=lambda module: module.kernel_size,
    ),
    *(
        _ours(
            f"spectnet-{algorithm}",
            f"GammatoneSpectrogram with algorithm={algorithm!r}.",
            longest_s=30.0,  # where it is not the way to go, it need not hold up the others
            algorithm=algorithm,
        )
        for algorithm in filterbank.ALGORITHMS
        if algorithm != "auto"
    ),
)
