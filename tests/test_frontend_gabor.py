"""The Gabor front-end is LEAF's: filters, pooling, limits, and where it starts."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import torch
from torch.nn import functional

from spectnet.frontend import GaborSpectrogram
from spectnet.frontend.gabor import GaussianPooling, gabor_kernel
from spectnet.scales import SCALES, band_edges, spaced_frequencies

GOLDEN = json.loads((Path(__file__).parent / "golden" / "frontends.json").read_text("utf-8"))
RATE = 1000
BANK = {"n_filters": 6, "f_min": 25.0, "f_max": 400.0}


def test_filters_and_pooling_are_speechbrains():
    """Theirs is a sum over the window, ours a mean: the weights' sum lies between."""
    golden = {name: torch.tensor(value) for name, value in GOLDEN["gabor"].items()}
    rate = GOLDEN["rate"]
    layer = GaborSpectrogram(
        rate,
        3,
        kernel_size=GOLDEN["kernel_size"],
        window_s=GOLDEN["window"] / rate,
        hop_s=GOLDEN["hop"] / rate,
    )
    with torch.no_grad():
        layer.center.copy_(golden["center"])
        layer.deviation.copy_(golden["deviation"])
        layer.pooling.deviation.copy_(golden["pooling_deviation"])
    found = layer.pool(layer.power(torch.tensor(GOLDEN["waveform"]))).detach()
    weights = layer.pooling.weights().float().detach()
    total = weights.sum(-1) / weights.amax(-1)  # theirs reach one in the middle, but for half a sample
    half_sample = torch.exp(-0.5 * (0.5 / (golden["pooling_deviation"] * (GOLDEN["window"] - 1) / 2)) ** 2)
    torch.testing.assert_close(found * (total * half_sample)[:, None], golden["pooled"], rtol=1e-4, atol=1e-5)


def test_a_frame_is_the_weighted_mean_of_a_complex_outputs_modulus(generator):
    """The whole way again, in numpy and complex numbers."""
    layer = GaborSpectrogram(RATE, **BANK, kernel_size=101, compression="log")
    waveform = torch.randn(1, 300, generator=generator, dtype=torch.float64)
    found = layer(waveform)[0].detach().numpy()
    center, deviation = (p.detach().double().numpy() for p in (layer.center, layer.deviation))
    k = np.arange(-50, 51)
    for row in range(6):
        kernel = np.exp(-(k**2) / (2 * deviation[row] ** 2) + 1j * center[row] * k)
        kernel /= math.sqrt(2 * math.pi) * deviation[row]
        power = np.abs(np.convolve(waveform[0].numpy(), kernel, mode="same")) ** 2
        window = scipy.signal.windows.gaussian(25, std=np.float32(0.4) * 12)
        for frame in (0, 7, 27):
            mean = np.average(power[10 * frame : 10 * frame + 25], weights=window)
            assert found[row, frame] == pytest.approx(math.log(mean + 1e-6), rel=1e-6)


@pytest.mark.parametrize("deviation", [0.1, 0.4, 0.5])
def test_pooling_windows_are_scipys_gaussians(deviation):
    pooling = GaussianPooling(2, 25, 10, deviation)
    expected = scipy.signal.windows.gaussian(25, std=np.float32(deviation) * 12)
    np.testing.assert_allclose(pooling.weights()[0].detach(), expected / expected.sum(), rtol=1e-6)


def test_gain_is_one_at_the_centre_and_half_at_half_the_bandwidth():
    layer = GaborSpectrogram(RATE, **BANK)
    center, deviation = (p.detach().double() for p in (layer.center, layer.deviation))
    taps = torch.complex(*gabor_kernel(center, deviation, kernel_size=401)).numpy()
    for row, (frequency, width) in enumerate(zip(layer.center_frequencies, layer.bandwidths, strict=True)):
        at = [frequency.item() + share * width.item() for share in (-0.5, 0.0, 0.5)]
        _, response = scipy.signal.freqz(taps[row], worN=at, fs=RATE, include_nyquist=True)
        np.testing.assert_allclose(np.abs(response), [0.5, 1.0, 0.5], atol=1e-3)


