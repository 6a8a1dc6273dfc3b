"""Every algorithm gives the mean energy of a causal filter, frame by frame, as its definition says."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal
from torch import Tensor

from spectnet import filterbank
from spectnet.filterbank import energy, filter_waveform, kernels, n_frames
from spectnet.filterbank.windows import Windows
from spectnet.gammatone import bandwidth_from_spacing, impulse_response
from spectnet.scales import spaced_frequencies

RATE, WINDOW, HOP = 1000.0, 25, 10
ALGORITHMS = ["direct", "toeplitz", "fft", "state-space", "auto"]
FILTERING = ["direct", "fft", "auto"]
CENTER = torch.tensor([40.0, 120.0, 390.0], dtype=torch.float64)
WIDTH = torch.tensor([12.0, 30.0, 60.0], dtype=torch.float64)


def energy_of(
    waveform: Tensor, *, algorithm: str = "auto", order: int | tuple[int, ...] = 4, tolerance: float = 1e-8
) -> Tensor:
    return energy(
        waveform,
        CENTER,
        WIDTH,
        order=order,
        window_length=WINDOW,
        hop_length=HOP,
        sample_rate=RATE,
        algorithm=algorithm,
        tolerance=tolerance,
    )


def noise(*shape: int, generator: torch.Generator, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=dtype)


def energy_by_hand(waveform: np.ndarray, order: int | tuple[int, ...]) -> np.ndarray:
    """Filter with SciPy and taps as long as the waveform; then average window by window."""
    taps = impulse_response(CENTER, WIDTH, kernel_size=len(waveform), sample_rate=RATE, order=order).numpy()
    rows = []
    for row in taps:
        squared = signal.lfilter(row, [1.0], waveform) ** 2
        starts = range(0, len(waveform) - WINDOW + 1, HOP)
        rows.append([squared[start : start + WINDOW].mean() for start in starts])
    return np.array(rows)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("order", [1, 4, 8, (2, 7, 1)])
def test_energy_is_what_the_definition_gives(algorithm, order, generator):
    waveform = noise(1, 700, generator=generator)
    expected = energy_by_hand(waveform[0].numpy(), order)
    # Cutting the kernel at 1e-12 of its peak leaves an error of that size.
    ours = energy_of(waveform, algorithm=algorithm, order=order, tolerance=1e-12)[0].numpy()
    np.testing.assert_allclose(ours, expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_float32_is_good_to_five_digits(algorithm, generator):
    waveform = noise(2, 700, generator=generator)
    exact = energy_of(waveform, algorithm="direct", tolerance=1e-12)
    coarse = energy_of(waveform.float(), algorithm=algorithm)
    assert coarse.dtype == torch.float32
    torch.testing.assert_close(coarse.double(), exact, rtol=1e-5, atol=1e-6 * exact.max().item())


@given(n_samples=st.integers(1, 300), taps=st.integers(1, 300), seed=st.integers(0, 2**31))
def test_filters_as_numpy_convolves(n_samples, taps, seed):
    draw = np.random.default_rng(seed)
    waveform, kernel = draw.standard_normal(n_samples), draw.standard_normal(taps)
    expected = np.convolve(waveform, kernel)[:n_samples]
    for algorithm in FILTERING:
        ours = filter_waveform(
            torch.from_numpy(waveform)[None], torch.from_numpy(kernel)[None], algorithm=algorithm
        )
        np.testing.assert_allclose(ours[0, 0].numpy(), expected, atol=1e-11)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_impulse_changes_no_frame_before_it(algorithm, generator):
    """Causal: the paper's code filtered backwards in time."""
    waveform = noise(1, 400, generator=generator)
    clicked = waveform.clone()
    clicked[0, 203] += 5.0
    before, after = energy_of(waveform, algorithm=algorithm), energy_of(clicked, algorithm=algorithm)
    last_before = 1 + (203 - WINDOW) // HOP  # the first frame whose last sample is 203 or later
    assert last_before * HOP + WINDOW - 1 >= 203 > (last_before - 1) * HOP + WINDOW - 1
    torch.testing.assert_close(before[..., :last_before], after[..., :last_before], rtol=1e-10, atol=1e-12)
    assert ((after - before)[..., last_before + 1].abs() > 1e-6).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_later_sound_lengthens_the_spectrogram_and_changes_nothing(algorithm, generator):
    waveform = noise(1, 400, generator=generator)
    whole, start = energy_of(waveform, algorithm=algorithm), energy_of(waveform[:, :210], algorithm=algorithm)
    torch.testing.assert_close(start, whole[..., : start.shape[-1]], rtol=1e-6, atol=1e-10)


