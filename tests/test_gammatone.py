"""The gammatone has the gain, width, delay and length that its formula promises, at every order."""

import math
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, signal
from torch import Tensor

from spectnet.gammatone import (
    _peak_gain,
    bandwidth_from_erb,
    bandwidth_from_spacing,
    effective_length,
    erb_factor,
    frequency_response,
    half_power_factor,
    impulse_response,
)
from spectnet.scales import SCALES, erb_width, from_scale, spaced_frequencies, to_scale

ORDERS = range(1, 9)
RATE = 8000.0


@st.composite
def textbook_filters(draw: st.DrawFn) -> tuple[int, float, float]:
    """Order, centre and bandwidth of a filter that stays ten bandwidths clear of 0 Hz and of Nyquist."""
    width = draw(st.floats(1e-4 * RATE, RATE / 40))
    return draw(st.integers(2, 8)), draw(st.floats(10 * width, RATE / 2 - 10 * width)), width


def neglected(order: int, center: float, width: float, reach: float = 0.0) -> float:
    """How much the textbook leaves out of a sampled filter's response, `reach` Hz from its centre.

    The textbook knows the resonance at the centre alone, $|1 + jx|^{-n}$ at x bandwidths from it, one at
    its peak. The cosine has another at minus the centre, and sampling repeats both at every multiple of
    the rate (for order 2 and above the formula has no jump at t = 0, and the repetitions sum up).
    """
    repetitions = np.arange(-2000, 2001) * RATE
    others = np.concatenate([repetitions[repetitions != 0], repetitions - 2 * center])
    return float((width / (np.abs(others) - reach)) ** order @ np.ones(len(others)))


