"""Each change does what it says, as far as it says, and leaves the rest as it was."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from spectnet.augmentation import (
    LOWEST_KNOT,
    NOISE_RANGE_DB,
    AugmentationConfig,
    augment,
    change_gain,
    change_spectrum,
    mask_spectrogram,
    move,
    requantise,
)

RATE = 1000
EVERYTHING = AugmentationConfig(
    gain_db=6,
    colour_db=6,
    noise_snr_db=0,
    shift_s=0.2,
    speed=0.1,
    requantise_bits=(6, 10),
    filter_mask=3,
    time_mask_s=0.3,
)


@pytest.fixture
def waveform(generator) -> Tensor:
    """Noise, which has something at every frequency and moment, at rising levels."""
    level = torch.linspace(0.5, 2, 64)[:, None]
    return level * torch.randn(64, 2500, generator=generator)


def decibels(ratio: Tensor) -> Tensor:
    return 20 * torch.log10(ratio)


def test_nothing_is_changed_unless_asked(waveform):
    assert augment(waveform, RATE, AugmentationConfig()) is waveform
    spectrogram = torch.rand(2, 8, 50)
    assert mask_spectrogram(spectrogram, 100, AugmentationConfig()) is spectrogram


@pytest.mark.parametrize(
    "asked",
    [
        {"gain_db": 6},
        {"colour_db": 6},
        {"noise_snr_db": 0},
        {"shift_s": 0.1},
        {"speed": 0.1},
        {"requantise_bits": (4, 4)},
    ],
)
def test_each_setting_reaches_its_change_and_the_input_stays(waveform, asked):
    """And a generator's seed decides what comes out."""

    def changed(seed: int) -> Tensor:
        return augment(waveform, RATE, AugmentationConfig(**asked), torch.Generator().manual_seed(seed))

    before = waveform.clone()
    first = changed(1)
    assert first.shape == waveform.shape
    assert first.dtype == torch.float32
    assert first.isfinite().all()
    assert not first.equal(waveform)
    assert first.equal(changed(1))
    assert not first.equal(changed(2))
    assert waveform.equal(before)


# Level


def test_gain_is_one_factor_a_segment_within_the_range(waveform, generator):
    ratio = change_gain(waveform, 6, generator) / waveform
    spread = ratio.amax(1) / ratio.amin(1)
    assert spread.max() < 1 + 1e-5  # float32
    gains = decibels(ratio.mean(1))
    assert gains.abs().max() <= 6 + 1e-3
    assert gains.min() < -4  # of 64 draws, none below -4 dB has a chance of 1e-5
    assert gains.max() > 4


# Time


def test_a_shift_moves_every_sample_alike_and_mirrors_at_the_end(waveform, generator):
    out, found = move(waveform, shift=100, generator=generator), []
    for before, after in zip(waveform, out, strict=True):
        delays = [d for d in range(-100, 101) if after[100:2400].equal(before[100 - d : 2400 - d])]
        assert len(delays) == 1
        found += delays
        if (d := delays[0]) > 1:
            assert after[:d].equal(before[1 : d + 1].flip(0))
    assert min(found) < -60
    assert max(found) > 60


def test_speed_changes_the_pitch_within_its_share(generator):
    time = torch.arange(4000) / RATE
    tone = torch.sin(2 * torch.pi * 60 * time).expand(64, -1)
    spectrum = torch.fft.rfft(move(tone, speed=0.1, generator=generator) * torch.hann_window(4000)).abs()
    pitch = spectrum.argmax(1) * RATE / 4000
    assert (pitch / 60 - 1).abs().max() <= 0.1 + 0.005  # a bin
    assert pitch.min() < 57
    assert pitch.max() > 63
    level = spectrum.amax(1)
    assert level.min() > 0.7 * level.max()  # a tone between two bins loses up to a sixth


def test_speed_changes_the_heart_rate_alike_and_keeps_the_middle(generator):
    clicks = torch.zeros(64, 2501)
    clicks[:, [450, 1250, 2050]] = 1  # every 0.8 s
    out = move(clicks, speed=0.1, generator=generator)
    first, middle, last = (
        part.argmax(1) + start
        for part, start in ((out[:, :900], 0), (out[:, 900:1600], 900), (out[:, 1600:], 1600))
    )
    assert (middle - 1250).abs().max() <= 1
    assert ((last - middle) - (middle - first)).abs().max() <= 2
    rates = 800 / (last - middle)
    assert 0.9 - 0.01 <= rates.min() < 0.95
    assert 1.05 < rates.max() <= 1.1 + 0.01


# Spectrum


def transfer(before: Tensor, after: Tensor) -> Tensor:
    """What the change did to each frequency."""
    return torch.fft.rfft(after.double()) / torch.fft.rfft(before.double())


def test_colour_bends_the_gain_smoothly_and_shifts_no_phase(waveform, generator):
    response = transfer(waveform, change_spectrum(waveform, RATE, colour_db=6, generator=generator))
    loud = torch.fft.rfft(waveform).abs() > 1  # elsewhere float32 rounds away what was there
    assert response.imag[loud].abs().max() < 1e-3
    gain = decibels(response.real.clamp(min=1e-3))
    assert gain[loud].abs().max() <= 6 + 0.05
    frequency = torch.fft.rfftfreq(2500, 1 / RATE)
    # Six stretches between the knots, each of which rises or falls by 12 dB at most.
    octaves = torch.log2(frequency[51:] / frequency[50:-1])
    steepest = 12 / (np.log2(RATE / 2 / LOWEST_KNOT) / 6)
    slope = (gain[:, 51:] - gain[:, 50:-1]) / octaves
    both = loud[:, 51:] & loud[:, 50:-1] & (octaves > 0.005)
    assert slope[both].abs().max() < steepest + 0.5
    middle = gain[:, 250][loud[:, 250]]  # at 100 Hz
    assert middle.max() - middle.min() > 4, "another device for every segment"


