"""Hidden checks of *From sound to spectrogram*."""

import math

import numpy as np
from scipy import signal

from spectnet import scales
from spectnet.classroom.checks import Check, asked, expect, expect_close

STATES = ("S1", "systole", "S2", "diastole")


def _cut(rng):
    """A waveform, a window and a hop that leave something over at the end."""
    window, hop = int(rng.integers(12, 30)), int(rng.integers(4, 10))
    n_frames = int(rng.integers(6, 12))
    n = (n_frames - 1) * hop + window + int(rng.integers(1, hop))
    return rng.standard_normal(n), window, hop, n_frames


def _table(values):
    expect(isinstance(values, np.ndarray) and values.ndim == 2, detail="no array with two axes")
    expect(values.dtype.kind in "iuf" and np.isfinite(values).all(), detail="no finite real numbers")
    return values.astype(float)


def _every_whole_frame(student, rng):
    for left_over in (True, False):
        waveform, window, hop, n_frames = _cut(rng)
        whole = waveform if left_over else waveform[: (n_frames - 1) * hop + window]
        found = _table(asked(student, "frames", whole, window, hop))
        expect(len(found) == n_frames, detail=f"{len(found)} frames in place of {n_frames}")


def _own_samples(student, rng):
    waveform, window, hop, n_frames = _cut(rng)
    found = _table(asked(student, "frames", waveform, window, hop))
    wanted = np.lib.stride_tricks.sliding_window_view(waveform, window)[::hop]
    n = min(len(found), n_frames)
    expect(n > 2, detail="hardly a frame")
    expect_close(found[:n], wanted[:n], rtol=1e-6)


def _none_fits(student, rng):
    window = int(rng.integers(20, 40))
    found = asked(student, "frames", rng.standard_normal(window - int(rng.integers(1, 15))), window, 7)
    expect(isinstance(found, np.ndarray) and found.shape == (0, window), detail="not (0, window)")


def _power(student, framed):
    """The student's picture, upright: how it lies is asked elsewhere."""
    picture = _table(asked(student, "power", framed))
    upright = framed.shape[1] // 2 + 1, len(framed)
    return picture.T if picture.shape == upright[::-1] != upright else picture


def _window_seen(student, n):
    """The window, from what single samples leave behind; whether squared is asked elsewhere."""
    once, twice = (_power(student, scale * np.eye(n))[0] for scale in (1.0, 2.0))
    expect(once.shape == (n,) and once.max() > 0, detail="no picture")
    exponent = np.log2(twice.max() / once.max())
    expect(exponent > 0.5, detail="louder is not louder")
    return once ** (1 / exponent)


def _fades(student, rng):
    n = int(rng.integers(24, 40)) * 2  # in a shorter one, a symmetric window is further off than this allows
    expect_close(_window_seen(student, n), signal.windows.hann(n, sym=False), rtol=0, atol=0.06)


def _periodic(student, rng):
    n = int(rng.integers(8, 16)) * 2
    expect_close(_window_seen(student, n), signal.windows.hann(n, sym=False), rtol=0, atol=1e-4)


def _squared(student, rng):
    framed, louder = rng.standard_normal((5, 32)), float(rng.uniform(2, 6))
    expect_close(_power(student, louder * framed), louder**2 * _power(student, framed), rtol=1e-4, atol=1e-9)


