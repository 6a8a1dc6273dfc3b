"""What places sound of: noise with a spectrum, swells, hums, knocks, chirps, drops and voices.

Each function draws from the generator it is given and returns ``(time,)`` in float32, with an effective
value of about 1 where it sounds.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy.fft
import scipy.signal
from jaxtyping import Float

Sound = Float[np.ndarray, " time"]
LOWEST = 20.0  # Hz; no texture has anything below
CONTROL_RATE = 100  # Hz, at which slow changes are drawn
FORMANTS = ((500.0, 90.0), (1500.0, 130.0), (2500.0, 200.0))  # Hz, and their widths
SYLLABLES = 4.0  # a second


def shaped_noise(
    frequencies: tuple[float, ...],
    levels_db: tuple[float, ...],
    n_samples: int,
    sample_rate: int,
    generator: np.random.Generator,
) -> Sound:
    """Noise whose spectrum goes through given levels, straight in between on a logarithmic scale.

    Args:
        frequencies: of the corners in Hz, ascending; the spectrum is flat outside them.
        levels_db: at the corners.
        n_samples: length.
        sample_rate: in Hz.
        generator: of the noise.
    """
    gain = _gain(frequencies, levels_db, n_samples, sample_rate)
    drawn = generator.standard_normal((2, len(gain)), dtype=np.float32)
    spectrum = (drawn[0] + 1j * drawn[1]) * gain
    return unit(scipy.fft.irfft(spectrum, fast_length(n_samples))[:n_samples])


@lru_cache(maxsize=64)  # clips of one place ask for the same again and again
def _gain(
    frequencies: tuple[float, ...], levels_db: tuple[float, ...], n_samples: int, sample_rate: int
) -> Float[np.ndarray, " bins"]:
    """Factor of each bin of the Fourier transform, and 0 below `LOWEST`."""
    octaves = octave_axis(n_samples, sample_rate)
    gain = 10 ** (np.interp(octaves, np.log2(np.array(frequencies) / LOWEST), levels_db) / 20)
    return np.where(octaves < 0, 0, gain).astype(np.float32)


def fast_length(n_samples: int) -> int:
    """The next length whose Fourier transform is fast."""
    return scipy.fft.next_fast_len(n_samples, real=True)


@lru_cache(maxsize=4)
def octave_axis(n_samples: int, sample_rate: int) -> Float[np.ndarray, " bins"]:
    """How many octaves above `LOWEST` each bin of the Fourier transform lies."""
    frequencies = scipy.fft.rfftfreq(fast_length(n_samples), 1 / sample_rate)
    return np.log2(np.maximum(frequencies, 1.0) / LOWEST)


def tilted_noise(
    db_an_octave: float, n_samples: int, sample_rate: int, generator: np.random.Generator
) -> Sound:
    """Noise that falls by so many dB an octave from 50 Hz on."""
    top = 0.5 * sample_rate
    fall = db_an_octave * np.log2(top / 50.0)
    return shaped_noise((50.0, top), (0.0, -fall), n_samples, sample_rate, generator)


def swell(
    rate: float, depth_db: float, n_samples: int, sample_rate: int, generator: np.random.Generator
) -> Sound:
    """A gain that wanders up and down about `rate` times a second, by `depth_db` as a standard deviation."""
    steps = int(np.ceil(n_samples / sample_rate * CONTROL_RATE)) + 2
    warm_up = int(2 * CONTROL_RATE / rate)
    pole = np.exp(-2 * np.pi * rate / CONTROL_RATE)
    drawn = scipy.signal.lfilter([1 - pole], [1, -pole], generator.standard_normal(warm_up + steps))[warm_up:]
    wander = drawn * np.sqrt((1 + pole) / (1 - pole))  # the filter took this much of its deviation
    time = np.arange(n_samples) * (CONTROL_RATE / sample_rate)
    return np.interp(time, np.arange(steps), 10 ** (depth_db / 20 * wander)).astype(np.float32)


def hum(
    pitch: float, wander: float, brightness: float, n_samples: int, sample_rate: int,
    generator: np.random.Generator,
) -> Sound:  # fmt: skip
    """A machine that turns: pulses at `pitch` Hz, low-passed at `brightness` Hz; `wander` is relative."""
    contour = pitch * swell(0.7, 8.686 * wander, n_samples, sample_rate, generator)
    sections = scipy.signal.butter(1, brightness, btype="lowpass", fs=sample_rate, output="sos")
    return unit(scipy.signal.sosfilt(sections, pulses(contour, sample_rate, generator)))


def pulses(pitch: Sound, sample_rate: int, generator: np.random.Generator) -> Sound:
    """One sample of 1 each period of a pitch that changes, with the mean taken away."""
    phase = np.cumsum(pitch / sample_rate) + generator.uniform()
    out = np.zeros(len(pitch), dtype=np.float32)
    out[np.flatnonzero(np.diff(np.floor(phase)) > 0)] = 1.0
    return out - out.mean()


def voice(pitch: float, n_samples: int, sample_rate: int, generator: np.random.Generator) -> Sound:
    """Somebody speaks, without words: a pitch through three formants, loud and soft by syllables."""
    contour = pitch * swell(1.5, 1.2, n_samples, sample_rate, generator)
    source = pulses(contour, sample_rate, generator)
    shift = generator.uniform(0.8, 1.25)
    filtered = sum(resonance(source, shift * at, width, sample_rate) for at, width in FORMANTS)
    syllables = swell(SYLLABLES, 9.0, n_samples, sample_rate, generator)
    return unit(filtered * np.minimum(syllables, 3.0))


def babble(depth_db: float, n_samples: int, sample_rate: int, generator: np.random.Generator) -> Sound:
    """Many voices at once: noise with the spectrum of speech; fewer voices make a greater depth."""
    low = shaped_noise((80, 250, 600, 3000), (-30, 0, 0, -40), n_samples, sample_rate, generator)
    high = shaped_noise((500, 1200, 2500, 7000), (-30, 0, 0, -30), n_samples, sample_rate, generator)
    gains = [swell(SYLLABLES, depth_db, n_samples, sample_rate, generator) for _ in range(2)]
    return unit(low * gains[0] + 0.35 * high * gains[1])


def resonance(source: Sound, frequency: float, width: float, sample_rate: int) -> Sound:
    """What a thing that rings at `frequency` Hz, `width` Hz wide, makes of a source."""
    radius = np.exp(-np.pi * width / sample_rate)
    angle = 2 * np.pi * frequency / sample_rate
    return scipy.signal.lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], source).astype(
        np.float32
    )


def onsets(rate: float, n_samples: int, sample_rate: int, generator: np.random.Generator) -> np.ndarray:
    """Times in seconds of events that know nothing of each other, `rate` a second on average."""
    duration = n_samples / sample_rate
    return np.sort(generator.uniform(0, duration, generator.poisson(rate * duration)))


def struck(
    times: np.ndarray, frequency: float, ring_s: float, spread: float, n_samples: int, sample_rate: int,
    generator: np.random.Generator,
) -> Sound:  # fmt: skip
    """Something is struck at given times and rings: two tones and a click, each time a little otherwise.

    Args:
        times: in seconds.
        frequency: of the lower tone in Hz.
        ring_s: until it has fallen to a third.
        spread: standard deviation of the logarithms of loudness and frequency.
        n_samples: length of all.
        sample_rate: in Hz.
        generator: of what differs.
    """
    out = np.zeros(n_samples, dtype=np.float32)
    time = np.arange(min(n_samples, int(5 * ring_s * sample_rate))) / sample_rate
    decay = np.exp(-time / ring_s)
    for start in times:
        loud, first, second = np.exp(spread * generator.standard_normal(3))
        tones = np.sin(2 * np.pi * frequency * first * time)
        tones += 0.6 * np.sin(2 * np.pi * 2.3 * frequency * second * time)
        click = generator.standard_normal(len(time)) * np.exp(-time / (0.1 * ring_s))
        _add(out, (loud * decay * tones + 0.5 * loud * click).astype(np.float32), int(start * sample_rate))
    return out


def drops(rate: float, n_samples: int, sample_rate: int, generator: np.random.Generator) -> Sound:
    """Impulses at random, `rate` a second, most of them soft and a few loud."""
    places = generator.integers(0, n_samples, generator.poisson(rate * n_samples / sample_rate))
    out = np.zeros(n_samples, dtype=np.float32)
    loudness = np.minimum(np.exp(generator.normal(0, 0.8, len(places))), 4.0)
    np.add.at(out, places, generator.choice([-1.0, 1.0], len(places)) * loudness)
    return unit(out) if len(places) else out


def chirps(
    times: np.ndarray, low: float, high: float, n_samples: int, sample_rate: int,
    generator: np.random.Generator,
) -> Sound:  # fmt: skip
    """At each time a phrase of a few syllables, each a glide between `low` and `high` Hz."""
    out = np.zeros(n_samples, dtype=np.float32)
    for start in times:
        loud, where = np.exp(0.5 * generator.standard_normal()), float(start)
        first, last = generator.uniform(low, high, 2)
        for _ in range(generator.integers(2, 7)):
            length = int(generator.uniform(0.04, 0.14) * sample_rate)
            glide = np.linspace(first, last, length) / sample_rate
            syllable = loud * np.hanning(length) * np.sin(2 * np.pi * np.cumsum(glide))
            _add(out, syllable.astype(np.float32), int(where * sample_rate))
            where += length / sample_rate + generator.uniform(0.02, 0.08)
    return out


def unit(sound: np.ndarray) -> Sound:
    """The same sound with an effective value of 1."""
    level = float(np.linalg.norm(sound)) / np.sqrt(len(sound))
    return (sound * np.float32(1 / max(level, 1e-12))).astype(np.float32, copy=False)


def _add(out: Sound, sound: Float[np.ndarray, " length"], first: int) -> None:
    """Add one sound to another from a sample on, as far as that goes."""
    stretch = out[first : first + len(sound)]
    stretch += sound[: len(stretch)]
