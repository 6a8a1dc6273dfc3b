"""The gammatone has the gain, width, delay and length that its formula promises, at every order."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, signal
from torch import Tensor

from spectnet.gammatone import (
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
# A filter whose image (the cosine's other half, at -f) is below 0.4 % at its peak, and slow beside a sample:
# there the textbook's formulas for the continuous filter hold to 1 %.
textbook_filters = given(
    order=st.sampled_from(ORDERS),
    center=st.floats(0.15 * RATE, 0.35 * RATE),
    width=st.floats(2e-4 * RATE, 1e-3 * RATE),
)


def row(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def gain(center: float, width: float, frequency: Tensor, order: int) -> Tensor:
    return frequency_response(row(center), row(width), frequency, sample_rate=RATE, order=order)[0].abs()


@pytest.mark.parametrize("frequency", [500.0, 1000.0, 2000.0])
@pytest.mark.parametrize("order", [2, 4, 8])
def test_taps_are_scipys_but_for_their_gain(frequency, order):
    """SciPy scales for unit gain of the continuous filter; we do for the sampled one."""
    width = 1.019 * (frequency / 9.26449 + 24.7)  # SciPy's own ERB
    theirs, _ = signal.gammatone(frequency, "fir", order=order, numtaps=2000, fs=RATE)
    _, (their_gain,) = signal.freqz(theirs, worN=[frequency], fs=RATE)
    ours = impulse_response(row(frequency), row(width), kernel_size=2000, sample_rate=RATE, order=order)
    np.testing.assert_allclose(ours[0], theirs / abs(their_gain), atol=1e-6 * ours.abs().max().item())


@pytest.mark.parametrize("frequency", [500.0, 1000.0, 2000.0])
def test_response_is_that_of_slaneys_recursive_filter(frequency):
    width = 1.019 * (frequency / 9.26449 + 24.7)
    grid = np.linspace(frequency - 3 * width, frequency + 3 * width, 50)
    _, theirs = signal.freqz(*signal.gammatone(frequency, "iir", fs=RATE), worN=grid, fs=RATE)
    # Slaney scales for unit gain with an approximation of his own.
    np.testing.assert_allclose(gain(frequency, width, torch.from_numpy(grid), 4), np.abs(theirs), atol=5e-3)


@pytest.mark.parametrize("order", ORDERS)
def test_response_is_the_sum_of_two_polylogarithms(order):
    r"""$\sum_k k^{n-1} z^k = \mathrm{Li}_{1-n}(z)$, which mpmath sums in its own way."""
    center, width, frequencies = 900.0, 60.0, [0.0, 850.0, 900.0, 1500.0, 4000.0]

    def expected(frequency: float) -> complex:
        phasors = [
            mpmath.exp(2 * mpmath.pi * (-width + 1j * (sign * center - frequency)) / RATE) for sign in (1, -1)
        ]
        # 0 ** 0 is 1 in our first tap, but the polylogarithm starts at k = 1.
        return complex(sum(mpmath.polylog(1 - order, z) + (order == 1) for z in phasors))

    sums = torch.tensor([expected(f) for f in frequencies], dtype=torch.complex128)
    response = frequency_response(row(center), row(width), row(*frequencies), sample_rate=RATE, order=order)
    torch.testing.assert_close(response[0], sums / abs(expected(center)), rtol=1e-9, atol=1e-12)


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


@settings(max_examples=40)
@textbook_filters
def test_half_power_width_is_the_formulas(order, center, width):
    half = half_power_factor(order) * width / 2
    inside, outside = (
        row(center - 0.98 * half, center + 0.98 * half),
        row(center - 1.02 * half, center + 1.02 * half),
    )
    assert (gain(center, width, inside, order) ** 2 > 0.5).all()
    assert (gain(center, width, outside, order) ** 2 < 0.5).all()


@settings(max_examples=25)
@textbook_filters
def test_erb_is_the_area_under_the_power(order, center, width):
    # Steps that widen away from the peak: a grid fine at its top and wide at its feet.
    reach = min(center, RATE / 2 - center)
    grid = center + width * torch.sinh(torch.linspace(-1, 1, 4001).double() * math.asinh(reach / width))
    power = gain(center, width, grid, order) ** 2
    area = integrate.simpson(power.numpy(), x=grid.numpy())
    assert area == pytest.approx(erb_factor(order) * width, rel=0.01)


@settings(max_examples=40)
@textbook_filters
def test_group_delay_at_the_center_is_order_over_decay(order, center, width):
    step = width / 100
    around = frequency_response(
        row(center), row(width), row(center - step, center + step), sample_rate=RATE, order=order
    )[0]
    delay = -torch.angle(around[1] / around[0]).item() / (2 * math.pi * 2 * step)
    # The sampled filter of order 1 starts at its peak, half a sample early.
    assert delay == pytest.approx(order / (2 * math.pi * width), rel=0.01, abs=0.6 / RATE)


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
