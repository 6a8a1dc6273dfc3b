"""Frequency scales: how far apart two tones sound. The one place these formulas stand.

Every function takes and gives tensors of any shape, in float64 unless a tensor says otherwise,
and is differentiable. Taught in *Gammatone filters*.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

Scale = Literal["mel", "slaney", "erb", "linear"]
SCALES: tuple[str, ...] = get_args(Scale)

_SLANEY_BREAK_HZ, _SLANEY_HZ_PER_MEL = 1000.0, 200.0 / 3.0
_SLANEY_LOG_STEP = math.log(6.4) / 27.0


def _tensor(value: Tensor | float) -> Tensor:
    return value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)


def hz_to_mel(frequency: Float[Tensor, "..."] | float) -> Float[Tensor, "..."]:
    r"""Frequency in Hz to mel, $m = 2595 \log_{10}(1 + f / 700)$, as in HTK.

    >>> round(hz_to_mel(1000.0).item())
    1000

    The scale is Stevens, Volkmann and Newman's (1937); this formula is O'Shaughnessy's, used by HTK.
    """
    return 2595.0 * torch.log10(1.0 + _tensor(frequency) / 700.0)


def mel_to_hz(mel: Float[Tensor, "..."] | float) -> Float[Tensor, "..."]:
    r"""Mel to frequency in Hz, $f = 700\,(10^{m / 2595} - 1)$: the inverse of `hz_to_mel`."""
    return 700.0 * (10.0 ** (_tensor(mel) / 2595.0) - 1.0)


def hz_to_slaney_mel(frequency: Float[Tensor, "..."] | float) -> Float[Tensor, "..."]:
    """Frequency in Hz to Slaney's mel: linear below 1 kHz, logarithmic above.

    The default of librosa and of the Auditory Toolbox (Slaney, 1998).
    """
    frequency = _tensor(frequency)
    linear = frequency / _SLANEY_HZ_PER_MEL
    at_break = _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL
    # The clamp keeps the branch that is not taken finite, and with it its gradient.
    logarithmic = at_break + torch.log(frequency.clamp_min(1e-3) / _SLANEY_BREAK_HZ) / _SLANEY_LOG_STEP
    return torch.where(frequency < _SLANEY_BREAK_HZ, linear, logarithmic)


def slaney_mel_to_hz(mel: Float[Tensor, "..."] | float) -> Float[Tensor, "..."]:
    """Slaney's mel to frequency in Hz: the inverse of `hz_to_slaney_mel`."""
    mel = _tensor(mel)
    at_break = _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL
    logarithmic = _SLANEY_BREAK_HZ * torch.exp(_SLANEY_LOG_STEP * (mel - at_break).clamp_min(0.0))
    return torch.where(mel < at_break, mel * _SLANEY_HZ_PER_MEL, logarithmic)


def erb_width(frequency: Float[Tensor, "..."] | float) -> Float[Tensor, "..."]:
    r"""Equivalent rectangular bandwidth of the ear's filter, $24.7\,(4.37 f / 1000 + 1)$ Hz.

    Glasberg and Moore (1990), equation 3.
    """
    return 24.7 * (4.37e-3 * _tensor(frequency) + 1.0)


def hz_to_erb_rate(frequency: Float[Tensor, "..."] | float) -> Float[Tensor, "..."]:
    r"""Frequency in Hz to the number of ERBs below it, $\int_0^f \mathrm{d}f' / \mathrm{ERB}(f')$."""
    return torch.log(4.37e-3 * _tensor(frequency) + 1.0) / (24.7 * 4.37e-3)


def erb_rate_to_hz(erb_rate: Float[Tensor, "..."] | float) -> Float[Tensor, "..."]:
    """Number of ERBs to frequency in Hz: the inverse of `hz_to_erb_rate`."""
    return (torch.exp(_tensor(erb_rate) * (24.7 * 4.37e-3)) - 1.0) / 4.37e-3


_TO = {"mel": hz_to_mel, "slaney": hz_to_slaney_mel, "erb": hz_to_erb_rate, "linear": _tensor}
_FROM = {"mel": mel_to_hz, "slaney": slaney_mel_to_hz, "erb": erb_rate_to_hz, "linear": _tensor}


def check_scale(scale: str) -> None:
    """Raise ValueError unless `scale` is one of `SCALES`."""
    if scale not in SCALES:
        raise ValueError(f"scale must be one of {', '.join(SCALES)}, got {scale!r}")


def to_scale(frequency: Float[Tensor, "..."] | float, scale: str) -> Float[Tensor, "..."]:
    """Frequency in Hz to its place on `scale` (one of `SCALES`)."""
    check_scale(scale)
    return _TO[scale](frequency)


def from_scale(value: Float[Tensor, "..."] | float, scale: str) -> Float[Tensor, "..."]:
    """A place on `scale` to its frequency in Hz."""
    check_scale(scale)
    return _FROM[scale](value)


def check_range(f_min: float, f_max: float, sample_rate: float | None = None) -> None:
    """Raise ValueError unless ``0 <= f_min < f_max``, and at most Nyquist where a rate is given."""
    if not 0 <= f_min < f_max:
        raise ValueError(f"f_min and f_max must satisfy 0 <= f_min < f_max, got {f_min:g} and {f_max:g} Hz")
    if sample_rate is not None and f_max > sample_rate / 2:
        raise ValueError(
            f"f_max must be at most half the sample rate ({sample_rate / 2:g} Hz), got {f_max:g} Hz; "
            "lower f_max or use a higher sample rate"
        )


def spaced_frequencies(
    n_filters: int, f_min: float, f_max: float, scale: str = "mel"
) -> Float[Tensor, " {n_filters}"]:
    """Frequencies in Hz at equal steps of `scale`: the inner `n_filters` of ``n_filters + 2``.

    The two outermost, `f_min` and `f_max`, are left out: a filter at 0 Hz or at Nyquist has no
    gradient to its centre frequency and could never leave.

    Args:
        n_filters: how many, at least 1.
        f_min: lower edge in Hz.
        f_max: upper edge in Hz.
        scale: ``"mel"`` (HTK), ``"slaney"``, ``"erb"`` or ``"linear"``.

    Raises:
        ValueError: fewer than one filter, an upside-down range, an unknown scale.
    """
    if n_filters < 1:
        raise ValueError(f"n_filters must be at least 1, got {n_filters}")
    check_range(f_min, f_max)
    low, high = to_scale(float(f_min), scale), to_scale(float(f_max), scale)
    steps = torch.linspace(0.0, 1.0, n_filters + 2, dtype=torch.float64)[1:-1]
    return from_scale(low + (high - low) * steps, scale)


def band_edges(n_filters: int, f_min: float, f_max: float, scale: str = "mel") -> Float[Tensor, " edges"]:
    """Edges in Hz of the ``n_filters`` bands around `spaced_frequencies`: half a step to either side.

    One more edge than bands: neighbours share theirs. Arguments and errors are those of
    `spaced_frequencies`.
    """
    # Half steps are the steps of twice as many filters and one; every other one is an edge.
    return spaced_frequencies(2 * n_filters + 1, f_min, f_max, scale)[::2]
