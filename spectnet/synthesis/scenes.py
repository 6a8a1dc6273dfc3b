"""Many scenes at once: a balanced, labelled set of places at 44.1 kHz, each at several locations.

A location has its own measures (how often birds sing, at what pitch the motor turns), its own colour, as
walls and a microphone would give it, and its own level. So a classifier that only learns locations by heart
fails at another one, as it does on real scenes.
"""

from __future__ import annotations

import numpy as np
import scipy.fft

from spectnet.recordings import Recording
from spectnet.synthesis.places import PLACES, Stage
from spectnet.synthesis.textures import Sound, fast_length, octave_axis, unit

SCENE_CLASSES = tuple(PLACES)
"""The places in the order of their labels."""

COLOUR_DB = 3.0  # standard deviation of each of a location's ripples
RIPPLES = 5  # of half a cosine, one cosine, one and a half ... over the octaves from 20 Hz to the top
LEVEL_DB = (-34.0, -16.0)  # of locations, relative to full scale; clips differ by 2 dB from that
PEAK = 0.99


def synthetic_scenes(
    n: int,
    seed: int = 0,
    *,
    duration_s: float = 3.0,
    sample_rate: int = 44100,
    n_locations: int = 5,
) -> list[Recording]:
    """Make `n` clips named ``scene0001``, ``scene0002``, ...; classes and locations take turns.

    The subset is the location, such as ``"park-3"``. ``truth`` holds the place, its measures at this
    location, and the times of what happens, in seconds.

    Args:
        n: how many clips; ``8 * n_locations`` give one of every location.
        seed: the same one gives the same clips.
        duration_s: length of each, in seconds.
        sample_rate: in Hz, at least 16000, since birds sing up to 7 kHz.
        n_locations: of each place.

    Raises:
        ValueError: `n` or `n_locations` is below 1, a clip is shorter than 0.5 s, or the rate is too low.

    Taught in *From hearts to places*.
    """
    _check(n, duration_s, sample_rate, n_locations)
    generators = [np.random.default_rng(s) for s in np.random.SeedSequence([seed, 3]).spawn(n)]
    n_samples = round(duration_s * sample_rate)
    recordings = []
    for index, generator in enumerate(generators):
        label, number = index % len(PLACES), index // len(PLACES) % n_locations
        location = np.random.default_rng([seed, 4, label, number])
        stage = Stage(n_samples, sample_rate, location, generator)
        stage.truth["level_db"] = _levels(n_locations, seed, label)[number]
        recordings.append(_record(stage, label, number, name=f"scene{index + 1:04d}"))
    return recordings


def _levels(n_locations: int, seed: int, label: int) -> list[float]:
    """Levels of a place's locations: over the whole range for every place, so that they name none."""
    generator = np.random.default_rng([seed, 5, label])
    shares = (generator.permutation(n_locations) + generator.uniform(size=n_locations)) / n_locations
    return (LEVEL_DB[0] + (LEVEL_DB[1] - LEVEL_DB[0]) * shares).tolist()


def _record(stage: Stage, label: int, number: int, name: str) -> Recording:
    """Play one clip of a place and record it at the location's colour and level."""
    place = SCENE_CLASSES[label]
    played = PLACES[place](stage)
    level_db = stage.truth["level_db"] + 2 * stage.clip.standard_normal()
    ripples = COLOUR_DB * stage.location.standard_normal(RIPPLES)
    sound = 10 ** (level_db / 20) * unit(_coloured(played, ripples, stage.sample_rate))
    # A microphone that is driven too far clips; here it is turned down, so that nothing is added.
    sound *= min(1.0, PEAK / max(float(np.abs(sound).max()), 1e-12))
    stage.truth |= {"place": place, "location": number + 1, "colour_db": ripples}
    return Recording(
        name=name,
        label=label,
        subset=f"{place}-{number + 1}",
        samples=sound.astype(np.float32),
        sample_rate=stage.sample_rate,
        truth=stage.truth,
    )


def _coloured(sound: Sound, ripples: np.ndarray, sample_rate: int) -> Sound:
    """The sound behind a gain that ripples over the octaves: the room and the microphone."""
    octaves = np.maximum(octave_axis(len(sound), sample_rate), 0)
    knots = np.linspace(0, octaves[-1], 200)  # the ripples are smooth: drawn at few places, they cost little
    gain_db = sum(r * np.cos(np.pi * k * knots / knots[-1]) for k, r in enumerate(ripples, start=1))
    gain = 10 ** (np.interp(octaves, knots, gain_db) / 20)
    size = fast_length(len(sound))
    spectrum = scipy.fft.rfft(sound.astype(np.float32), size) * gain.astype(np.float32)
    return scipy.fft.irfft(spectrum, size)[: len(sound)]


def _check(n: int, duration_s: float, sample_rate: int, n_locations: int) -> None:
    for name, value, least in (
        ("n", n, 1),
        ("duration_s", duration_s, 0.5),
        ("sample_rate", sample_rate, 16000),
        ("n_locations", n_locations, 1),
    ):
        if value < least:
            raise ValueError(f"{name} must be {least} or more, got {value}")