def row(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def gain(center: float, width: float, frequency: Tensor, order: int) -> Tensor:
    return frequency_response(row(center), row(width), frequency, sample_rate=RATE, order=order)[0].abs()


@pytest.mark.parametrize(("frequency", "rate"), [(120, 1000), (500, 8000), (2000, 8000), (6000, 44100)])
@pytest.mark.parametrize("order", ORDERS)
def test_taps_are_scipys_but_for_their_gain(frequency, rate, order):
    """SciPy scales for unit gain of the continuous filter; we do for the sampled one."""
    width = 1.019 * (frequency / 9.26449 + 24.7)  # SciPy's own ERB
    theirs, _ = signal.gammatone(frequency, "fir", order=order, numtaps=2000, fs=rate)
    _, (their_gain,) = signal.freqz(theirs, worN=[frequency], fs=rate)
    ours = impulse_response(row(frequency), row(width), kernel_size=2000, sample_rate=rate, order=order)
    np.testing.assert_allclose(ours[0], theirs / abs(their_gain), atol=1e-6 * ours.abs().max().item())


@pytest.mark.parametrize("frequency", [500.0, 1000.0, 2000.0])
def test_response_is_that_of_slaneys_recursive_filter(frequency):
    width = 1.019 * (frequency / 9.26449 + 24.7)
    grid = np.linspace(frequency - 3 * width, frequency + 3 * width, 50)
    _, theirs = signal.freqz(*signal.gammatone(frequency, "iir", fs=RATE), worN=grid, fs=RATE)
    # Slaney scales for unit gain with an approximation of his own.
    np.testing.assert_allclose(gain(frequency, width, torch.from_numpy(grid), 4), np.abs(theirs), atol=5e-3)


@settings(max_examples=30)
@given(
    order=st.sampled_from(ORDERS),
    center=st.floats(0.0, RATE / 2),
    width=st.floats(1e-4 * RATE, RATE / 4),
    share=st.floats(0.0, 1.0),
)
def test_response_is_the_sum_of_two_polylogarithms(order, center, width, share):
    r"""$\sum_k k^{n-1} z^k = \mathrm{Li}_{1-n}(z)$, which mpmath sums in its own way, to 30 digits.

    Anywhere from 0 Hz to Nyquist, also where no textbook's formula holds.
    """
    frequencies = [0.0, center, share * RATE / 2, RATE / 2]

    def expected(frequency: float) -> complex:
        phasors = [
            mpmath.exp(2 * mpmath.pi * (-width + 1j * (sign * center - frequency)) / RATE) for sign in (1, -1)
        ]
        # 0 ** 0 is 1 in our first tap, but the polylogarithm starts at k = 1.
        return complex(sum(mpmath.polylog(1 - order, z) + (order == 1) for z in phasors))

    with mpmath.workdps(30):
        sums = torch.tensor([expected(f) for f in frequencies], dtype=torch.complex128)
    response = frequency_response(row(center), row(width), row(*frequencies), sample_rate=RATE, order=order)
    # A narrow filter's 1 - z loses the digits that b is below the rate, once for each order.
    torch.testing.assert_close(response[0], sums / sums[1].abs(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("order", ORDERS)
def test_response_is_the_fourier_transform_of_the_taps(order):
    center, width = row(50.0, 900.0, 3900.0), row(30.0, 60.0, 90.0)
    length = effective_length(width, sample_rate=RATE, order=order, tolerance=1e-16)
    taps = impulse_response(center, width, kernel_size=length, sample_rate=RATE, order=order)
    spectrum = torch.fft.rfft(taps, 2 * length)
    grid = torch.arange(length + 1, dtype=torch.float64) * RATE / (2 * length)
    response = frequency_response(center, width, grid, sample_rate=RATE, order=order)
    torch.testing.assert_close(response, spectrum, rtol=0, atol=1e-12)  # of a peak of one


@pytest.mark.parametrize("order", ORDERS)
def test_a_tone_at_the_center_keeps_its_level(order):
    """Also where the two halves of the cosine meet: near 0 Hz, near Nyquist, and for a very wide filter."""
    center = row(0.0, 5.0, 100.0, 2000.0, 3995.0, 4000.0)
    for width in (1.0, 50.0, 3000.0):
        response = frequency_response(center, row(*[width] * 6), center, sample_rate=RATE, order=order)
        torch.testing.assert_close(response.diagonal().abs(), torch.ones(6).double(), rtol=1e-9, atol=0)


@given(textbook_filters())
def test_response_peaks_at_the_center_frequency(filter_):
    """But for what the textbook neglects: it moves the peak by its share of a bandwidth."""
    order, center, width = filter_
    x = torch.linspace(-3, 3, 6001, dtype=torch.float64)
    level = gain(center, width, center + x * width, order)
    share = neglected(order, center, width, 3 * width)
    assert abs(x[level.argmax()].item()) <= 2 * share + 1e-3
    assert level.max() <= 1 + 2 * share


@given(textbook_filters())
def test_half_power_width_is_the_formulas(filter_):
    order, center, width = filter_
    half = half_power_factor(order) * width / 2
    edges = gain(center, width, row(center - half, center + half), order)
    # Both the edge's level and the peak's, which is scaled to one, are off by at most the share neglected.
    share = neglected(order, center, width, half)
    torch.testing.assert_close(edges, torch.full_like(edges, math.sqrt(0.5)), rtol=0, atol=2 * share + 1e-9)


@given(textbook_filters())
def test_erb_is_the_area_under_the_power(filter_):
    """By Parseval, the area from 0 Hz to Nyquist is half the rate times the energy of the taps."""
    order, center, width = filter_
    length = effective_length(row(width), sample_rate=RATE, order=order, tolerance=1e-12)
    taps = impulse_response(row(center), row(width), kernel_size=length, sample_rate=RATE, order=order)
    area = RATE / 2 * taps.square().sum().item()
    # The squared taps are a gammatone too, of order 2n - 1 and twice the decay: it has an image of its own.
    share = neglected(2 * order - 1, center, 2 * width) + 2 * neglected(order, center, width)
    assert area == pytest.approx(erb_factor(order) * width, rel=1.1 * share + 1e-9)


def test_erb_is_also_the_area_by_quadrature():
    center, width = 2000.0, 20.0
    grid = np.linspace(0.0, RATE / 2, 40001)
    area = integrate.simpson(gain(center, width, torch.from_numpy(grid), 4).numpy() ** 2, x=grid)
    assert area == pytest.approx(erb_factor(4) * width, rel=1e-6)


@given(textbook_filters())
def test_group_delay_at_the_center_is_order_over_decay(filter_):
    order, center, width = filter_
    frequency = row(center).requires_grad_()
    response = frequency_response(row(center), row(width), frequency, sample_rate=RATE, order=order)
    (slope,) = torch.autograd.grad(response.angle().sum(), frequency)
    delay = -slope.item() / (2 * math.pi)
    # What is neglected keeps its phase while the resonance turns its own by n / b a Hz.
    share = neglected(order, center, width)
    assert delay == pytest.approx(order / (2 * math.pi * width), rel=1.2 * share + 1e-6)


@given(order=st.sampled_from(ORDERS), width=st.floats(2e-4 * RATE, 1e-2 * RATE))
def test_envelope_peaks_where_onset_and_decay_balance(order, width):
    """At 0 Hz the cosine is one and the taps are the envelope."""
    taps = impulse_response(row(0.0), row(width), kernel_size=8192, sample_rate=RATE, order=order)[0]
    peak = (order - 1) / (2 * math.pi * width) * RATE
    assert abs(int(taps.argmax()) - peak) <= 1


def test_known_factors_of_order_four():
    assert erb_factor(4) == pytest.approx(0.982, abs=5e-4)  # Patterson et al. (1992)
    assert half_power_factor(4) == pytest.approx(0.870, abs=5e-4)  # the same
    assert 1 / erb_factor(4) == pytest.approx(1.019, abs=1e-3)  # and the 1.019 that others write


def test_bandwidth_from_erb_gives_the_ear_its_width():
    center = row(200.0, 1000.0, 3000.0)
    for order in ORDERS:
        width = bandwidth_from_erb(center, order)
        torch.testing.assert_close(width * erb_factor(order), erb_width(center))


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("order", [2, 4, 8])
def test_neighbours_meet_at_minus_three_decibels(scale, order):
    """Both filters at the edge they share; 0.1 dB for the scale's bend and the cosine's image."""
    n, low, high = 64, 25.0, 400.0
    center = spaced_frequencies(n, low, high, scale)
    width = bandwidth_from_spacing(n, low, high, scale, order)
    places = to_scale(center, scale)
    edges = from_scale((places[1:] + places[:-1]) / 2, scale)
    response = frequency_response(center, width, edges, sample_rate=1000.0, order=order)
    decibels = 20 * response.abs().log10()  # (filters, edges)
    for meeting in (decibels.diagonal(0), decibels.diagonal(-1)):
        torch.testing.assert_close(meeting, torch.full_like(meeting, -3.01), rtol=0, atol=0.1)


@given(
    order=st.sampled_from(ORDERS),
    widths=st.lists(st.floats(5.0, 500.0), min_size=1, max_size=4),
    tolerance=st.floats(1e-12, 0.5),
)
def test_effective_length_cuts_just_where_the_envelope_reaches_the_tolerance(order, widths, tolerance):
    length = effective_length(row(*widths), sample_rate=RATE, order=order, tolerance=tolerance)
    decay = 2 * math.pi * min(widths) / RATE

    def level(k: float) -> float:
        """Of the envelope, as a share of its peak; in logarithms, which do not underflow."""
        peak = (order - 1) / decay
        rise = (order - 1) * math.log(k / peak) if order > 1 else 0.0
        return rise - decay * (k - peak)

    assert level(length) <= math.log(tolerance) + 1e-9
    assert length < 3 or level(length - 2.5) > math.log(tolerance)


def test_the_kernel_of_the_heart_bank_holds_no_subnormal_number():
    center = spaced_frequencies(16, 25.0, 400.0)
    width = bandwidth_from_spacing(16, 25.0, 400.0, "mel", 4)
    length = effective_length(width, sample_rate=1000.0)

    def subnormals(kernel_size: int) -> int:
        taps = impulse_response(center.float(), width.float(), kernel_size=kernel_size, sample_rate=1000.0)
        assert taps.dtype == torch.float32
        return int(((taps != 0) & (taps.abs() < torch.finfo(torch.float32).tiny)).sum())

    assert subnormals(length) == 0
    assert subnormals(2500) > 0  # what an uncut kernel as long as a segment would hold


def test_a_kernel_is_drawn_in_float64_whatever_comes_in():
    """At 44.1 kHz the phase of a float32 cosine would be off by 1e-4."""
    center, width = row(440.0, 15000.0).float(), row(5.0, 20.0).float()
    coarse = impulse_response(center, width, kernel_size=44100, sample_rate=44100.0)
    fine = impulse_response(center.double(), width.double(), kernel_size=44100, sample_rate=44100.0)
    torch.testing.assert_close(coarse.double(), fine, rtol=0, atol=1e-7 * fine.abs().max().item())


@pytest.mark.parametrize("order", ORDERS)
def test_gradients_are_right(order):
    center, width = row(3.0, 120.0, 400.0).requires_grad_(), row(20.0, 60.0, 200.0).requires_grad_()
    grid = row(0.0, 100.0, 333.0)

    def taps(f: Tensor, b: Tensor) -> Tensor:
        return impulse_response(f, b, kernel_size=12, sample_rate=1000.0, order=order)

    def response(f: Tensor, b: Tensor) -> Tensor:
        return torch.view_as_real(frequency_response(f, b, grid, sample_rate=1000.0, order=order))

    assert torch.autograd.gradcheck(taps, (center, width))
    assert torch.autograd.gradcheck(response, (center, width))


MIXED = (1, 4, 2, 8, 4)
CENTERS, WIDTHS = row(300.0, 500.0, 900.0, 2000.0, 3900.0), row(20.0, 30.0, 60.0, 300.0, 90.0)


def alone(function: Callable[..., Tensor], *rows: Tensor, **settings: object) -> Tensor:
    """Each filter by itself, with its own order."""
    parts = [function(*(r[i : i + 1] for r in rows), order=n, **settings) for i, n in enumerate(MIXED)]
    return torch.cat(parts)


def test_each_filter_may_have_an_order_of_its_own():
    """A bank of mixed orders is what its filters are one by one."""
    rate = {"sample_rate": RATE}
    together = impulse_response(CENTERS, WIDTHS, kernel_size=50, order=MIXED, **rate)
    assert torch.equal(together, alone(impulse_response, CENTERS, WIDTHS, kernel_size=50, **rate))
    grid = row(0.0, 300.0, 2222.0)
    together = frequency_response(CENTERS, WIDTHS, grid, order=MIXED, **rate)
    parts = alone(lambda f, b, **s: frequency_response(f, b, grid, **s), CENTERS, WIDTHS, **rate)
    torch.testing.assert_close(together, parts, rtol=1e-13, atol=0)
    assert torch.equal(bandwidth_from_erb(CENTERS, MIXED), alone(bandwidth_from_erb, CENTERS))
    spaced = [bandwidth_from_spacing(5, 25.0, 400.0, "mel", n)[i].item() for i, n in enumerate(MIXED)]
    assert bandwidth_from_spacing(5, 25.0, 400.0, "mel", MIXED).tolist() == spaced


@pytest.mark.parametrize("slow", range(5))
def test_the_kernel_is_as_long_as_its_slowest_filter(slow):
    """Whichever it is: of two filters as wide, the higher order rings longer."""
    widths = WIDTHS.index_fill(0, torch.tensor(slow), 2.0)
    longest = effective_length(widths[slow : slow + 1], sample_rate=RATE, order=MIXED[slow])
    assert effective_length(widths, sample_rate=RATE, order=MIXED) == longest


def test_gradients_are_right_in_a_bank_of_mixed_orders():
    center, width = CENTERS.clone().requires_grad_(), WIDTHS.clone().requires_grad_()

    def taps(f: Tensor, b: Tensor) -> Tensor:
        return impulse_response(f, b, kernel_size=12, sample_rate=RATE, order=MIXED)

    assert torch.autograd.gradcheck(taps, (center, width))


@pytest.mark.parametrize("order", [4, (1, 8, 3)])
def test_the_gain_is_differentiable_and_in_float64(order):
    center, width = row(3.0, 500.0, 2000.0), row(20.0, 600.0, 900.0)
    assert _peak_gain(center.float(), width.float(), RATE, order).dtype == torch.float64

    def gain_of(f: Tensor, b: Tensor) -> Tensor:
        return _peak_gain(f, b, RATE, order).log()  # which finite differences resolve at any size

    assert torch.autograd.gradcheck(gain_of, (center.requires_grad_(), width.requires_grad_()))


@pytest.mark.parametrize("edge", [0.0, 500.0])
def test_a_filter_at_0_hz_or_nyquist_cannot_learn_its_frequency(edge):
    """Why `spaced_frequencies` leaves out the two ends: the paper's code started two filters there."""
    center = row(edge, 250.0).requires_grad_()
    taps = impulse_response(center, row(20.0, 20.0), kernel_size=64, sample_rate=1000.0)
    (slope,) = torch.autograd.grad((taps * torch.arange(64)).sum(), center)
    assert abs(slope[0]) < 1e-9 < 1e-3 < abs(slope[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"center": 501.0}, "center_frequency must lie in 0 to 500 Hz, got 501 to 501"),
        ({"center": -1.0}, "center_frequency must lie in 0 to 500 Hz, got -1 to -1"),
        ({"center": float("nan")}, "center_frequency must lie in 0 to 500 Hz, got nan"),
        ({"width": 0.0}, "bandwidth must be positive, got 0 Hz"),
        ({"width": float("nan")}, "bandwidth must be positive, got nan Hz"),
        ({"order": 0}, "order must be a whole number from 1 to 8, got 0"),
        ({"order": 9}, "order must be a whole number from 1 to 8, got 9"),
        ({"order": [4, 4]}, "order must be one for all or one for each of 1 filters, got 2"),
        ({"kernel_size": 0}, "kernel_size must be at least 1 sample, got 0"),
    ],
)
def test_impossible_filters_are_refused(change, message):
    wanted = {"center": 100.0, "width": 10.0, "order": 4, "kernel_size": 8} | change
    with pytest.raises(ValueError, match=message):
        impulse_response(
            row(wanted["center"]),
            row(wanted["width"]),
            kernel_size=wanted["kernel_size"],
            sample_rate=1000.0,
            order=wanted["order"],
        )


@pytest.mark.parametrize("width", [0.0, -3.0, float("nan")])
def test_no_length_is_known_for_a_filter_that_never_fades(width):
    with pytest.raises(ValueError, match=f"bandwidth must be positive, got {width:g} Hz"):
        effective_length(row(20.0, width), sample_rate=1000.0)


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -1.0])
def test_a_tolerance_is_a_share(tolerance):
    with pytest.raises(ValueError, match="tolerance must lie between 0 and 1"):
        effective_length(row(20.0), sample_rate=1000.0, tolerance=tolerance)
