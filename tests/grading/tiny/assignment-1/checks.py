"""Hidden checks of the smallest assignment, which the tests grade."""

import numpy as np

from spectnet.classroom.checks import Check, expect, expect_close
from spectnet.classroom.sandbox import Limits

LIMITS = Limits(memory_mb=600, cell_seconds=20)


def mean_square(student, rng):
    waveform = rng.normal(size=int(rng.integers(50, 100)))
    expect_close(student.call("energy", waveform), np.mean(waveform**2))


def silence(student, rng):
    expect(student.call("energy", np.zeros(7)) == 0)


def decibels(student, rng):
    waveform = rng.normal(size=64)
    expect_close(student.call("level", waveform), 10 * np.log10(np.mean(waveform**2)))


CHECKS = [
    Check("energy", "a noise has its mean square", 2, "Square each value, then take the mean.", mean_square),
    Check("energy", "silence has no energy", 1, "The energy of silence is nought.", silence),
    Check("level", "ten times the logarithm of energy", 3, "Energy is a power: ten times log10.", decibels),
]
