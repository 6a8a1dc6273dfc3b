"""Log-mel and MFCC agree with torchaudio, librosa, SciPy and the formula."""

import math

import librosa
import numpy as np
import pytest
import scipy.fft
import torch
from torch.nn import functional

from spectnet._torchaudio import torchaudio
from spectnet.frontend import MFCC, LogMel
from spectnet.frontend.cepstrum import Cepstrum
from spectnet.scales import spaced_frequencies

RATE = 16000
BANK = {"n_filters": 40, "f_min": 50.0, "f_max": 7200.0}
SCALES = ["mel", "slaney"]


@pytest.fixture(name="waveform")
def _waveform(generator):
    return torch.randn(2, 4000, generator=generator)


@pytest.mark.parametrize("scale", SCALES)
def test_it_is_torchaudios_where_the_window_fills_the_transform(scale, waveform):
    layer = LogMel(RATE, **BANK, scale=scale, n_fft=512, window_s=512 / RATE)
    theirs = torchaudio.transforms.MelSpectrogram(
        RATE,
        n_fft=512,
        hop_length=160,
        f_min=50.0,
        f_max=7200.0,
        n_mels=40,
        center=False,
        mel_scale="htk" if scale == "mel" else "slaney",
        norm=None if scale == "mel" else "slaney",
    )
    torch.testing.assert_close(layer(waveform), torch.log(theirs(waveform) + 1e-6), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scale", SCALES)
def test_it_is_librosas_once_the_window_is_moved_to_the_front(scale, waveform):
    """Librosa centres 400 samples in 512: it needs 56 samples before the first window and after the last."""
    layer = LogMel(RATE, **BANK, scale=scale)
    assert (layer.window_length, layer.n_fft) == (400, 512)
    theirs = librosa.feature.melspectrogram(
        y=functional.pad(waveform, (56, 56)).double().numpy(),
        sr=RATE,
        n_fft=512,
        win_length=400,
        hop_length=160,
        center=False,
        n_mels=40,
        fmin=50.0,
        fmax=7200.0,
        htk=scale == "mel",
        norm=None if scale == "mel" else "slaney",
        dtype=np.float64,
    )
    # torchaudio's triangles are float32 numbers.
    np.testing.assert_allclose(layer(waveform.double()).numpy(), np.log(theirs + 1e-6), atol=1e-4)


def test_a_frame_is_the_spectrum_of_its_own_samples(waveform):
    """Straight from the definition, without padding anywhere."""
    layer = LogMel(RATE, **BANK)
    found = layer.energy(waveform.double())[0].numpy()
    window = np.hanning(401)[:400]  # periodic, as the libraries take it
    for frame in (0, 3, 22):
        samples = waveform[0, 160 * frame : 160 * frame + 400].double().numpy()
        power = np.abs(np.fft.rfft(samples * window, 512)) ** 2
        np.testing.assert_allclose(found[:, frame], power @ layer.triangles.double().numpy(), rtol=1e-5)


@pytest.mark.parametrize("scale", SCALES)
def test_triangles_peak_at_the_named_frequencies(scale):
    layer = LogMel(RATE, **BANK, scale=scale, n_fft=2**16)
    peaks = layer.triangles.argmax(0) * RATE / 2**16
    torch.testing.assert_close(layer.center_frequencies, spaced_frequencies(40, 50.0, 7200.0, scale))
    torch.testing.assert_close(peaks.double(), layer.center_frequencies, rtol=0, atol=RATE / 2**16)


def test_the_transform_grows_until_no_filter_is_empty():
    assert LogMel(RATE, n_filters=40).n_fft == 512
    many = LogMel(RATE, n_filters=128, f_min=50.0)
    assert many.n_fft > 512
    assert (many.triangles.sum(0) > 0).all()
    assert LogMel(44100).n_fft == 2048
    with pytest.raises(ValueError, match="n_fft must leave no filter without a frequency, got 512"):
        LogMel(RATE, n_filters=128, f_min=50.0, n_fft=512)


def test_nothing_learns_and_nothing_is_saved():
    for layer in (LogMel(RATE), MFCC(RATE)):
        assert list(layer.parameters()) == []
        assert layer.state_dict() == {}
        assert layer.bandwidths is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": "erb"}, "scale must be one of mel, slaney, got 'erb'"),
        ({"n_fft": 256}, "n_fft must be even and at least the window's 400 samples, got 256"),
        ({"n_fft": 513}, "n_fft must be even .*, got 513"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        LogMel(RATE, **(BANK | change))


# --- MFCC


def test_coefficients_are_torchaudios(waveform):
    layer = MFCC(RATE, 13, 40, f_min=50.0, f_max=7200.0, n_fft=512, window_s=512 / RATE)
    theirs = torchaudio.transforms.MFCC(
        RATE,
        n_mfcc=13,
        log_mels=True,  # natural logarithm of the energy and 1e-6
        melkwargs={
            "n_fft": 512,
            "hop_length": 160,
            "n_mels": 40,
            "f_min": 50.0,
            "f_max": 7200.0,
            "center": False,
        },
    )
    torch.testing.assert_close(layer(waveform), theirs(waveform), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("n_coefficients", [1, 13, 40])
def test_coefficients_are_librosas_and_scipys_of_the_log_mel(n_coefficients, waveform):
    layer = MFCC(RATE, n_coefficients, 40, f_min=50.0, f_max=7200.0)
    spectrogram = LogMel(RATE, **BANK)(waveform).numpy()
    found = layer(waveform).numpy()
    theirs = librosa.feature.mfcc(S=spectrogram, n_mfcc=n_coefficients, dct_type=2, norm="ortho")
    np.testing.assert_allclose(found, theirs, atol=1e-4)
    whole = scipy.fft.dct(spectrogram, type=2, norm="ortho", axis=1)
    np.testing.assert_allclose(found, whole[:, :n_coefficients], atol=1e-4)


def test_coefficients_are_those_that_any_front_end_can_have(waveform):
    """Two ways to one answer: torchaudio's cosines, and ours."""
    ours = Cepstrum(LogMel(RATE, **BANK), n_coefficients=13)
    theirs = MFCC(RATE, 13, 40, f_min=50.0, f_max=7200.0)
    torch.testing.assert_close(ours(waveform), theirs(waveform), rtol=1e-4, atol=1e-4)


def test_the_first_coefficient_is_the_level(waveform):
    """Ten times louder adds ln 100 to every filter, and root 40 of that to coefficient 0 alone."""
    layer = MFCC(RATE, 13, 40, floor=0.0)
    change = (layer(10 * waveform) - layer(waveform)).mean(dim=(0, 2))
    expected = torch.zeros(13)
    expected[0] = math.sqrt(40) * math.log(100)
    torch.testing.assert_close(change, expected, rtol=1e-4, atol=1e-3)


def test_rows_are_no_frequencies():
    layer = MFCC(RATE, 13, 40)
    assert layer.n_filters == 13
    assert layer.center_frequencies is None


@pytest.mark.parametrize("n_coefficients", [0, 41])
def test_more_coefficients_than_filters_are_refused(n_coefficients):
    message = f"n_coefficients must lie between 1 and n_mels, here 40, got {n_coefficients}"
    with pytest.raises(ValueError, match=message):
        MFCC(RATE, n_coefficients, 40)
