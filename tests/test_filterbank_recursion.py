"""The recursion: compiled is what is written, gains are exact, and the caller's threads are left alone."""

import multiprocessing
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spectnet import filterbank, gammatone
from spectnet.filterbank import chain, recursion, state_space
from spectnet.filterbank.chain import LANES
from spectnet.filterbank.poles import build_bank, fitting_dtype
from spectnet.filterbank.windows import Windows

RATE = 1000.0
CENTER = torch.tensor([40.0, 120.0, 390.0], dtype=torch.float64)
WIDTH = torch.tensor([12.0, 30.0, 60.0], dtype=torch.float64)
ORDERS = [4, 1, 7]


@given(degree=st.integers(0, 8), k=st.integers(0, 10_000))
def test_weighted_stages_make_a_power_of_time(degree, k):
    # The impulse response of stage j is the binomial of k + j over j.
    stages = [chain.comb(k + j, j) for j in range(degree + 1)]
    weights = chain.envelope_weights(degree)
    assert sum(c * s for c, s in zip(weights, stages, strict=True)) == k**degree


@pytest.mark.parametrize("stages", [1, 2, 5, 9])
def test_the_compiled_step_is_the_one_that_is_written_down(stages, generator):
    def numbers(n):
        return tuple(torch.randn(n, generator=generator, dtype=torch.float64).tolist())

    state, weights, (x,) = numbers(2 * stages), numbers(stages), numbers(1)
    pole = 0.9, 0.3

    @chain.compiled
    def compiled_steps(state, weights, pole, x):
        after = chain.advance(state, pole[0], pole[1], x)
        return after, chain.weighted(weights, after, 1), chain.retreat(state, pole[0], pole[1], weights, x)

    after, total, before = compiled_steps(state, weights, pole, x)
    np.testing.assert_allclose(after, chain.advance(state, *pole, x), rtol=1e-13)
    np.testing.assert_allclose(total, chain.weighted(weights, after, 1), rtol=1e-12)
    np.testing.assert_allclose(before, chain.retreat(state, *pole, weights, x), rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_impulse_draws_the_gammatone(dtype):
    """Filter an impulse with the compiled chain: segments of one sample give its squared response."""
    bank = build_bank(CENTER.numpy(), WIDTH.numpy(), ORDERS, RATE, np.dtype(dtype), with_gradient=False)
    impulse = np.zeros(200, dtype)
    impulse[0] = 1
    sums = np.empty((200, 3 * LANES), dtype)
    state = np.zeros(len(bank.like) * LANES, dtype)
    recursion.filter_segments(impulse, bank.tables[0], state, *bank[1:], 1, 0, 0, sums)
    expected = gammatone.impulse_response(CENTER, WIDTH, kernel_size=200, sample_rate=RATE, order=ORDERS)
    tolerance = 1e-6 if dtype == np.float32 else 1e-13
    square = expected.square().numpy()
    np.testing.assert_allclose(sums[:, :3].T, square, rtol=tolerance, atol=tolerance * square.max())
    assert (sums[:, 3:LANES] == 0).all()  # lanes without a filter


def test_gain_and_its_derivatives_are_those_of_the_closed_form():
    center, width = CENTER.clone().requires_grad_(), WIDTH.clone().requires_grad_()
    gain = gammatone._peak_gain(center, width, RATE, ORDERS)
    by_center, by_width = torch.autograd.grad(gain.log().sum(), (center, width))
    bank = build_bank(CENTER.numpy(), WIDTH.numpy(), ORDERS, RATE, np.dtype(float), with_gradient=True)
    rows = bank.tables[0].reshape(-1, LANES)[:, :3]
    np.testing.assert_allclose(rows[recursion.BY_CENTER // LANES], by_center.numpy(), rtol=1e-10)
    np.testing.assert_allclose(rows[recursion.BY_BANDWIDTH // LANES], by_width.numpy(), rtol=1e-10)


def test_a_filter_too_narrow_for_float32_is_computed_in_float64():
    narrow, wide = np.array([5.0]), np.array([50.0])
    assert fitting_dtype(narrow, 44_100, np.dtype(np.float32), exact=False) == np.float64
    assert fitting_dtype(wide, 44_100, np.dtype(np.float32), exact=False) == np.float32
    assert fitting_dtype(wide, 44_100, np.dtype(np.float32), exact=True) == np.float64


def run(waveform, **changes):
    settings = {"order": ORDERS, "window_length": 25, "hop_length": 10, "sample_rate": RATE}
    return filterbank.energy(waveform, CENTER, WIDTH, **settings | {"algorithm": "state-space"} | changes)


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_two_threads_give_what_one_gives(generator, two_threads):
    waveform = torch.randn(5, 400, generator=generator)
    together = run(waveform)
    torch.set_num_threads(1)
    assert torch.equal(run(waveform), together)


def subnormals_survive():
    return bool((torch.full((64,), 1e-39) * 0.5 > 0).all())


def test_only_its_own_threads_take_subnormal_numbers_for_zero(generator):
    assert subnormals_survive()
    seen = []
    run(torch.randn(1, 400, generator=generator))
    state_space.share_out(lambda first, last: seen.append(subnormals_survive()), 1)
    assert seen == [False]
    assert subnormals_survive()


def test_an_error_on_another_thread_is_raised_here():
    def fail(first, last):
        raise RuntimeError("on the other thread")

    with pytest.raises(RuntimeError, match="on the other thread"):
        state_space.share_out(fail, 3)


def _in_child(queue, waveform):
    queue.put(run(torch.from_numpy(waveform)).numpy())


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_it_works_in_a_process_that_was_forked_off(generator):
    """As the workers of a DataLoader are: threads of the parent do not live on in them."""
    waveform = torch.randn(1, 400, generator=generator)
    here = run(waveform)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue, waveform.numpy()))
    child.start()
    there = queue.get(timeout=60)
    child.join()
    np.testing.assert_array_equal(there, here.numpy())


def test_pytorch_finds_its_operators_in_order(generator):
    waveform = torch.randn(2, 60, generator=generator, dtype=torch.float64, requires_grad=True)
    filters = CENTER.clone().requires_grad_(), WIDTH.clone().requires_grad_()
    arguments = waveform, *filters, ORDERS, 25, 10, RATE, False, True
    # All but the one that asks for second derivatives; what is compiled is tested below.
    checks = "test_schema", "test_autograd_registration", "test_faketensor"
    torch.library.opcheck(state_space.gammatone_energy, arguments, test_utils=checks)


COMPILE = """
import torch
from spectnet import filterbank

width = torch.tensor([12.0, 30.0, 60.0], dtype=torch.float64)
windows = {"window_length": 25, "hop_length": 10, "sample_rate": 1000.0}
for learning in (True, False):
    center = torch.tensor([40.0, 120.0, 390.0], dtype=torch.float64, requires_grad=learning)

    def draw(x):
        return filterbank.energy(x, center, width, order=(4, 1, 7), **windows).log()

    compiled = torch.compile(draw, fullgraph=True, dynamic=True, backend="aot_eager")
    for n_samples in (400, 333, 26):
        waveform = torch.randn(2, n_samples)
        torch.testing.assert_close(compiled(waveform), draw(waveform))
        if learning:
            pair = [torch.autograd.grad(f(waveform).sum(), center)[0] for f in (compiled, draw)]
            torch.testing.assert_close(*pair)
print("one graph")
"""


def test_compiled_it_is_one_graph_for_every_length():
    """In a process of its own, since PyTorch would trace the tests' checks of shapes too."""
    done = subprocess.run([sys.executable, "-c", COMPILE], capture_output=True, text=True, timeout=110)
    assert done.stdout == "one graph\n", done.stderr


def test_second_derivatives_are_refused_and_not_wrong(generator):
    waveform = torch.randn(1, 100, generator=generator, dtype=torch.float64)
    center = CENTER.clone().requires_grad_()
    seconds = {}
    for algorithm in ("fft", "state-space"):
        energy = filterbank.energy(
            waveform,
            center,
            WIDTH,
            order=4,
            window_length=25,
            hop_length=10,
            sample_rate=RATE,
            algorithm=algorithm,
        )
        (first,) = torch.autograd.grad(energy.sum(), center, create_graph=True)
        seconds[algorithm] = first.sum()
    assert torch.autograd.grad(seconds["fft"], center)[0].abs().min() > 0
    with pytest.raises(NotImplementedError, match="no second derivatives; use algorithm='fft'"):
        torch.autograd.grad(seconds["state-space"], center)


def test_a_nan_stays_in_its_clip_and_after_its_time(generator):
    waveform = torch.randn(2, 400, generator=generator)
    waveform[0, 203] = float("nan")
    energy = run(waveform)
    first = 1 + (203 - 25) // 10
    assert energy[0, :, :first].isfinite().all()
    assert energy[0, :, first + 1 :].isnan().all()
    assert energy[1].isfinite().all()


def test_segments_add_up_to_windows(generator):
    values = torch.randn(2, 300, generator=generator, dtype=torch.float64)
    for window, hop in [(25, 10), (20, 10), (7, 10), (10, 10), (33, 10)]:
        windows = Windows(window, hop)
        frames = windows.n_frames(300)
        means = windows.means(windows.segment_sums(values), frames)
        expected = values.unfold(-1, window, hop).mean(-1)
        torch.testing.assert_close(means, expected)