def _rows_and_columns(student, rng):
    n_frames, n = int(rng.integers(3, 8)), int(rng.integers(10, 20)) * 2
    row = int(rng.integers(3, n // 2 - 2))
    tone = np.cos(2 * np.pi * row * np.arange(n) / n + rng.uniform(0, 6))
    picture = _table(asked(student, "power", np.stack([tone] * n_frames)))
    expect(picture.shape == (n // 2 + 1, n_frames), detail=f"shape {picture.shape}")
    expect((picture.argmax(axis=0) == row).all(), detail="the tone stands in another row")


def _rows_in_hertz(student, rng):
    window, sample_rate = 2 * int(rng.integers(10, 60)), int(rng.integers(900, 9000))
    wanted = np.fft.rfftfreq(window, 1 / sample_rate)
    expect_close(asked(student, "row_frequencies", window, sample_rate), wanted, rtol=1e-5)


def _middle_in_seconds(student, rng):
    window, hop, n_frames = 2 * int(rng.integers(10, 60)), int(rng.integers(5, 15)), int(rng.integers(4, 20))
    sample_rate = int(rng.integers(900, 9000))
    wanted = (np.arange(n_frames) * hop + window / 2) / sample_rate
    answer = asked(student, "frame_times", n_frames, window, hop, sample_rate)
    expect_close(answer, wanted, rtol=1e-3, atol=0.6 / sample_rate)


def _shortest_window(student, rng):
    for _ in range(5):
        distance, sample_rate = float(rng.uniform(5, 90)), int(rng.integers(1000, 9000))
        wanted = math.ceil(1.44 * sample_rate / distance)
        expect_close(asked(student, "window_for", distance, sample_rate), wanted, rtol=0, atol=1e-9)


def _range(rng):
    f_min = float(rng.uniform(0, 200))
    return int(rng.integers(4, 30)), f_min, f_min + float(rng.uniform(1000, 7000))


def _corners(student, rng):
    n, f_min, f_max = _range(rng)
    points = asked(student, "mel_points", n, f_min, f_max)
    expect(isinstance(points, np.ndarray) and points.shape == (n + 2,), detail="not as many corners")
    expect_close(points[[0, -1]], [f_min, f_max], rtol=1e-4, atol=1e-3)


def _even_in_mel(student, rng):
    n, f_min, f_max = _range(rng)
    points = asked(student, "mel_points", n, f_min, f_max)
    expect(isinstance(points, np.ndarray) and points.ndim == 1 and len(points) > 3, detail="no row")
    expect(f_min * 0.999 <= points.min() and points.max() <= f_max * 1.001, detail="out of the range")
    mels = 2595 * np.log10(1 + points / 700)
    expect(mels[1] > mels[0], detail="not ascending")
    expect_close(np.diff(mels), np.full(len(mels) - 1, mels[1] - mels[0]), rtol=1e-4)


def _corner_points(rng):
    n, f_min, f_max = _range(rng)
    inner = scales.spaced_frequencies(n, f_min, f_max, "slaney").numpy()
    return np.array([f_min, *inner, f_max])


def _peak_is_one(student, rng):
    points = _corner_points(rng)
    weights = _table(asked(student, "triangles", points, points))
    expect_close(weights, np.eye(len(points))[1:-1], rtol=0, atol=1e-4)


def _straight_sides(student, rng):
    """Each triangle up to its own height, so that this asks for its sides alone."""
    points = _corner_points(rng)
    frequencies = np.sort(np.r_[points[1:-1], rng.uniform(points[0], points[-1] * 1.1, 60)])
    weights = _table(asked(student, "triangles", points, frequencies))
    wanted = np.stack([np.interp(frequencies, points[i : i + 3], [0, 1, 0]) for i in range(len(points) - 2)])
    expect(weights.shape == wanted.shape, detail=f"shape {weights.shape}")
    heights = np.abs(weights).max(axis=1, keepdims=True)
    expect((heights > 0).all(), detail="an empty channel")
    expect_close(weights / heights, wanted, rtol=0, atol=1e-4)


def _weighted_logarithm(student, rng):
    for _ in range(2):
        picture, weights = rng.uniform(0, 5, (20, 12)), rng.uniform(0, 1, (6, 20))
        weights *= 10.0 ** rng.uniform(-3, 1, (6, 1))
        floor = float(rng.uniform(0.05, 0.5))
        answer = asked(student, "log_mel", picture, weights, floor=floor)
        expect_close(answer, np.log(weights @ picture + floor), rtol=1e-4, atol=1e-5)


def _each_frame_for_itself(student, rng):
    picture, weights = rng.uniform(0, 5, (8, 10)), rng.uniform(0, 1, (3, 8))
    picture[:, 2] = 0
    slammed = np.c_[picture, rng.uniform(1e11, 1e13, (8, 2))]
    before, after = (_table(asked(student, "log_mel", p, weights, floor=1e-8)) for p in (picture, slammed))
    expect(before.shape == (3, 10) and after.shape == (3, 12), detail="shapes")
    expect_close(after[:, :10], before, rtol=1e-4, atol=1e-5)


def _beats(rng):
    """Energies, times and states of some beats, with frames before the first state."""
    n = 4 * int(rng.integers(3, 6))
    starts = 0.2 + np.cumsum(rng.uniform(0.1, 0.3, n))
    names = [STATES[(i + 2) % 4] for i in range(n)]
    times = np.arange(0.005, starts[-1] + 0.3, 0.01)
    state = np.searchsorted(starts, times, side="right") - 1
    name = np.where(state < 0, "unknown", np.array(names)[state])
    return times, starts, names, name


def _in_decibels(student, rng):
    """One energy for each state, so that it is the same whatever is averaged, and whoever counts."""
    times, starts, names, name = _beats(rng)
    levels = dict(zip(STATES, rng.uniform(1, 9, 4), strict=True))
    levels["unknown"] = levels[names[-1]]
    energy = np.array([levels[one] for one in name])
    wanted = 10 * math.log10(levels["systole"] / levels["diastole"])
    expect_close(asked(student, "systole_over_diastole", energy, times, starts, names), wanted, rtol=1e-4)


def _means_of_energies(student, rng):
    """Which frames count, and what is averaged, in whatever unit the answer comes: its ratio to another."""
    times, starts, names, name = _beats(rng)
    energy = 10.0 ** rng.uniform(-2, 2, len(times))
    energy[name == "unknown"] = 1e4
    ratios = []
    for factor in (1.0, 1000.0):
        scaled = np.where(name == "systole", factor * energy, energy)
        ratios.append(float(asked(student, "systole_over_diastole", scaled, times, starts, names)))
    expect(abs(ratios[1] - ratios[0]) > 1, detail="blind to systole")
    means = energy[name == "systole"].mean() / energy[name == "diastole"].mean()
    wanted = math.log(means) / math.log(1000)
    expect_close(ratios[0] / (ratios[1] - ratios[0]), wanted, rtol=1e-3, atol=1e-3)


CHECKS = [
    Check(
        "frames",
        "every whole frame, and no other",
        1,
        "Each further frame needs H samples more. The last whole frame counts, a part of one does not.",
        _every_whole_frame,
    ),
    Check(
        "frames",
        "each frame holds its own samples",
        1,
        "Frame i begins at sample i times the hop, and holds as many samples as the window is long.",
        _own_samples,
    ),
    Check(
        "frames",
        "no frame where none fits",
        1,
        "A waveform shorter than the window has no frame: an array of shape (0, W), and no error.",
        _none_fits,
    ),
    Check(
        "power",
        "the window fades in and out",
        1,
        "Each frame must be multiplied by the window before its spectrum is taken: its edges are clicks.",
        _fades,
    ),
    Check(
        "power",
        "the window is periodic",
        1,
        "The periodic Hann window divides by W, not by W - 1: it begins with 0 and does not end with it.",
        _periodic,
    ),
    Check(
        "power",
        "the square of the magnitude",
        1,
        "Power is the square of the magnitude: twice as loud is four times the power.",
        _squared,
    ),
    Check(
        "power",
        "rows are frequencies, columns are frames",
        1,
        "One spectrum for each frame, and then turned: rows for the frequencies of rfft, columns for frames.",
        _rows_and_columns,
    ),
    Check(
        "axes",
        "rows in hertz",
        1,
        "Row k makes k turns in W samples. How long do W samples take? The last row is half the sample rate.",
        _rows_in_hertz,
    ),
    Check(
        "axes",
        "frames in seconds, at their middle",
        1,
        "A frame stands for its middle, half a window after its first sample; divide samples by the sample "
        "rate.",
        _middle_in_seconds,
    ),
    Check(
        "axes",
        "the shortest window for a distance",
        1,
        "1.44 / T is to be the distance at most: solve for T in seconds, go to samples, and round up.",
        _shortest_window,
    ),
    Check(
        "mel",
        "corners with both ends",
        1,
        "F triangles have F + 2 corners. The first is f_min and the last f_max.",
        _corners,
    ),
    Check(
        "mel",
        "corners at equal steps of mel",
        1,
        "Equal steps of mel: take both ends to mel, divide there, and come back to Hz.",
        _even_in_mel,
    ),
    Check(
        "mel",
        "the peak is 1, and 0 from the neighbours on",
        1,
        "At its own corner a channel weighs 1, whatever its width; at its neighbours' and beyond it weighs "
        "0.",
        _peak_is_one,
    ),
    Check(
        "mel",
        "sides that are straight in hertz",
        1,
        "Half way in Hz between two corners is a weight of one half, on the rising side and on the falling "
        "one.",
        _straight_sides,
    ),
    Check(
        "log-mel",
        "natural logarithm of weighted sum and floor",
        1,
        "Sum the rows by their weights, add the floor, take the natural logarithm: in that order, no "
        "decibels.",
        _weighted_logarithm,
    ),
    Check(
        "log-mel",
        "each frame for itself",
        1,
        "A loud frame may change no other: nothing may be taken from the maximum of the whole picture.",
        _each_frame_for_itself,
    ),
    Check(
        "murmur",
        "in decibels",
        1,
        "Energies are powers already: 10 times the logarithm to base 10 of systole over diastole.",
        _in_decibels,
    ),
    Check(
        "murmur",
        "means of the energies of the right frames",
        1,
        "Means first, logarithm last. And a frame before the first state belongs to none: an index of -1 "
        "is the last one in Python.",
        _means_of_energies,
    ),
]
