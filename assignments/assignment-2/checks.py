"""Hidden checks of *A gammatone filterbank*."""

import math

import numpy as np
import torch
from scipy import signal

from spectnet import scales
from spectnet.classroom.checks import Check, asked, expect, expect_close, finite_array
from spectnet.classroom.sandbox import Limits

LIMITS = Limits(cell_seconds=20)


def _filters(rng, n=3):
    """Sample rate, and centres and bandwidths of a few filters, all in Hz."""
    sample_rate = int(rng.integers(900, 5000))
    centers = np.sort(rng.uniform(0.1, 0.35, n)) * sample_rate
    return sample_rate, centers, rng.uniform(0.015, 0.03, n) * sample_rate


def _gammatones(centers, widths, taps, sample_rate, order):
    """The formula itself: (filters, taps)."""
    t = np.arange(taps) / sample_rate
    envelope = t ** (order - 1) * np.exp(-2 * np.pi * widths[:, None] * t)
    return envelope * np.cos(2 * np.pi * centers[:, None] * t)


def _sampled(student, centers, widths, taps, sample_rate, order):
    arguments = torch.tensor(centers), torch.tensor(widths), taps, sample_rate
    answer = asked(student, "impulse_response", *arguments, order=order)
    return finite_array(answer, (len(centers), taps))


def _starts_at_zero(student, rng):
    sample_rate, centers, widths = _filters(rng)
    kernels = _sampled(student, centers, widths, int(rng.integers(150, 300)), sample_rate, order=3)
    expect(np.abs(kernels[:, 0]).max() == 0, detail="the first tap is not zero")
    expect((np.abs(kernels[:, 1]) > 0).all(), detail="the second tap is zero")


def _swings_at_center(student, rng):
    sample_rate, centers, widths = _filters(rng)
    kernels = _sampled(student, centers, widths, 400, sample_rate, order=4)
    n = 16384
    loudest = np.abs(np.fft.rfft(kernels, n)).argmax(axis=1) * sample_rate / n
    expect(np.allclose(loudest, centers, rtol=0.02), detail=f"loudest at {loudest} in place of {centers} Hz")


def _envelope(student, rng):
    """Where the envelope peaks says both: (n - 1) / (2 pi b), whatever the tone does under it."""
    sample_rate, centers, _ = _filters(rng)
    widths = rng.uniform(0.002, 0.004, len(centers)) * sample_rate
    for order in (2, int(rng.integers(3, 7))):
        kernels = _sampled(student, centers, widths, 1500, sample_rate, order)
        found = np.abs(signal.hilbert(kernels)).argmax(axis=1)
        peaks = (order - 1) / (2 * np.pi * widths) * sample_rate
        expect(np.allclose(found, peaks, rtol=0.05, atol=4), detail=f"peaks at {found} in place of {peaks}")


def _formula(student, rng):
    sample_rate, centers, widths = _filters(rng, n=4)
    for order in (1, int(rng.integers(2, 7))):
        wanted = _gammatones(centers, widths, 120, sample_rate, order)
        given = _sampled(student, centers, widths, 120, sample_rate, order)
        expect_close(given, wanted, rtol=1e-4, atol=3e-4 * np.abs(wanted).max())


def _scaled(student, rng):
    sample_rate, centers, widths = _filters(rng)
    raw = _gammatones(centers, widths, 400, sample_rate, order=int(rng.integers(2, 5)))
    answer = asked(student, "unit_gain", torch.tensor(raw), torch.tensor(centers), sample_rate)
    return sample_rate, centers, raw, finite_array(answer, raw.shape)


def _gain(kernels, centers, sample_rate):
    """Gain of each row at its own frequency."""
    turning = np.exp(-2j * np.pi * centers[:, None] * np.arange(kernels.shape[1]) / sample_rate)
    return np.abs((kernels * turning).sum(axis=1))


def _level_kept(student, rng):
    sample_rate, centers, _, scaled = _scaled(student, rng)
    expect_close(_gain(scaled, centers, sample_rate), np.ones(len(centers)), rtol=1e-3)


def _only_scaled(student, rng):
    _, _, raw, scaled = _scaled(student, rng)
    loudest = np.abs(raw).max(axis=1, keepdims=True)
    factor = (scaled * raw).sum(axis=1, keepdims=True) / (raw**2).sum(axis=1, keepdims=True)
    expect((factor > 0).all(), detail="a row was turned upside down")
    expect_close(scaled / factor / loudest, raw / loudest, rtol=1e-3, atol=1e-4)


