"""The published layer as far as it is known, and each of its faults beside a layer without it."""

import math

import pytest
import torch
from torch import Tensor

from spectnet.frontend import GammatoneSpectrogram, PaperSpectrogram
from spectnet.gammatone import half_power_factor

RATE = 1000


def published(**changes: object) -> PaperSpectrogram:
    return PaperSpectrogram(**changes)


def noise(*shape: int, generator: torch.Generator) -> Tensor:
    return torch.randn(*shape, generator=generator)


def gain(layer: PaperSpectrogram, number: int) -> float:
    """Of the sampled filter at its own frequency."""
    with torch.no_grad():
        phase = 2 * math.pi * layer.center_frequency[number].double() * torch.arange(81) / RATE
        return (layer.kernel()[number].double() * torch.exp(-1j * phase)).sum().abs().item()


# --- what is known of it


def test_it_is_reached_by_its_name():
    layer = GammatoneSpectrogram.as_in_paper()
    assert isinstance(layer, PaperSpectrogram)
    assert (layer.n_filters, layer.sample_rate, layer.kernel_size) == (16, 1000.0, 81)
    assert (layer.window_length, layer.hop_length) == (25, 10)
    assert GammatoneSpectrogram.as_in_paper(n_filters=64).n_filters == 64


def test_a_segment_of_2500_samples_is_240_frames(generator):
    drawn = published()(noise(2, 2500, generator=generator))
    assert drawn.shape == (2, 16, 240)
    assert torch.isfinite(drawn).all()
    assert published()(noise(1, 105, generator=generator)).shape == (1, 16, 1)
    with pytest.raises(ValueError, match="waveform must hold at least one window of 105 samples, got 104"):
        published()(torch.zeros(1, 104))


def test_a_frame_is_the_log_of_the_summed_squares_by_hand(generator):
    waveform = noise(1, 300, generator=generator).double()
    layer = published(n_filters=4).double()
    t = torch.arange(81, dtype=torch.float64) / RATE
    for number, center in enumerate(layer.center_frequencies.tolist()):
        taps = 1e4 * t**3 * torch.exp(-2 * math.pi * 100 * t) * torch.cos(2 * math.pi * center * t)
        output = torch.stack([(waveform[0, k : k + 81] * taps).sum() for k in range(220)])
        sums = torch.stack([output[i * 10 : i * 10 + 25].square().sum() for i in range(20)])
        torch.testing.assert_close(layer(waveform)[0, number], torch.log(sums + 1e-16))


def test_everything_is_trained_and_raw(generator):
    layer = published()
    assert {name: tuple(p.shape) for name, p in layer.named_parameters()} == {
        "center_frequency": (16,),
        "bandwidth": (16,),
        "amplitude": (16,),
        "pooling": (16, 16, 25),
    }
    assert layer.center_frequencies[[0, -1]].tolist() == pytest.approx([0.0, 500.0], abs=1e-3)
    assert (layer.bandwidths == 100).all()
    assert not published(pooling_learnable=False).pooling.requires_grad


# --- what is wrong with it


def test_filters_at_0_hz_and_nyquist_cannot_move(generator):
    layer = published()
    layer(noise(4, 500, generator=generator)).mean().backward()
    slopes = layer.center_frequency.grad.abs()
    # Nyquist is a float32 number of Hz, and sin(pi k) not zero to the last digit.
    assert slopes[0] == 0
    assert slopes[-1] < 1e-3 * slopes[1:-1].min()
    ours = GammatoneSpectrogram(RATE)
    ours(noise(4, 500, generator=generator)).mean().backward()
    assert (ours.position.theta.grad.abs() > 1e-6).all()


def test_the_published_step_moves_a_filter_by_millionths(generator):
    """SGD at 0.1 on the mean log energy, which is not far from what a CNN asks for."""
    layer = published()
    before = layer.center_frequencies.detach()
    layer(noise(4, 500, generator=generator)).mean().backward()
    torch.optim.SGD(layer.parameters(), lr=0.1).step()
    moved = (layer.center_frequencies.detach() - before).abs()[1:-1]
    assert (moved / before[1:-1] < 1e-3).all()
    assert (moved / before[1:-1]).median() < 1e-4


def test_neighbours_hear_the_same():
    """The lowest filters are 26 Hz apart and 87 Hz wide; ours meet where one begins to hear more."""
    layer = published()
    width = half_power_factor(4) * layer.bandwidths[0].item()
    assert width == pytest.approx(87.0, abs=0.1)
    assert width > 3 * layer.center_frequencies.diff()[0].item()
    ours = GammatoneSpectrogram(RATE, f_min=0.0, f_max=500.0)
    overlap = half_power_factor(4) * ours.bandwidths[1:-1] / (ours.center_frequencies.diff()[1:])
    assert (overlap < 1.1).all()


def test_it_hears_a_sound_before_it_starts():
    """Reversed in time: a click in sample 400 is in frames that end 80 ms earlier, and soon gone."""
    click = torch.zeros(1, 800)
    click[0, 400] = 1.0
    for layer, before, after in ((published(), True, False), (GammatoneSpectrogram(RATE), False, True)):
        loud = (layer(click) - layer(torch.zeros_like(click)))[0].max(dim=0).values > 1e-3
        starts = torch.arange(loud.numel()) * layer.hop_length
        assert loud[starts + layer.window_length <= 400].any() == before
        assert loud[starts > 400].any() == after


def test_a_tone_comes_out_five_thousand_times_too_soft():
    layer = published()
    for number in (5, 8, 12):
        assert gain(layer, number) == pytest.approx(1.9e-4, rel=0.02)
    for end in (0, 15):  # where the cosine's halves meet
        assert gain(layer, end) == pytest.approx(2 * 1.9e-4, rel=0.02)


def test_zero_padding_rules_the_picture(generator):
    """A padded beat: from its mean to the padding it is 20 in natural logarithms, and 11 with ours."""
    beat = torch.nn.functional.pad(noise(1, 1500, generator=generator), (0, 1000))
    drawn = published()(beat)[0]
    sound, padding = drawn[:, :130], drawn[:, 160:]
    assert torch.equal(padding, torch.full_like(padding, math.log(1e-16)))
    assert (sound.mean() - padding.mean()).item() == pytest.approx(21, abs=1)
    ours = GammatoneSpectrogram(RATE)(beat)[0]
    assert (ours[:, :130].mean() - ours[:, 200:].mean()).item() == pytest.approx(11, abs=1)


def test_half_precision_draws_noise_as_minus_infinity(generator):
    waveform = noise(1, 500, generator=generator)
    with torch.autocast("cpu", dtype=torch.float16):
        drawn, ours = published()(waveform), GammatoneSpectrogram(RATE)(waveform)
    for half in (drawn, published().half()(waveform.half())):
        assert torch.isneginf(half).float().mean() > 1 / 3
    assert torch.isneginf(published().half()(torch.zeros(1, 200).half())).all()
    assert torch.isfinite(ours).all()


def test_pooling_mixes_the_filters_from_the_first_step_on(generator):
    layer = published()
    identity = torch.eye(16).bool()
    assert torch.equal(layer.pooling[~identity].detach(), torch.zeros(240, 25))
    (layer(noise(4, 500, generator=generator)) * noise(4, 16, 40, generator=generator)).mean().backward()
    torch.optim.SGD(layer.parameters(), lr=0.1).step()
    assert (layer.pooling[~identity] != 0).all()
    assert (layer.pooling < 0).any()
    with torch.no_grad():  # further on the same way
        layer.pooling[0, 1] = -100.0
    assert torch.isnan(layer(noise(1, 500, generator=generator))).any()
