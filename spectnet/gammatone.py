r"""The gammatone filter: its impulse response, its frequency response, its bandwidth.

$$g(t) = t^{n-1}\, e^{-2\pi b t}\, \cos(2\pi f_c t), \qquad t \ge 0$$

Pure, differentiable functions of centre frequency $f_c$ and bandwidth $b$, both in Hz.
Everything is computed for the *sampled* filter, exactly: no long impulse response stands
behind the frequency response, and the gain is one at the centre frequency. Where a function takes
an ``order``, one whole number stands for all filters, a sequence gives each filter its own.

Form from Patterson et al. (1992); taught in *Gammatone filters*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from spectnet.orders import by_order, check_order, orders_per_filter
from spectnet.power_sums import power_sum
from spectnet.scales import check_range, erb_width, from_scale, to_scale


def _check_filters(center_frequency: Tensor, bandwidth: Tensor, sample_rate: float) -> None:
    if torch.compiler.is_compiling():  # or exporting: no value is known there
        return
    nyquist = sample_rate / 2
    low, high = center_frequency.min().item(), center_frequency.max().item()
    if not (0 <= low and high <= nyquist):  # false for NaN too
        raise ValueError(f"center_frequency must lie in 0 to {nyquist:g} Hz, got {low:g} to {high:g}")
    _check_bandwidth(bandwidth)


def _check_bandwidth(bandwidth: Tensor) -> None:
    if not (low := bandwidth.min().item()) > 0:  # true for NaN too
        raise ValueError(f"bandwidth must be positive, got {low:g} Hz")


def _raw_response(
    center_frequency: Float[Tensor, "*shape"],
    bandwidth: Float[Tensor, "*shape"],
    frequency: Float[Tensor, "*shape"],
    sample_rate: float,
    order: int | Sequence[int],
) -> Float[Tensor, "*shape 2"]:
    r"""Transfer function of the samples $k^{n-1} e^{-2\pi b k/f_s} \cos(2\pi f_c k/f_s)$; real, imaginary.

    The cosine is two phasors, at $+f_c$ and at $-f_c$ (the image); each sums in closed form.
    """
    decay = torch.exp(-2.0 * math.pi * bandwidth / sample_rate)
    plus = 2.0 * math.pi * (center_frequency - frequency) / sample_rate
    minus = 2.0 * math.pi * (-center_frequency - frequency) / sample_rate

    def both(n: int, r: Tensor, plus: Tensor, minus: Tensor) -> Tensor:
        sums = [power_sum((r * torch.cos(turn), r * torch.sin(turn)), n) for turn in (plus, minus)]
        return 0.5 * torch.stack([sums[0][0] + sums[1][0], sums[0][1] + sums[1][1]], dim=-1)

    return by_order(both, order, decay, plus, minus)


def _peak_gain(
    center_frequency: Float[Tensor, " filters"],
    bandwidth: Float[Tensor, " filters"],
    sample_rate: float,
    order: int | Sequence[int],
) -> Float[Tensor, " filters"]:
    """Gain at its centre of each filter whose taps `_taps` draws; float64, unchecked."""
    f_c, b = center_frequency.double(), bandwidth.double()
    return _raw_response(f_c, b, f_c, sample_rate, order).square().sum(-1).sqrt()


def _taps(
    center_frequency: Float[Tensor, " filters"],
    bandwidth: Float[Tensor, " filters"],
    kernel_size: int,
    sample_rate: float,
    order: int | Sequence[int],
) -> Float[Tensor, "filters {kernel_size}"]:
    """The samples as the formula gives them, k counted from 0; float64, unchecked."""
    f_c, b = center_frequency.double()[:, None], bandwidth.double()[:, None]
    k = torch.arange(kernel_size, dtype=torch.float64, device=center_frequency.device)

    def ring(n: int, f_c: Tensor, b: Tensor) -> Tensor:
        t = k / sample_rate
        return k ** (n - 1) * torch.exp(-2.0 * math.pi * b * t) * torch.cos(2.0 * math.pi * f_c * t)

    return by_order(ring, order, f_c, b)


def impulse_response(
    center_frequency: Float[Tensor, " filters"],
    bandwidth: Float[Tensor, " filters"],
    *,
    kernel_size: int,
    sample_rate: float,
    order: int | Sequence[int] = 4,
) -> Float[Tensor, "filters {kernel_size}"]:
    r"""Sample one gammatone per row, with unit gain at its centre frequency.

    $$g(t) = t^{n-1}\, e^{-2\pi b t}\, \cos(2\pi f_c t)$$

    Args:
        center_frequency: $f_c$ in Hz, between 0 and ``sample_rate / 2``.
        bandwidth: decay $b$ in Hz; a larger one rings for less time.
        kernel_size: length in samples; `effective_length` says how many matter.
        sample_rate: $f_s$ in Hz.
        order: $n$, how slowly the onset rises; for all filters, or one for each.

    Raises:
        ValueError: a centre frequency outside its range, a bandwidth that is not positive,
            an order that is not 1 to 8, orders for another number of filters, a kernel shorter
            than one sample.

    Taught in *Gammatone filters*; form from Patterson et al. (1992).
    """
    _check_filters(center_frequency, bandwidth, sample_rate)
    if kernel_size < 1:
        raise ValueError(f"kernel_size must be at least 1 sample, got {kernel_size}")
    # In float64 whatever comes in: the phase of a float32 cosine is off by 1e-4 at 44.1 kHz.
    kernel = _taps(center_frequency, bandwidth, kernel_size, sample_rate, order)
    gain = _peak_gain(center_frequency, bandwidth, sample_rate, order)
    return (kernel / gain[:, None]).to(center_frequency.dtype)


def frequency_response(
    center_frequency: Float[Tensor, " filters"],
    bandwidth: Float[Tensor, " filters"],
    frequency: Float[Tensor, " frequencies"],
    *,
    sample_rate: float,
    order: int | Sequence[int] = 4,
) -> Complex[Tensor, "filters frequencies"]:
    r"""Transfer function of each sampled gammatone at each frequency, exact and in closed form.

    With $r = e^{-2\pi b / f_s}$ and $z_\pm = r\, e^{2\pi j (\pm f_c - f) / f_s}$,

    $$H(f) \propto \sum_{k=0}^{\infty} k^{n-1} \left(z_+^k + z_-^k\right), \qquad
      \sum_k k^{n-1} z^k = \frac{z\, A_{n-1}(z)}{(1 - z)^n}$$

    where $A$ is the Eulerian polynomial; scaled so that $|H(f_c)| = 1$.

    Args:
        center_frequency: $f_c$ in Hz.
        bandwidth: decay $b$ in Hz.
        frequency: where to evaluate, in Hz.
        sample_rate: $f_s$ in Hz.
        order: $n$, from 1 to 8; for all filters, or one for each.

    Raises:
        ValueError: as `impulse_response`.

    Taught in *Gammatone filters*.
    """
    _check_filters(center_frequency, bandwidth, sample_rate)
    f_c, b = center_frequency.double(), bandwidth.double()
    f_c_grid, b_grid, f_grid = torch.broadcast_tensors(f_c[:, None], b[:, None], frequency.double())
    response = _raw_response(f_c_grid, b_grid, f_grid, sample_rate, order)
    return torch.view_as_complex(response) / _peak_gain(f_c, b, sample_rate, order)[:, None]


def half_power_factor(order: int) -> float:
    r"""The -3 dB width of a gammatone in units of its $b$: $2\sqrt{2^{1/n} - 1}$."""
    check_order(order)
    return 2.0 * math.sqrt(2.0 ** (1.0 / order) - 1.0)


def erb_factor(order: int) -> float:
    r"""The ERB of a gammatone in units of its $b$.

    $$a_n = \frac{\pi\, (2n-2)!\; 2^{-(2n-2)}}{\big((n-1)!\big)^2}$$

    Patterson et al. (1992); 0.982 for order 4.
    """
    check_order(order)
    n = order
    return math.pi * math.factorial(2 * n - 2) * 2.0 ** -(2 * n - 2) / math.factorial(n - 1) ** 2


def bandwidth_from_erb(
    center_frequency: Float[Tensor, " filters"], order: int | Sequence[int]
) -> Float[Tensor, " filters"]:
    """The decay b in Hz that gives each filter the ear's ERB at its centre frequency."""
    return by_order(lambda n, width: width / erb_factor(n), order, erb_width(center_frequency))