def test_a_unit_tone_has_an_energy_of_a_quarter():
    layer = GaborSpectrogram(RATE, **BANK, compression="log", floor=0.0)
    time = torch.arange(2000).double() / RATE
    for row, frequency in enumerate(layer.center_frequencies.tolist()):
        drawn = layer(torch.sin(2 * math.pi * frequency * time)[None])
        assert drawn[0, row, 80:100].exp().mean().item() == pytest.approx(0.25, rel=1e-3)


@pytest.mark.parametrize("scale", SCALES)
def test_filters_start_at_the_scales_steps_and_meet_at_half_height(scale):
    layer = GaborSpectrogram(RATE, **BANK, scale=scale)
    expected = spaced_frequencies(6, 25.0, 400.0, scale)
    torch.testing.assert_close(layer.center_frequencies.detach(), expected, rtol=1e-6, atol=0)
    widths = band_edges(6, 25.0, 400.0, scale).diff()
    torch.testing.assert_close(layer.bandwidths.detach(), widths, rtol=1e-6, atol=0)


def test_a_filter_too_narrow_for_its_taps_starts_where_it_can_still_move(generator):
    """At 44.1 kHz 401 taps cannot hold a mel filter of 64; LEAF's clip would leave it without a gradient."""
    layer = GaborSpectrogram(44100, n_filters=64, f_min=50.0)
    layer(torch.randn(1, 4410, generator=generator)).mean().backward()
    assert (layer.deviation.grad != 0).all()


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_parameters_are_clipped_to_leafs_limits(sign, generator):
    layer = GaborSpectrogram(RATE, **BANK)
    with torch.no_grad():
        for parameter in (layer.center, layer.deviation, layer.pooling.deviation):
            parameter += sign * 1e4
    edge = 0.0 if sign < 0 else RATE / 2
    torch.testing.assert_close(layer.center_frequencies.detach(), torch.full((6,), edge).double())
    narrowest, widest = RATE / 401, RATE / 4  # in terms of the kernel's size, as LEAF has it
    torch.testing.assert_close(
        layer.bandwidths.detach(), torch.full((6,), widest if sign < 0 else narrowest).double()
    )
    assert torch.isfinite(layer(torch.randn(1, 300, generator=generator))).all()
    torch.testing.assert_close(layer.pooling.weights().sum(-1).detach(), torch.ones(6).double())


def test_pooling_and_compression_can_be_those_of_the_others(generator):
    layer = GaborSpectrogram(RATE, **BANK, pooling="mean", compression="log")
    assert {name for name, _ in layer.named_parameters()} == {"center", "deviation"}
    waveform = torch.randn(1, 300, generator=generator)
    expected = torch.log(functional.avg_pool1d(layer.power(waveform), 25, 10) + 1e-6)
    torch.testing.assert_close(layer(waveform), expected)


def test_filter_gives_the_real_part_in_step_with_the_waveform():
    """A click comes out as the kernel, with its middle where the click was."""
    layer, click = GaborSpectrogram(RATE, **BANK, kernel_size=101), torch.zeros(1, 300)
    click[0, 150] = 1.0
    filtered = layer.filter(click)[0]
    torch.testing.assert_close(filtered[:, 100:201], layer.kernel().float(), rtol=1e-4, atol=1e-6)
    assert filtered[:, 150].argmax() == layer.kernel()[:, 50].argmax()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel_size": 400}, "kernel_size must be an odd number of taps, at least 3, got 400"),
        ({"pooling": "max"}, "pooling must be one of gaussian, mean, got 'max'"),
        ({"compression": "root"}, "compression must be one of pcen, log, got 'root'"),
        ({"algorithm": "slow"}, "algorithm must be one of auto, direct, fft, got 'slow'"),
        ({"window_s": 0.003}, "window_length must be at least 4 samples, got 3"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        GaborSpectrogram(RATE, **change)