def _loudness_gone(student, rng):
    """However loud the kernels come in, and each by itself, the same must come out."""
    sample_rate, centers, raw, scaled = _scaled(student, rng)
    louder = raw * 10.0 ** rng.uniform(-2, 2, (len(raw), 1))
    answer = asked(student, "unit_gain", torch.tensor(louder), torch.tensor(centers), sample_rate)
    expect_close(finite_array(answer, raw.shape), scaled, rtol=1e-3, atol=1e-4 * np.abs(scaled).max())


def _filtered(student, samples, kernels):
    answer = asked(student, "filter_waveform", torch.tensor(samples), torch.tensor(kernels))
    expect(isinstance(answer, np.ndarray) and answer.ndim == 2, detail="no (filters, time)")
    expect(len(answer) == len(kernels), detail="another number of rows")
    return answer.astype(float)


def _click(rng):
    """A click, where it stands, and kernels whose every tap is another number."""
    n, n_taps = int(rng.integers(120, 200)), int(rng.integers(9, 17))
    at = int(rng.integers(40, 60))
    return np.eye(n)[at], at, rng.uniform(0.5, 2, (3, n_taps))


def _click_sounds_like_kernel(student, rng):
    samples, _, kernels = _click(rng)
    for row, kernel in zip(_filtered(student, samples, kernels), kernels, strict=True):
        heard = np.flatnonzero(np.abs(row) > 1e-9)
        expect_close(row[heard[0] : heard[-1] + 1], kernel, rtol=1e-5)


def _causal(student, rng):
    samples, at, kernels = _click(rng)
    answer = _filtered(student, samples, kernels)
    expect(np.abs(answer[:, :at]).max() < 1e-9, detail="something answers before the click")
    expect((np.abs(answer[:, at]) > 1e-9).all(), detail="the answer does not begin with the click")


def _as_long(student, rng):
    for n_taps in (2, int(rng.integers(20, 40))):
        samples, kernels = rng.standard_normal(int(rng.integers(50, 90))), rng.standard_normal((2, n_taps))
        expect(_filtered(student, samples, kernels).shape[1] == len(samples), detail="another length")


def _as_scipy(student, rng):
    samples, kernels = rng.standard_normal(300), rng.standard_normal((4, 31))
    wanted = np.stack([signal.lfilter(kernel, [1.0], samples) for kernel in kernels])
    expect_close(_filtered(student, samples, kernels), wanted, rtol=1e-4, atol=1e-4)


def _range(rng):
    f_min = float(rng.uniform(20, 200))
    return int(rng.integers(5, 40)), f_min, float(f_min + rng.uniform(1000, 6000))


def _ends_left_out(student, rng):
    for shift in (0, 9000):  # two ranges that share nothing
        n, f_min, f_max = np.add(_range(rng), (0, shift, shift)).tolist()
        places = finite_array(asked(student, "mel_centers", int(n), f_min, f_max), (int(n),))
        expect(places.min() > f_min * 1.0001 and places.max() < f_max * 0.9999, detail="on an end")


def _equal_in_mel(student, rng):
    for shift in (0, 9000):  # two ranges that share nothing
        n, f_min, f_max = _range(rng)
        places = finite_array(asked(student, "mel_centers", n, f_min + shift, f_max + shift), (n,)) - shift
        expect(f_min - 1 < places.min() and places.max() < f_max + 1, detail="out of the range")
        steps = np.diff(scales.hz_to_mel(torch.tensor(places + shift)))
        expect(steps[0] > 0, detail="not ascending")
        expect_close(steps, np.full(n - 1, steps[0]), rtol=1e-4)


def _places(student, rng):
    n, f_min, f_max = _range(rng)
    expect_close(asked(student, "mel_centers", n, f_min, f_max), scales.spaced_frequencies(n, f_min, f_max))


def _fill_the_range(student, rng):
    """Up to one factor for all filters, the widths are those of the stretches between borders."""
    n, f_min, f_max = _range(rng)
    widths = finite_array(asked(student, "spacing_bandwidths", n, f_min, f_max, order=4), (n,))
    expect((widths > 0).all(), detail="a width is not positive")
    stretches = np.diff(scales.band_edges(n, f_min, f_max))
    expect_close(widths / widths.sum(), stretches / stretches.sum(), rtol=1e-4)


def _meet_at_half_power(student, rng):
    n, f_min, f_max = _range(rng)
    total = np.diff(scales.band_edges(n, f_min, f_max)).sum()
    for order in (1, int(rng.integers(2, 4)), int(rng.integers(5, 9))):
        widths = finite_array(asked(student, "spacing_bandwidths", n, f_min, f_max, order=order), (n,))
        expect_close(2 * math.sqrt(2 ** (1 / order) - 1) * float(widths.sum()), total, rtol=0.02)


