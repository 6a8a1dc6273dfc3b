"""Linear-phase filters keep their type, whatever their free taps become."""

import numpy as np
import pytest
import scipy.signal
import torch

from spectnet.frontend import LinearPhaseSpectrogram

RATE = 1000
SIZES = {1: 61, 2: 60, 3: 61, 4: 60}
FREE = {1: 31, 2: 30, 3: 30, 4: 30}


def learned(fir_type: int, generator: torch.Generator) -> LinearPhaseSpectrogram:
    """A front-end whose free taps are random numbers."""
    layer = LinearPhaseSpectrogram(RATE, fir_type)
    with torch.no_grad():
        layer.free_taps.copy_(torch.randn(layer.free_taps.shape, generator=generator))
    return layer


def response(layer: LinearPhaseSpectrogram, frequencies: list[float]) -> np.ndarray:
    taps = layer.kernel().detach().double().numpy()
    k = np.arange(taps.shape[1])
    return np.array([taps @ np.exp(-2j * np.pi * f / RATE * k) for f in frequencies]).T


@pytest.mark.parametrize("fir_type", [1, 2, 3, 4])
def test_half_of_the_taps_are_free_and_the_rest_mirrors_them(fir_type, generator):
    layer = learned(fir_type, generator)
    assert layer.free_taps.shape == (4, FREE[fir_type])
    taps = layer.kernel()
    assert taps.shape == (4, SIZES[fir_type])
    assert torch.equal(taps, taps.flip(-1) if fir_type in (1, 2) else -taps.flip(-1))
    assert torch.equal(taps[:, : FREE[fir_type]], layer.free_taps)


@pytest.mark.parametrize(("fir_type", "zeros"), [(1, []), (2, [500.0]), (3, [0.0, 500.0]), (4, [0.0])])
def test_zeros_that_the_symmetry_forces_stay_after_learning(fir_type, zeros, generator):
    gain = np.abs(response(learned(fir_type, generator), [0.0, 500.0]))
    for column, frequency in enumerate((0.0, 500.0)):
        if frequency in zeros:
            assert (gain[:, column] < 1e-5).all()  # taps are float32 numbers of about one, 61 of them
        else:
            assert (gain[:, column] > 0.1).all()


@pytest.mark.parametrize("fir_type", [1, 2, 3, 4])
def test_every_frequency_is_delayed_alike(fir_type, generator):
    for taps in learned(fir_type, generator).kernel().detach().double().numpy():
        at, delay = scipy.signal.group_delay((taps, [1.0]), w=np.linspace(20, 480, 47), fs=RATE)
        gain = np.abs(scipy.signal.freqz(taps, worN=at, fs=RATE)[1])
        np.testing.assert_allclose(delay[gain > 0.5], (SIZES[fir_type] - 1) / 2, rtol=1e-4)


def test_the_first_type_starts_as_scipys_hamming_designs():
    bands = [(45.0, True), ([45.0, 80.0], False), ([80.0, 200.0], False), (200.0, False)]
    for taps, (edges, low_pass) in zip(LinearPhaseSpectrogram(RATE).kernel().detach(), bands, strict=True):
        expected = scipy.signal.firwin(61, edges, pass_zero=low_pass, window="hamming", scale=False, fs=RATE)
        np.testing.assert_allclose(taps.numpy(), expected, atol=1e-7)


def test_the_second_type_starts_as_scipys_hamming_designs():
    layer = LinearPhaseSpectrogram(RATE, 2, bands=[(0.0, 45.0), (80.0, 200.0)])
    for taps, (edges, low_pass) in zip(
        layer.kernel().detach(), [(45.0, True), ([80.0, 200.0], False)], strict=True
    ):
        expected = scipy.signal.firwin(60, edges, pass_zero=low_pass, window="hamming", scale=False, fs=RATE)
        np.testing.assert_allclose(taps.numpy(), expected, atol=1e-7)


@pytest.mark.parametrize("fir_type", [1, 2, 3, 4])
def test_all_types_start_with_the_papers_bands(fir_type):
    """Where the symmetry does not forbid it: a gain of one inside, of nearly nothing two bands away."""
    layer = LinearPhaseSpectrogram(RATE, fir_type)
    assert layer.bands == ((0.0, 45.0), (45.0, 80.0), (80.0, 200.0), (200.0, 500.0))
    gain = np.abs(response(layer, [22.0, 62.5, 140.0, 350.0]))
    # 61 taps resolve 3.3/61 of the rate, 54 Hz: more than the two lower bands are wide.
    assert (gain.argmax(axis=1) == np.arange(4)).all() or fir_type in (3, 4)
    np.testing.assert_allclose(gain[[2, 3], [2, 3]], 1.0, atol=0.02)
    assert gain[0, 3] < 0.01
    assert gain[3, 0] < 0.01


@pytest.mark.parametrize("fir_type", [3, 4])
def test_an_antisymmetric_low_pass_is_deaf_to_a_constant(fir_type):
    """What the docstring warns of: types 3 and 4 cannot be the paper's lowest branch."""
    symmetric, antisymmetric = (
        np.abs(response(LinearPhaseSpectrogram(RATE, n), [0.0, 5.0]))[0] for n in (1, fir_type)
    )
    assert symmetric.min() > 0.9
    assert antisymmetric[0] < 1e-6
    assert antisymmetric[1] < 0.6


@pytest.mark.parametrize("fir_type", [1, 2, 3, 4])
def test_the_filtered_waveform_is_scipys(fir_type, generator):
    layer = LinearPhaseSpectrogram(RATE, fir_type)
    waveform = torch.randn(2, 300, generator=generator, dtype=torch.float64)
    found = layer.filter(waveform).detach().numpy()
    assert found.shape == (2, 4, 300)
    for row, taps in enumerate(layer.kernel().detach().double().numpy()):
        expected = scipy.signal.lfilter(taps, [1.0], waveform.numpy())
        np.testing.assert_allclose(found[:, row], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fir_type": 5}, "fir_type must be 1, 2, 3 or 4, got 5"),
        ({"fir_type": 1, "kernel_size": 60}, "kernel_size must be odd for type 1, and at least 3, got 60"),
        ({"fir_type": 4, "kernel_size": 61}, "kernel_size must be even for type 4, and at least 3, got 61"),
        ({"bands": [(200.0, 80.0)]}, "0 <= f_min < f_max, got 200 and 80 Hz"),
        ({"bands": [(200.0, 600.0)]}, "f_max must be at most half the sample rate"),
        ({"bands": []}, "n_filters must be at least 1, got 0"),
        ({"sample_rate": 400}, "the paper's bands need a sample rate above 400 Hz, got 400; give bands"),
    ],
)
def test_impossible_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LinearPhaseSpectrogram(**({"sample_rate": RATE} | arguments))
