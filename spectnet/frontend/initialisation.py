"""Where a bank's filters start, and how wide.

Taught in *Mel initialisation*.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from spectnet import gammatone, scales

DEFAULT_FILTERS = 16


def lowest_frequency(sample_rate: float) -> float:
    """The lower edge of a range that nobody gave, in Hz: 25, or a fortieth of a rate below 1 kHz."""
    return min(25.0, sample_rate / 40)


def initial_frequencies(
    n_filters: int | None,
    own: Sequence[float] | None,
    f_min: float,
    f_max: float,
    scale: str,
) -> Float[Tensor, " filters"]:
    """Centre frequencies in Hz: at equal steps of `scale`, or the user's own.

    Args:
        n_filters: how many; None is 16, or as many as `own`.
        own: frequencies in Hz in any order, or None.
        f_min: lower edge of the range in Hz.
        f_max: upper edge in Hz.
        scale: as `scales.spaced_frequencies` takes it.

    Raises:
        ValueError: fewer than one filter, own frequencies of another number or outside the range, an
            unknown scale.
    """
    scales.check_scale(scale)
    if own is None:
        n_filters = DEFAULT_FILTERS if n_filters is None else n_filters
        return scales.spaced_frequencies(n_filters, f_min, f_max, scale)
    frequencies = torch.as_tensor(own, dtype=torch.float64)
    if frequencies.ndim != 1 or n_filters not in (None, len(frequencies)) or not len(frequencies):
        raise ValueError(
            f"center_frequencies must be one frequency for each of n_filters, here {n_filters}, "
            f"got {tuple(frequencies.shape)}"
        )
    if not bool(((frequencies > f_min) & (frequencies < f_max)).all()):  # true for NaN too
        raise ValueError(
            f"center_frequencies must lie between f_min and f_max, {f_min:g} and {f_max:g} Hz, "
            f"got {frequencies.min():g} to {frequencies.max():g} Hz"
        )
    return frequencies


def initial_bandwidths(
    frequencies: Float[Tensor, " filters"],
    rule: str | float,
    f_min: float,
    f_max: float,
    scale: str,
    order: int | Sequence[int],
    *,
    own: bool,
) -> Float[Tensor, " filters"]:
    """Bandwidths (the decay b) in Hz.

    Args:
        frequencies: centres in Hz.
        rule: ``"spacing"`` (neighbours meet at -3 dB), ``"erb"`` (as the ear), or b in Hz for all.
        f_min: lower edge of the range in Hz.
        f_max: upper edge in Hz.
        scale: on which neighbours are apart.
        order: of the gammatones.
        own: whether the frequencies are the user's own, and need not be evenly spaced.

    Raises:
        ValueError: an unknown rule, a bandwidth that is not positive, ``"spacing"`` for frequencies of which
            two are equal.
    """
    if rule == "spacing":
        if own:
            return gammatone.bandwidth_from_half_power(_widths(frequencies, f_min, f_max, scale), order)
        return gammatone.bandwidth_from_spacing(len(frequencies), f_min, f_max, scale, order)
    if rule == "erb":
        return gammatone.bandwidth_from_erb(frequencies, order)
    if isinstance(rule, int | float) and not isinstance(rule, bool) and 0 < rule < float("inf"):
        return torch.full_like(frequencies, float(rule))
    raise ValueError(f"bandwidth_rule must be 'spacing', 'erb' or a positive number of Hz, got {rule!r}")


def _widths(
    frequencies: Float[Tensor, " filters"], f_min: float, f_max: float, scale: str
) -> Float[Tensor, " filters"]:
    """From each filter's edge with its lower neighbour to that with its upper, midway on the scale, in Hz.

    The outermost reach as far outwards as inwards, but not beyond the range.
    """
    if len(frequencies) == 1:
        return frequencies.new_tensor([f_max - f_min])
    rank = frequencies.argsort()
    places = scales.to_scale(frequencies[rank], scale)
    half_steps = places.diff() / 2
    if not bool((half_steps > 0).all()):
        raise ValueError(
            "center_frequencies must differ where bandwidth_rule is 'spacing', "
            f"got {frequencies.tolist()}; take 'erb' or a number of Hz"
        )
    below = torch.cat([half_steps[:1], half_steps])
    above = torch.cat([half_steps, half_steps[-1:]])
    edges = scales.from_scale(torch.stack([places - below, places + above]), scale).clamp(f_min, f_max)
    return edges.diff(dim=0)[0, rank.argsort()]
