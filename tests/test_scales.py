"""Frequency scales agree with librosa, undo themselves, and space filters evenly."""

import librosa
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spectnet.scales import (
    SCALES,
    band_edges,
    erb_rate_to_hz,
    erb_width,
    from_scale,
    hz_to_erb_rate,
    hz_to_mel,
    hz_to_slaney_mel,
    mel_to_hz,
    slaney_mel_to_hz,
    spaced_frequencies,
    to_scale,
)

AUDIBLE = np.concatenate([[0.0, 999.9, 1000.0, 1000.1], np.geomspace(1.0, 20000.0, 200)])


@pytest.mark.parametrize(("here", "htk"), [(hz_to_mel, True), (hz_to_slaney_mel, False)])
def test_both_mels_are_librosas(here, htk):
    ours = here(torch.from_numpy(AUDIBLE)).numpy()
    np.testing.assert_allclose(ours, librosa.hz_to_mel(AUDIBLE, htk=htk), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("here", "htk"), [(mel_to_hz, True), (slaney_mel_to_hz, False)])
def test_both_inverse_mels_are_librosas(here, htk):
    mels = np.linspace(0.0, 60.0 if htk is False else 3800.0, 200)
    ours = here(torch.from_numpy(mels)).numpy()
    np.testing.assert_allclose(ours, librosa.mel_to_hz(mels, htk=htk), rtol=1e-12, atol=1e-12)


def test_a_thousand_hertz_is_a_thousand_mel():
    assert hz_to_mel(1000.0).item() == pytest.approx(1000.0, abs=0.02)  # by definition of the scale


@pytest.mark.parametrize(("frequency", "width"), [(100.0, 35.5), (1000.0, 132.6), (8000.0, 888.2)])
def test_erb_widths_are_those_of_glasberg_and_moore(frequency, width):
    assert erb_width(frequency).item() == pytest.approx(width, abs=0.05)


def test_one_erb_rate_is_one_erb_wide():
    """The rate's derivative is one over the width: that is what it integrates."""
    frequency = torch.from_numpy(AUDIBLE).requires_grad_()
    (slope,) = torch.autograd.grad(hz_to_erb_rate(frequency).sum(), frequency)
    torch.testing.assert_close(slope, 1.0 / erb_width(frequency.detach()), rtol=1e-12, atol=0)
    assert hz_to_erb_rate(0.0).item() == 0.0


def test_erb_rate_is_glasberg_and_moores_to_their_rounding():
    """They print 21.4 log10(4.37 f / 1000 + 1); the factor is 21.33 before they round their widths."""
    frequency = torch.from_numpy(AUDIBLE)
    printed = 21.4 * torch.log10(4.37e-3 * frequency + 1.0)
    torch.testing.assert_close(hz_to_erb_rate(frequency), printed, rtol=4e-3, atol=0)


@pytest.mark.parametrize("scale", SCALES)
@given(frequency=st.floats(0.0, 96000.0))
def test_there_and_back(scale, frequency):
    back = from_scale(to_scale(frequency, scale), scale).item()
    assert back == pytest.approx(frequency, rel=1e-10, abs=1e-9)


@pytest.mark.parametrize("scale", SCALES)
def test_scales_rise_and_their_gradient_is_right(scale):
    frequency = torch.tensor([0.5, 30.0, 400.0, 999.0, 1001.0, 7000.0], dtype=torch.float64)
    assert (to_scale(frequency, scale).diff() > 0).all()
    frequency.requires_grad_()
    assert torch.autograd.gradcheck(lambda f: to_scale(f, scale), frequency)
    value = to_scale(frequency, scale).detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda v: from_scale(v, scale), value)


@pytest.mark.parametrize("scale", SCALES)
def test_zero_hertz_has_a_finite_gradient(scale):
    """The branch that Slaney's mel does not take there is a logarithm of zero."""
    frequency = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    to_scale(frequency, scale).sum().backward()
    assert torch.isfinite(frequency.grad).all()


def test_precision_is_the_tensors_own():
    assert hz_to_mel(torch.ones(2)).dtype == torch.float32
    assert hz_to_mel(torch.ones(2, dtype=torch.float64)).dtype == torch.float64
    assert hz_to_mel(440.0).dtype == torch.float64
    assert erb_rate_to_hz(torch.ones(2, 3)).shape == (2, 3)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n_filters", [1, 2, 16])
def test_filters_are_the_inner_ones_of_two_more(scale, n_filters):
    low, high = to_scale(25.0, scale), to_scale(400.0, scale)
    places = to_scale(spaced_frequencies(n_filters, 25.0, 400.0, scale), scale)
    all_places = torch.cat([low[None], places, high[None]])
    step = (high - low) / (n_filters + 1)
    torch.testing.assert_close(all_places.diff(), step.expand(n_filters + 1), rtol=1e-10, atol=0)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("n_filters", [1, 2, 16])
def test_a_band_reaches_half_a_step_to_either_side_of_its_filter(scale, n_filters):
    low, high = to_scale(25.0, scale), to_scale(400.0, scale)
    half_step = (high - low) / (n_filters + 1) / 2
    edges = to_scale(band_edges(n_filters, 25.0, 400.0, scale), scale)
    places = to_scale(spaced_frequencies(n_filters, 25.0, 400.0, scale), scale)
    torch.testing.assert_close(edges[:-1], places - half_step, rtol=1e-10, atol=0)
    torch.testing.assert_close(edges[1:], places + half_step, rtol=1e-10, atol=0)


def test_mel_spacing_is_librosas():
    expected = librosa.mel_frequencies(18, fmin=0.0, fmax=500.0, htk=True)[1:-1]
    np.testing.assert_allclose(spaced_frequencies(16, 0.0, 500.0).numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 25.0, 400.0), "n_filters must be at least 1, got 0"),
        ((4, 400.0, 25.0), "0 <= f_min < f_max, got 400 and 25 Hz"),
        ((4, 100.0, 100.0), "0 <= f_min < f_max, got 100 and 100 Hz"),
        ((4, -1.0, 100.0), "0 <= f_min < f_max, got -1 and 100 Hz"),
        ((4, float("nan"), 100.0), "0 <= f_min < f_max, got nan"),
        ((4, 25.0, 400.0, "bark"), "scale must be one of mel, slaney, erb, linear, got 'bark'"),
    ],
)
def test_impossible_spacings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        spaced_frequencies(*arguments)


def test_an_unknown_scale_is_refused_both_ways():
    for convert in (to_scale, from_scale):
        with pytest.raises(ValueError, match="got 'Mel'"):
            convert(100.0, "Mel")
