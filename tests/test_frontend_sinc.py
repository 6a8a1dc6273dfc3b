"""The sinc front-end is SincNet's, and its filters are SciPy's."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import torch

from spectnet.frontend import SincSpectrogram
from spectnet.frontend.sinc import sinc_kernel
from spectnet.frontend.windowed_sinc import band_pass
from spectnet.scales import SCALES, band_edges

GOLDEN = json.loads((Path(__file__).parent / "golden" / "frontends.json").read_text("utf-8"))
RATE = 1000
BANK = {"n_filters": 6, "f_min": 25.0, "f_max": 400.0}


@pytest.mark.parametrize("kernel_size", [21, 251])
@pytest.mark.parametrize(("low", "high"), [(30.0, 60.0), (100.0, 101.0), (200.0, 499.0)])
def test_filters_are_scipys_of_unit_gain_in_the_middle(low, high, kernel_size):
    found = sinc_kernel(torch.tensor([low]), torch.tensor([high]), kernel_size=kernel_size, sample_rate=RATE)
    expected = scipy.signal.firwin(
        kernel_size, [low, high], pass_zero=False, window="hamming", scale=True, fs=RATE
    )
    np.testing.assert_allclose(found[0].numpy(), expected, atol=1e-12 * np.abs(expected).max())


def test_filters_are_asteroids_parameters_and_limits_included():
    """One edge's parameter is negative, one band would end above Nyquist."""
    golden = {name: torch.tensor(value) for name, value in GOLDEN["sinc"].items()}
    layer = SincSpectrogram(
        GOLDEN["rate"], 3, f_min=50.0, kernel_size=GOLDEN["kernel_size"], min_bandwidth=50.0
    )
    with torch.no_grad():
        layer.low.copy_(golden["low"])
        layer.width.copy_(golden["width"])
    low, high = layer.edges
    assert low.tolist() == [80.0, 550.0, 2950.0]
    assert high.tolist() == [330.0, 900.0, 4000.0]
    taps = layer.kernel().detach().float()
    middle = taps[:, GOLDEN["kernel_size"] // 2, None]  # theirs is one
    torch.testing.assert_close(taps / middle, golden["taps"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("antisymmetric", [False, True])
@pytest.mark.parametrize("kernel_size", [60, 61])
def test_an_ideal_band_pass_is_the_integral_of_its_response(kernel_size, antisymmetric):
    found = band_pass(
        torch.tensor([80.0]),
        torch.tensor([200.0]),
        kernel_size=kernel_size,
        sample_rate=RATE,
        antisymmetric=antisymmetric,
    )
    omega, step = np.linspace(2 * np.pi * 0.08, 2 * np.pi * 0.2, 200_001, retstep=True)
    k = np.arange(kernel_size) - (kernel_size - 1) / 2
    wave = np.sin if antisymmetric else np.cos
    ideal = [np.trapezoid(wave(omega * one), dx=step) / np.pi for one in k]
    np.testing.assert_allclose(found[0].numpy(), ideal * np.hamming(kernel_size), atol=1e-9)


@pytest.mark.parametrize("scale", SCALES)
def test_bands_start_side_by_side_on_the_scale(scale):
    layer = SincSpectrogram(RATE, **BANK, scale=scale)
    low, high = (edge.detach() for edge in layer.edges)
    edges = band_edges(6, 25.0, 400.0, scale)
    torch.testing.assert_close(low, edges[:-1], rtol=1e-6, atol=0)
    torch.testing.assert_close(high, edges[1:], rtol=1e-6, atol=0)
    torch.testing.assert_close(layer.bandwidths, high - low)
    torch.testing.assert_close(layer.center_frequencies, (high + low) / 2)


def test_half_the_amplitude_is_left_at_the_edges():
    layer = SincSpectrogram(RATE, n_filters=3, f_min=25.0, f_max=400.0)
    for taps, low, high in zip(layer.kernel().detach(), *layer.edges, strict=True):
        at = [low.item(), (low + high).item() / 2, high.item()]
        _, response = scipy.signal.freqz(taps.numpy(), worN=at, fs=RATE)
        np.testing.assert_allclose(np.abs(response), [0.5, 1.0, 0.5], atol=5e-3)  # the window's ripple


@pytest.mark.parametrize("step", [-1e6, -300.0, 300.0, 1e6])
def test_no_step_makes_a_band_empty_or_leave_the_range(step, generator):
    layer = SincSpectrogram(RATE, **BANK)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += step
    low, high = layer.edges
    assert (low >= 25.0).all()
    assert (high <= RATE / 2).all()
    assert (high - low >= 1.0).all()
    assert torch.isfinite(layer(torch.randn(1, 300, generator=generator))).all()


def test_a_click_comes_out_around_where_it_was():
    layer, click = SincSpectrogram(RATE, **BANK, kernel_size=101), torch.zeros(1, 300)
    click[0, 150] = 1.0
    filtered = layer.filter(click)[0].detach()
    torch.testing.assert_close(filtered, filtered.roll(-1, -1).flip(-1), rtol=0, atol=1e-6)
    assert (filtered.abs().argmax(-1) == 150).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel_size": 250}, "kernel_size must be an odd number of taps, at least 3, got 250"),
        (
            {"min_bandwidth": 40.0},
            "min_bandwidth must lie between 0 and the narrowest initial band, .* Hz, got 40",
        ),
        ({"min_bandwidth": 0.0}, "min_bandwidth must lie between 0 .*, got 0"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        SincSpectrogram(RATE, **(BANK | {"n_filters": 16} | change))