def bandwidth_from_half_power(
    width: Float[Tensor, " filters"], order: int | Sequence[int]
) -> Float[Tensor, " filters"]:
    """The decay b in Hz that gives each filter a -3 dB width of so many Hz."""
    return by_order(lambda n, width: width / half_power_factor(n), order, width)


def bandwidth_from_spacing(
    n_filters: int, f_min: float, f_max: float, scale: str, order: int | Sequence[int]
) -> Float[Tensor, " {n_filters}"]:
    """The decay b in Hz that lets neighbours of `scales.spaced_frequencies` meet at -3 dB.

    Each filter's -3 dB band reaches half a step of `scale` to either side, so that the bank
    covers the range without gaps, however many filters share it.
    """
    check_range(f_min, f_max)
    low, high = to_scale(float(f_min), scale), to_scale(float(f_max), scale)
    half_steps = torch.linspace(0.0, 1.0, 2 * n_filters + 3, dtype=torch.float64)[1::2]
    edges = from_scale(low + (high - low) * half_steps, scale)  # (n_filters + 1,)
    return bandwidth_from_half_power(edges.diff(), order)


def effective_length(
    bandwidth: Float[Tensor, " filters"],
    *,
    sample_rate: float,
    order: int | Sequence[int] = 4,
    tolerance: float = 1e-8,
) -> int:
    """How many samples until every filter's envelope has fallen to `tolerance` of its peak.

    What lies behind is not only useless: its taps are subnormal numbers, which make a
    convolution many times slower.

    Args:
        bandwidth: decay b in Hz.
        sample_rate: in Hz.
        order: from 1 to 8; for all filters, or one for each.
        tolerance: share of the peak, between 0 and 1.

    Raises:
        ValueError: a bandwidth that is not positive, an order that is not 1 to 8, a tolerance that
            is no share.
    """
    orders = orders_per_filter(order, len(bandwidth))
    _check_bandwidth(bandwidth)
    if not 0.0 < tolerance < 1.0:
        raise ValueError(f"tolerance must lie between 0 and 1, got {tolerance:g}")
    widths = bandwidth.detach().tolist()
    return max(
        math.ceil(_phases_until(n, tolerance) / (2.0 * math.pi * b) * sample_rate) + 1
        for n, b in zip(orders, widths, strict=True)
    )


@lru_cache(maxsize=64)
def _phases_until(order: int, tolerance: float) -> float:
    r"""The $2\pi b t$ at which the envelope has fallen to `tolerance` of its peak."""
    # With x = 2 pi b t and m = order - 1, solve m ln(x/m) - (x - m) = ln(tolerance) for x > m.
    m, x = order - 1, float(order - 1) + 1.0 - math.log(tolerance)
    for _ in range(50):  # a fixed point that contracts: its slope is m / x < 1
        x = m - math.log(tolerance) + (m * math.log(x / m) if m else 0.0)
    return x
