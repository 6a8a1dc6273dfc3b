"""The free twin starts as the gammatone layer and may then become anything."""

import math

import numpy as np
import pytest
import scipy.signal
import torch

from spectnet.frontend import FreeFIRSpectrogram, GammatoneSpectrogram
from spectnet.gammatone import effective_length, impulse_response

RATE = 1000
BANK = {"n_filters": 6, "f_min": 25.0, "f_max": 400.0}


@pytest.mark.parametrize("order", [1, 4, 8])
def test_it_starts_as_the_gammatone_layer(order, generator):
    waveform = torch.randn(2, 700, generator=generator)
    twin = FreeFIRSpectrogram(RATE, **BANK, order=order, kernel_size=700)
    gammatone = GammatoneSpectrogram(RATE, **BANK, order=order)
    torch.testing.assert_close(twin(waveform), gammatone(waveform), rtol=1e-4, atol=1e-4)
    # The default cuts the taps at -60 dB, and so leaves out a thousandth of the amplitude or so.
    cut = FreeFIRSpectrogram(RATE, **BANK, order=order)
    torch.testing.assert_close(cut(waveform), gammatone(waveform), rtol=0, atol=0.1)
    bandwidths = gammatone.bandwidths.detach()
    taps = effective_length(bandwidths, sample_rate=RATE, order=order, tolerance=1e-3)
    assert cut.taps.shape == (6, taps)


def test_it_filters_as_scipy_does(generator):
    twin = FreeFIRSpectrogram(RATE, **BANK, kernel_size=81)
    waveform = torch.randn(1, 300, generator=generator, dtype=torch.float64)
    found = twin.filter(waveform)[0].detach().numpy()
    for row, taps in enumerate(twin.taps.detach().double().numpy()):
        expected = scipy.signal.lfilter(taps, [1.0], waveform[0].numpy())
        np.testing.assert_allclose(found[row], expected, atol=1e-12)


def test_a_frame_is_the_logarithm_of_a_windows_mean_square(generator):
    twin = FreeFIRSpectrogram(RATE, **BANK, kernel_size=81)
    waveform = torch.randn(1, 300, generator=generator, dtype=torch.float64)
    filtered, drawn = twin.filter(waveform), twin(waveform)
    for frame in (0, 5, 27):
        mean = filtered[0, 2, 10 * frame : 10 * frame + 25].square().mean()
        assert drawn[0, 2, frame].item() == pytest.approx(math.log(mean.item() + 1e-6), rel=1e-9)


def test_a_learned_layer_has_a_twin_too(generator):
    layer = GammatoneSpectrogram(
        RATE,
        **BANK,
        order=(1, 2, 4, 4, 4, 8),
        window_s=0.05,
        hop_s=0.02,
        floor=1e-4,
        learnable=("gains", "bandwidths"),
    )
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += 0.3
    twin = FreeFIRSpectrogram.twin_of(layer, kernel_size=700)
    waveform = torch.randn(1, 700, generator=generator)
    torch.testing.assert_close(twin(waveform), layer(waveform), rtol=1e-4, atol=1e-4)
    expected = impulse_response(
        layer.center_frequencies.detach(),
        layer.bandwidths.detach(),
        kernel_size=700,
        sample_rate=RATE,
        order=layer.order,
    )
    assert (layer.gains > 1.3).all()
    torch.testing.assert_close(twin.taps.detach(), (layer.gains.detach()[:, None] * expected).float())
    assert FreeFIRSpectrogram.twin_of(layer).taps.shape[1] < 700
    assert (twin.window_length, twin.hop_length) == (50, 20)


def test_one_step_takes_it_away_from_every_gammatone(generator):
    """White noise's average energy has a gradient in every tap, not only along f and b."""
    twin = FreeFIRSpectrogram(RATE, **BANK, kernel_size=81)
    start = twin.taps.detach().clone()
    optimizer = torch.optim.Adam(twin.parameter_groups(1e-3))
    twin(torch.randn(4, 300, generator=generator)).mean().backward()
    optimizer.step()
    assert (twin.taps != start).all()
    assert twin.center_frequencies is None
    assert twin.bandwidths is None


def test_impossible_settings_are_refused():
    with pytest.raises(ValueError, match="order must be a whole number from 1 to 8, got 9"):
        FreeFIRSpectrogram(RATE, **BANK, order=9)
    with pytest.raises(ValueError, match="kernel_size must be at least 1 sample, got 0"):
        FreeFIRSpectrogram(RATE, **BANK, kernel_size=0)