def _mean_of_squares(student, rng):
    outputs = rng.standard_normal((3, 200)) * rng.uniform(1, 30)
    window, hop = int(rng.integers(20, 40)), int(rng.integers(7, 15))
    windows = np.lib.stride_tricks.sliding_window_view(outputs, window, axis=1)[:, ::hop]
    answer = asked(student, "log_energy", torch.tensor(outputs), window, hop, floor=1e-9, seconds=5)
    expect_close(answer, np.log((windows**2).mean(axis=-1)), rtol=1e-4, atol=1e-5)


def _silence(student, rng):
    window, hop, floor = (
        int(rng.integers(20, 40)),
        int(rng.integers(7, 15)),
        float(10.0 ** rng.uniform(-9, -2)),
    )
    outputs = torch.zeros(2, 120, dtype=torch.float64)
    answer = asked(student, "log_energy", outputs, window, hop, floor=floor, seconds=5)
    expect(np.size(answer) > 0, detail="no picture")
    expect_close(answer, np.full(np.shape(answer), math.log(floor)), rtol=1e-5)


CHECKS = [
    Check(
        "impulse-response",
        "taps start at time zero",
        1,
        "The first tap belongs to t = 0. Where does your time axis start, and how many taps are in a row?",
        _starts_at_zero,
    ),
    Check(
        "impulse-response",
        "swings at its centre frequency",
        1,
        "The tone must make as many turns a second as its centre frequency says. One turn of a cosine is 2 "
        "pi, not 1; and t is in seconds, not in samples.",
        _swings_at_center,
    ),
    Check(
        "impulse-response",
        "swells by its order and dies by its bandwidth",
        1,
        "The envelope swells like t to the power of n - 1 and dies like exp(-2 pi b t), each with its own b.",
        _envelope,
    ),
    Check(
        "impulse-response",
        "follows the formula at any order and sample rate",
        1,
        "Put t = 0, t = 1 / sample_rate and so on into the formula, for any order, and compare by hand.",
        _formula,
    ),
    Check(
        "unit-gain",
        "a tone at the centre keeps its level",
        1,
        "Divide by the gain at the filter's own centre frequency, not by its peak, its sum or its energy.",
        _level_kept,
    ),
    Check(
        "unit-gain",
        "only the scale of a row changes",
        1,
        "A row is turned up or down, and its shape stays. A gain is the absolute value of the sum.",
        _only_scaled,
    ),
    Check(
        "unit-gain",
        "each row by itself, however loud it comes in",
        1,
        "Each row has a gain of its own. Turn one row of the input up: nothing may change in the answer.",
        _loudness_gone,
    ),
    Check(
        "filtering",
        "a click sounds like the kernel",
        1,
        "A click must set off the kernel, first tap first. conv1d does not flip the kernel; a filter does.",
        _click_sounds_like_kernel,
    ),
    Check(
        "filtering",
        "nothing sounds before its cause",
        1,
        "A filter is causal: at time i it knows only samples up to i. So where do the zeros go?",
        _causal,
    ),
    Check(
        "filtering",
        "as long as the waveform",
        1,
        "One sample out for each sample in, whatever the kernel. How many zeros must stand in front?",
        _as_long,
    ),
    Check(
        "filtering",
        "convolves noise as scipy.signal.lfilter does",
        1,
        "Compare with scipy.signal.lfilter(kernel, 1, waveform) on noise: that is the sum in the question.",
        _as_scipy,
    ),
    Check(
        "mel-places",
        "no filter on an end",
        1,
        "A filter on an end of the range can never leave it. Ask for two more, and leave out the outer two.",
        _ends_left_out,
    ),
    Check(
        "mel-places",
        "equal steps of mel",
        1,
        "The steps are equal on the mel scale. So count in mel, and go back to Hz at the end.",
        _equal_in_mel,
    ),
    Check(
        "mel-places",
        "a whole step from each end",
        1,
        "There is one step more than filters: from each end to the filter next to it is a whole step.",
        _places,
    ),
    Check(
        "bandwidths",
        "each filter fills its stretch between borders",
        1,
        "Each stretch reaches half a step of mel to either side. Find the borders, take their differences "
        "in Hz.",
        _fill_the_range,
    ),
    Check(
        "bandwidths",
        "neighbours meet at -3 dB for any order",
        1,
        "b is not the width: a gammatone is 2 b sqrt(2 ** (1 / n) - 1) wide at -3 dB. Solve for b.",
        _meet_at_half_power,
    ),
    Check(
        "log-energy",
        "the mean of the squares",
        1,
        "Square first, then take the mean over each whole window, then the natural logarithm.",
        _mean_of_squares,
    ),
    Check(
        "log-energy",
        "silence is the floor",
        1,
        "The logarithm of zero is minus infinity. Add the floor to the energy before the logarithm.",
        _silence,
    ),
]
