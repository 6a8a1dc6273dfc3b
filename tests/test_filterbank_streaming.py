"""A stream gives the frames of the whole waveform, whatever the size of its pieces, and when they are due."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spectnet import filterbank
from spectnet.filterbank.streaming import EnergyStream
from spectnet.filterbank.windows import Windows

RATE = 1000.0
CENTER = torch.linspace(30, 420, 18, dtype=torch.float64)  # one block of lanes, and two filters more
WIDTH = torch.linspace(8, 50, 18, dtype=torch.float64)
ORDERS = [4] * 9 + [2] * 9


def whole(waveform, windows, *, tolerance=1e-8):
    return filterbank.energy(
        waveform,
        CENTER,
        WIDTH,
        order=ORDERS,
        window_length=windows.window_length,
        hop_length=windows.hop_length,
        sample_rate=RATE,
        algorithm="state-space",
        tolerance=tolerance,
    )


@settings(max_examples=60)
@given(
    sizes=st.lists(st.integers(0, 90), min_size=1, max_size=12),
    window=st.integers(1, 60),
    hop=st.integers(1, 40),
    seed=st.integers(0, 2**31),
)
def test_pieces_of_any_size_give_the_frames_of_the_whole(sizes, window, hop, seed):
    waveform = torch.randn(2, sum(sizes), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    windows = Windows(window, hop)
    stream = EnergyStream(CENTER, WIDTH, ORDERS, windows, RATE)
    arrived = 0
    frames = []
    for piece in waveform.split(sizes, dim=1):
        frames.append(stream.push(piece))
        arrived += piece.shape[1]
        # A frame comes with its last sample, not later.
        assert sum(f.shape[-1] for f in frames) == windows.n_frames(arrived)
    if windows.n_frames(arrived):
        torch.testing.assert_close(torch.cat(frames, -1), whole(waveform, windows), rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_stream_is_as_precise_as_the_whole(dtype, generator):
    waveform = torch.randn(1, 700, generator=generator).to(dtype)
    windows = Windows(25, 10)
    stream = EnergyStream(CENTER, WIDTH, ORDERS, windows, RATE)
    frames = torch.cat([stream.push(piece) for piece in waveform.split(37, dim=1)], -1)
    expected = whole(waveform, windows)
    assert frames.dtype == expected.dtype
    torch.testing.assert_close(frames, expected, rtol=1e-5, atol=0)


def test_memory_does_not_grow_with_time(generator):
    stream = EnergyStream(CENTER, WIDTH, ORDERS, Windows(25, 10), RATE)

    def kept():
        return sum(v.nbytes for v in vars(stream).values() if hasattr(v, "nbytes"))

    sizes = []
    for _ in range(30):
        stream.push(torch.randn(1, 70, generator=generator))
        sizes.append(kept())
    assert max(sizes[15:]) <= max(sizes[:15])


def test_another_batch_is_refused():
    stream = EnergyStream(CENTER, WIDTH, ORDERS, Windows(25, 10), RATE)
    stream.push(torch.zeros(2, 10))
    with pytest.raises(ValueError, match="waveform must hold the next samples of 2 clips, got 3"):
        stream.push(torch.zeros(3, 10))