@given(n_samples=st.integers(0, 200), window=st.integers(1, 60), hop=st.integers(1, 80))
def test_frames_are_the_whole_windows_that_fit(n_samples, window, hop):
    starts = [start for start in range(0, n_samples, hop) if start + window <= n_samples]
    assert n_frames(n_samples, window, hop) == len(starts)
    if starts:
        waveform = torch.zeros(1, n_samples)
        shape = energy(
            waveform, CENTER, WIDTH, order=4, window_length=window, hop_length=hop, sample_rate=RATE
        ).shape
        assert shape == (1, 3, len(starts))


def test_a_long_kernel_is_multiplied_as_a_spectrum(monkeypatch):
    taken = []

    def take(name):
        return lambda w, k, windows: taken.append((name, k.shape[-1])) or torch.zeros(1, 1, 1)

    for name in ("toeplitz", "fft"):
        monkeypatch.setattr(kernels, f"_energy_{name}", take(name))
    for taps in (8, kernels.FFT_FROM_TAPS - 1, kernels.FFT_FROM_TAPS):
        kernels.energy(torch.zeros(1, 2000), torch.ones(1, taps), Windows(WINDOW, HOP), "kernel")
    assert taken == [("toeplitz", 8), ("toeplitz", 127), ("fft", 128)]


def test_twice_as_loud_is_four_times_the_energy(generator):
    waveform = noise(1, 300, generator=generator)
    torch.testing.assert_close(energy_of(2 * waveform), 4 * energy_of(waveform))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_batch_equals_one_by_one(algorithm, generator):
    waveform = noise(4, 300, generator=generator)
    alone = torch.cat([energy_of(one[None], algorithm=algorithm) for one in waveform])
    torch.testing.assert_close(energy_of(waveform, algorithm=algorithm), alone, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("algorithm", ["direct", "toeplitz", "fft", "state-space"])
@pytest.mark.parametrize("order", [4, (1, 3, 8)])
@pytest.mark.parametrize(("window", "hop"), [(8, 5), (10, 5), (3, 7)])
def test_gradients_are_right(algorithm, order, window, hop, generator):
    waveform = noise(2, 40, generator=generator).requires_grad_()
    center, width = CENTER.clone().requires_grad_(), WIDTH.clone().requires_grad_()

    def small_energy(x: Tensor, f: Tensor, b: Tensor) -> Tensor:
        # A length that jumps with the bandwidth has no derivative: a tolerance of zero cuts nothing.
        return energy(
            x,
            f,
            b,
            order=order,
            window_length=window,
            hop_length=hop,
            sample_rate=RATE,
            algorithm=algorithm,
            tolerance=0,
        )

    assert torch.autograd.gradcheck(small_energy, (waveform, center, width))


def test_no_tap_is_subnormal_even_in_a_bank_of_unlike_widths(monkeypatch):
    """A narrow filter keeps the kernel long, where a wide one has long fallen silent."""
    seen = []
    monkeypatch.setattr(kernels, "energy", lambda w, k, *rest: seen.append(k) or w[None, :, :64].mT)
    center = spaced_frequencies(64, 25.0, 6400.0)
    width = bandwidth_from_spacing(64, 25.0, 6400.0, "mel", 4)
    windows = {"window_length": 400, "hop_length": 160, "sample_rate": 16000.0}
    filterbank.energy(torch.zeros(1, 16000), center, width, order=4, algorithm="fft", **windows)
    (kernel,) = seen
    tiny = torch.finfo(torch.float32).tiny
    assert kernel.dtype == torch.float32
    assert not ((kernel != 0) & (kernel.abs() < tiny)).any()
    uncut = impulse_response(center, width, kernel_size=kernel.shape[1], sample_rate=16000.0).float()
    assert ((uncut != 0) & (uncut.abs() < tiny)).any()  # so there was something to remove


def test_a_waveform_shorter_than_one_window_is_refused():
    message = "waveform must hold at least one window of 25 samples, got 24"
    with pytest.raises(ValueError, match=message):
        energy_of(torch.zeros(1, 24))
    assert energy_of(torch.zeros(1, 25)).shape == (1, 3, 1)


def test_an_unknown_algorithm_is_refused():
    with pytest.raises(ValueError, match="algorithm must be one of auto, direct, fft, got 'slow'"):
        filter_waveform(torch.zeros(1, 50), torch.zeros(1, 3), algorithm="slow")
    message = "algorithm must be one of auto, direct, toeplitz, fft, state-space, got 'slow'"
    with pytest.raises(ValueError, match=message):
        energy_of(torch.zeros(1, 50), algorithm="slow")


@pytest.mark.parametrize(
    ("center", "width"), [(-1.0, 10.0), (501.0, 10.0), (100.0, 0.0), (100.0, float("nan"))]
)
def test_an_impossible_filter_is_refused(center, width):
    with pytest.raises(ValueError, match="must"):
        energy(
            torch.zeros(1, 50),
            torch.tensor([center]),
            torch.tensor([width]),
            order=4,
            window_length=WINDOW,
            hop_length=HOP,
            sample_rate=RATE,
        )