def test_noise_joins_half_of_the_segments_each_in_its_own_band(waveform, generator):
    noise = change_spectrum(waveform, RATE, noise_snr_db=0, generator=generator) - waveform
    power, noise_power = waveform.square().sum(1), noise.square().sum(1)
    snr = 10 * torch.log10(power / noise_power)
    noisy = snr < 60  # below is what the transforms round
    # Four standard deviations of a binomial count.
    assert noisy.sum() == pytest.approx(32, abs=16)
    assert snr[noisy].min() >= -0.5
    assert snr[noisy].max() <= NOISE_RANGE_DB + 0.5
    assert snr[noisy].max() - snr[noisy].min() > 15
    frequency = torch.fft.rfftfreq(2500, 1 / RATE)
    edges = []
    for one in noise[noisy]:
        spectrum = torch.fft.rfft(one).abs()
        inside = frequency[spectrum > 1e-3 * spectrum.max()]
        low, high = inside.min().item(), inside.max().item()
        assert len(inside) > 0.9 * (high - low) * 2.5, "one band, without gaps"
        assert high / low > 2 * (1 - 0.05), "an octave or more, but for the bins at its ends"
        assert low >= LOWEST_KNOT
        edges.append((low, high))
    assert len(set(edges)) > len(edges) / 2


def test_colour_and_noise_leave_the_other_alone(waveform):
    noise, colour = ({"noise_snr_db": 0}, {"colour_db": 6})
    for asked in (noise, colour):
        quiet = change_spectrum(torch.zeros(4, 2500), RATE, **asked)
        assert not quiet.any(), "silence stays silence"
    torch.testing.assert_close(change_spectrum(waveform, RATE), waveform, rtol=0, atol=1e-5)


# The converter


@pytest.mark.parametrize("bits", [3, 6, 10])
def test_requantising_leaves_so_many_steps_and_an_error_that_knows_nothing_of_the_sound(
    waveform, generator, bits
):
    out = requantise(waveform, (bits, bits), generator)
    step = 2 * waveform.abs().amax(1, keepdim=True) / 2**bits
    counts = out / step
    torch.testing.assert_close(counts, counts.round(), rtol=0, atol=1e-3)
    assert counts.round().unique().numel() <= 2**bits + 2  # zero and the two ends
    error = (out - waveform) / step
    assert error.abs().max() <= 1 + 1e-3
    # With dither the mean error is zero, whatever the sound was: five standard errors.
    assert error.mean().abs() < 5 * 0.5 / error.numel() ** 0.5
    correlation = torch.corrcoef(torch.stack([error.flatten(), (waveform / step).flatten()]))[0, 1]
    assert correlation.abs() < 5 / error.numel() ** 0.5


@pytest.mark.parametrize("bits", [(1, 8), (9, 8), (8, 30)])
def test_bits_must_be_a_range(bits):
    with pytest.raises(ValidationError, match="2 <= fewest <= most <= 24, got"):
        AugmentationConfig(requantise_bits=bits)


# The spectrogram


def test_masks_hide_bands_of_filters_and_stretches_of_frames_behind_the_mean():
    torch.manual_seed(0)
    spectrogram = torch.randn(64, 16, 200, dtype=torch.float64) - 5  # where none is the mean by chance
    config = AugmentationConfig(filter_mask=3, time_mask_s=0.25, n_masks=2)
    out = mask_spectrogram(spectrogram, 100, config)
    mean = spectrogram.mean(dim=(1, 2), keepdim=True)
    hidden = out != spectrogram
    torch.testing.assert_close(out[hidden], mean.expand_as(out)[hidden], rtol=0, atol=0)
    filters, frames = hidden.all(dim=2), hidden.all(dim=1)
    # Whole filters and whole frames, and nothing else.
    assert hidden.equal(filters[:, :, None] | frames[:, None, :])
    assert filters.sum(1).max() == 2 * 3, "two masks of up to three filters"
    assert frames.sum(1).max() <= 2 * 25
    assert frames.sum(1).max() > 25
    assert filters.any(0).tolist() == 15 * [True] + [False], "torchaudio spares the last"
    assert frames.any(0)[:-1].float().mean() > 0.95
    assert not frames.any(0)[-1]


def test_a_mask_wider_than_the_spectrogram_is_no_mistake():
    config = AugmentationConfig(filter_mask=99, time_mask_s=99, n_masks=1)
    assert mask_spectrogram(torch.rand(8, 4, 10), 100, config).shape == (8, 4, 10)


def test_the_gradient_reaches_what_is_not_hidden():
    torch.manual_seed(1)
    spectrogram = torch.randn(4, 16, 100, requires_grad=True)
    out = mask_spectrogram(spectrogram, 100, AugmentationConfig(filter_mask=4))
    kept = out.detach() == spectrogram.detach()
    (out * kept).sum().backward()
    assert spectrogram.grad[kept].eq(1).all()
    assert spectrogram.grad[~kept].eq(0).all()
    assert 0 < kept.float().mean() < 1


# All of it


def test_all_together_stay_finite_and_are_one_batch(waveform, generator):
    out = augment(waveform, RATE, EVERYTHING, generator)
    assert out.shape == waveform.shape
    assert out.isfinite().all()
    assert augment(torch.zeros(4, 500), RATE, EVERYTHING, generator).isfinite().all(), "silence too"


def test_no_gradient_is_kept(waveform, generator):
    assert not augment(waveform.requires_grad_(), RATE, EVERYTHING, generator).requires_grad
