"""Hidden checks of *A layer that learns*."""

import numpy as np
import torch

from spectnet import gammatone, scales
from spectnet.classroom.checks import Check, asked, expect, expect_close

RATE = 1000


def _whistle(rng, tone_hz, seconds=2.0, noise=0.01):
    """A tone of amplitude 1 in a little noise, at an unknown phase."""
    t = np.arange(round(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * tone_hz * t + rng.uniform(0, 2 * np.pi))
    return torch.tensor(tone + noise * rng.standard_normal(len(t)))


def _log_energy(center_frequency, bandwidth, waveform):
    """The notebook's `log_energy`, beyond a student's reach."""
    filters = center_frequency, bandwidth
    taps = gammatone.impulse_response(*filters, kernel_size=RATE // 2, sample_rate=RATE)
    n = waveform.shape[-1] + taps.shape[-1]
    spectrum = torch.fft.rfft(waveform, n)[..., None, :] * torch.fft.rfft(taps, n)
    heard = torch.fft.irfft(spectrum, n)[..., : waveform.shape[-1]]
    return torch.log(heard.square().mean(dim=-1) + 1e-12)


def _slopes(center_frequency, bandwidth, waveform):
    f, b = center_frequency.clone().requires_grad_(), bandwidth.clone().requires_grad_()
    return torch.autograd.grad(_log_energy(f, b, waveform).sum(), (f, b))


def _filters(rng, n=4):
    """A few filters on both sides of a tone, and the tone in Hz."""
    tone_hz = rng.uniform(180, 280)
    away = rng.uniform(15, 70, n) * np.where(np.arange(n) % 2, 1, -1)
    return torch.tensor(tone_hz + away), torch.tensor(rng.uniform(25, 60, n)), float(tone_hz)


def _pair(answer):
    expect(isinstance(answer, np.ndarray) and len(answer) == 2, detail="no pair")
    return answer[0], answer[1]


def _by_formula(rng):
    """Arguments of `pull`, and both slopes."""
    tone_hz, b, order = float(rng.uniform(100, 400)), float(rng.uniform(10, 80)), int(rng.integers(1, 7))
    center = tone_hz + float(rng.choice([-1, 1]) * rng.uniform(5, 150))
    u = (tone_hz - center) / b
    strength = 2 * order / b / (1 + u**2)
    return (tone_hz, center, b, order), (strength * u, strength * u**2)


def _towards_the_tone(student, rng):
    for _ in range(4):
        (tone_hz, center, b, order), _ = _by_formula(rng)
        to_center, _ = _pair(asked(student, "pull", tone_hz, center, b, order=order))
        expect(to_center * (tone_hz - center) > 0, detail="the sign is wrong")


def _pull_on(which):
    def check(student, rng):
        for _ in range(3):
            (tone_hz, center, b, order), wanted = _by_formula(rng)
            given = _pair(asked(student, "pull", tone_hz, center, b, order=order))
            expect_close(abs(float(given[which])), abs(wanted[which]), rtol=1e-4)

    return check


def _difference(student, rng, step):
    centers, widths, tone_hz = _filters(rng)
    waveform = _whistle(rng, tone_hz)
    answer = asked(student, "central_difference", centers, widths, waveform, RATE, step=step)
    return answer, centers, widths, waveform


def _near_the_slope(student, rng):
    answer, centers, widths, waveform = _difference(student, rng, step=1e-4)
    expect_close(answer, _slopes(centers, widths, waveform)[0], rtol=1e-3, atol=1e-4)


def _both_sides(student, rng):
    """With a coarse step one side alone gives another number; how it is scaled is asked elsewhere."""
    step = float(rng.uniform(4, 8))
    answer, centers, widths, waveform = _difference(student, rng, step)
    above, below = (_log_energy(centers + h, widths, waveform) for h in (step, -step))
    rise = (above - below).numpy()
    expect(isinstance(answer, np.ndarray) and answer.shape == rise.shape, detail="no slope for each filter")
    expect(answer[0] * rise[0] > 0, detail="the sign is wrong")
    expect_close(answer / np.abs(answer[0]), rise / np.abs(rise[0]), rtol=1e-4)


def _gap_is_a_share(student, rng):
    first = rng.standard_normal(5)
    second = first + 0.01 * rng.standard_normal(5)
    wanted = np.abs(first - second).max() / max(np.abs(first).max(), np.abs(second).max())
    for size in (1.0, 1e-7, 1e5):
        expect_close(asked(student, "relative_gap", size * first, size * second), wanted, rtol=1e-6)


def _no_gap_in_nothing(student, rng):
    nothing = np.zeros(int(rng.integers(2, 6)))
    expect_close(asked(student, "relative_gap", nothing, nothing), 0.0)
    expect_close(asked(student, "relative_gap", nothing, nothing + rng.uniform(0.1, 1)), 1.0)


def _autograd_of(which):
    def check(student, rng):
        for n in (3, 3, 5):  # asked twice, for gradients add up where nobody sets them to zero
            centers, widths, tone_hz = _filters(rng, n)
            waveform = _whistle(rng, tone_hz)
            answer = _pair(asked(student, "autograd_gradient", centers, widths, waveform, RATE))
            expect_close(answer[which], _slopes(centers, widths, waveform)[which], rtol=1e-4, atol=1e-6)

    return check


def _range(rng):
    f_min = float(rng.uniform(20, 200))
    return f_min, f_min + float(rng.uniform(500, 6000))


def _cannot_leave(student, rng):
    f_min, f_max = _range(rng)
    theta = torch.tensor(np.sort(np.r_[rng.uniform(-50, 50, 6), rng.uniform(-3, 3, 4)]))
    answer = asked(student, "from_theta", theta, f_min, f_max)
    expect(isinstance(answer, np.ndarray) and answer.shape == (10,), detail="no row of places")
    expect(np.isfinite(answer).all(), detail="not finite")
    expect(answer.min() > f_min - 0.01 and answer.max() < f_max + 0.01, detail="outside")
    expect((np.diff(answer) >= 0).all() and answer[0] < answer[-1], detail="does not rise")


def _there_and_back(student, rng):
    f_min, f_max = _range(rng)
    theta = torch.tensor(rng.uniform(-4, 4, 6))
    places = asked(student, "from_theta", theta, f_min, f_max)
    back = asked(student, "to_theta", torch.tensor(places), f_min, f_max)
    expect_close(back, theta, rtol=1e-3, atol=1e-3)


def _even_in_mel(student, rng):
    f_min, f_max = _range(rng)
    theta = torch.tensor(rng.uniform(-4, 4, 6))
    low, high = scales.hz_to_mel(f_min), scales.hz_to_mel(f_max)
    wanted = scales.mel_to_hz(low + (high - low) * torch.sigmoid(theta))
    expect_close(asked(student, "from_theta", theta, f_min, f_max), wanted, rtol=1e-4)


def _layer(student, rng, push=0.0):
    """A new layer of the student's seen from outside, its filters, and two waveforms."""
    centers, widths, tone_hz = _filters(rng, int(rng.integers(2, 5)))
    batch = torch.stack([_whistle(rng, tone_hz, seconds=1.0), _whistle(rng, tone_hz + 20, seconds=1.0)])
    seen = asked(student, "look_at_new", centers, widths, RATE, 40, 470, batch, push=push)
    return seen, centers, widths, batch


def _draws(student, rng):
    seen, centers, widths, batch = _layer(student, rng)
    expect_close(seen["center_frequencies"], centers, rtol=1e-3)
    expect_close(seen["bandwidths"], widths, rtol=1e-3)
    expect_close(seen["picture"], _log_energy(centers, widths, batch), rtol=1e-3, atol=1e-3)


def _gradient_arrives(student, rng):
    seen, centers, _, _ = _layer(student, rng)
    gradients = seen["gradients"]
    expect(isinstance(gradients, np.ndarray) and gradients.shape == (2 * len(centers),), detail="how many")
    expect(np.isfinite(gradients).all() and (gradients != 0).all(), detail="none at some number")


def _stays_valid(student, rng):
    for push in (-float(rng.uniform(60, 90)), float(rng.uniform(5, 8))):
        seen, centers, _, _ = _layer(student, rng, push)
        places, widths = seen["center_frequencies"], seen["bandwidths"]
        expect(places.shape == widths.shape == centers.shape, detail="shape")
        expect((widths > 0).all() and np.isfinite(widths).all(), detail="a bandwidth is not positive")
        expect(places.min() > 39.9 and places.max() < 470.1, detail="a filter left its range")


def _search(student, rng, side, n_steps):
    """A path, its start and its tone, which lies to one side."""
    tone_hz = float(rng.uniform(*((290, 320) if side > 0 else (160, 190))))
    start = tone_hz - side * float(rng.uniform(40, 90))
    arguments = _whistle(rng, tone_hz, seconds=1.0), RATE, start, 40, 460
    path = asked(student, "find_tone", *arguments, n_steps=n_steps, seconds=20)
    expect(isinstance(path, np.ndarray) and path.ndim == 1 and len(path) > 10, detail="no path")
    return path, start, tone_hz


def _path_begins(student, rng):
    n_steps = int(rng.integers(20, 40))
    path, start, _ = _search(student, rng, 1, n_steps)
    expect(len(path) == n_steps + 1, detail=f"{len(path)} places for {n_steps} steps")
    expect(abs(path[0] - start) < 0.5, detail=f"begins {path[0] - start:.2f} Hz from the start")


def _comes_nearer(student, rng):
    for side in (-1, 1):
        path, start, tone_hz = _search(student, rng, side, 100)
        ratio = abs(path[-1] - tone_hz) / abs(start - tone_hz)
        expect(ratio < 0.3, detail=f"ends at {ratio:.2f} of its distance")


def _arrives_and_stays(student, rng):
    for side in (-1, 1):
        path, _, tone_hz = _search(student, rng, side, 100)
        farthest = np.abs(path[-10:] - tone_hz).max()
        expect(farthest < 4, detail=f"up to {farthest:.1f} Hz away in its last steps")


CHECKS = [
    Check(
        "pull",
        "towards the tone",
        1,
        "Louder is towards the tone, from either side. A higher centre makes u smaller: mind the sign.",
        _towards_the_tone,
    ),
    Check(
        "pull",
        "the slope to the centre frequency",
        1,
        "Chain rule: the slope of S to u, times the slope of u to the centre, which is 1 / b in size.",
        _pull_on(0),
    ),
    Check(
        "pull",
        "the slope to the bandwidth",
        1,
        "b stands in the denominator of u, so u changes with b by -u / b. Multiply by the slope to u.",
        _pull_on(1),
    ),
    Check(
        "differences",
        "near the slope for a small step",
        1,
        "Rise over run: the two places are how far apart? And each filter has its own slope.",
        _near_the_slope,
    ),
    Check(
        "differences",
        "looks to both sides",
        1,
        "One side alone is off by as much as the step is long. Step up and step down from the place.",
        _both_sides,
    ),
    Check(
        "differences",
        "the gap is a share",
        1,
        "Small gradients differ by small numbers. Divide by the largest value in either of the two.",
        _gap_is_a_share,
    ),
    Check(
        "differences",
        "nothing differs from nothing",
        1,
        "Where both are zero there is nothing to divide by, and the gap is 0; where one is zero, it is 1.",
        _no_gap_in_nothing,
    ),
    Check(
        "autograd",
        "each filter's slope to its centre",
        1,
        "One number of a row, without changing a slope: add it up. A mean divides every slope; and nothing "
        "before the sum may cut the graph. Start from no gradient.",
        _autograd_of(0),
    ),
    Check(
        "autograd",
        "each filter's slope to its bandwidth",
        1,
        "The bandwidth needs its own gradient from the same sum: ask PyTorch to follow it as well.",
        _autograd_of(1),
    ),
    Check(
        "curve",
        "cannot leave its range",
        1,
        "Whatever theta is, the place lies between f_min and f_max, and a larger theta stands higher.",
        _cannot_leave,
    ),
    Check(
        "curve",
        "there and back",
        1,
        "to_theta undoes from_theta. A place that was cut off at an end has forgotten its theta.",
        _there_and_back,
    ),
    Check(
        "curve",
        "even steps of mel",
        1,
        "The curve runs over the mel scale: take both ends to mel, go along, and come back to Hz.",
        _even_in_mel,
    ),
    Check(
        "layer",
        "draws its own filters",
        1,
        "A new layer's filters are those it was given, and it draws each one's log energy.",
        _draws,
    ),
    Check(
        "layer",
        "a gradient reaches every number it learns",
        1,
        "Each must be an nn.Parameter, and nothing on the way to the picture may cut the graph: no .data, "
        "no .item(), no new tensor made of an old one.",
        _gradient_arrives,
    ),
    Check(
        "layer",
        "valid filters wherever the numbers go",
        1,
        "An optimiser may add anything. A logarithm keeps a bandwidth positive, the curve a place inside.",
        _stays_valid,
    ),
    Check(
        "find-tone",
        "a path from the start",
        1,
        "Note the place before the first step and after every step: one place more than steps, in Hz.",
        _path_begins,
    ),
    Check(
        "find-tone",
        "comes nearer",
        1,
        "The filter should climb. An optimiser goes down, so turn the sign. In raw Hz, a plain step hardly "
        "moves.",
        _comes_nearer,
    ),
    Check(
        "find-tone",
        "arrives and stays",
        1,
        "In its last steps the filter stands on the tone. Are its steps too long, or are old gradients "
        "still in them? Then set them to zero before each.",
        _arrives_and_stays,
    ),
]
