"""Eight places, each mixed from a few textures; a location of a place has its own measures.

Every function draws first what belongs to the location, from the location's generator, then what happens
in this clip. Levels are in dB, relative to the place's steady noise, and overlap between the places: cars
are heard in a park, voices in a street, wind at a beach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from spectnet.synthesis import textures
from spectnet.synthesis.textures import Sound


@dataclass
class Stage:
    """What a place is played on.

    Attributes:
        n_samples: length of the clip.
        sample_rate: in Hz.
        location: draws what all clips of one location share.
        clip: draws what happens in this one.
        truth: what was drawn, for `Recording.truth`: numbers by name, and times of events in seconds.
    """

    n_samples: int
    sample_rate: int
    location: np.random.Generator
    clip: np.random.Generator
    truth: dict = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, np.random.Generator]:
        """The last arguments of every texture."""
        return self.n_samples, self.sample_rate, self.clip

    def here(self, name: str, low: float, high: float) -> float:
        """A measure of this location, drawn evenly."""
        self.truth[name] = float(self.location.uniform(low, high))
        return self.truth[name]

    def noise(self, low: float, high: float) -> Sound:
        """The location's steady noise: it falls by `low` to `high` dB an octave."""
        return textures.tilted_noise(self.here("tilt_db_an_octave", low, high), *self.shape)

    def events(self, name: str, rate: float) -> np.ndarray:
        """Times of events, kept in the truth."""
        self.truth[name] = textures.onsets(rate, *self.shape)
        return self.truth[name]

    def mix(self, *parts: tuple[float, Sound]) -> Sound:
        """Sum of parts, each at its level in dB, which differs by 2 dB from clip to clip."""
        return sum(10 ** ((level + 2 * self.clip.standard_normal()) / 20) * part for level, part in parts)  # type: ignore[return-value]


def beach(stage: Stage) -> Sound:
    """Surf: noise that swells as a wave breaks, brighter while it does, and runs out slowly."""
    noise, period = stage.noise(3.0, 6.0), stage.here("surf_period_s", 3.0, 7.0)
    wind = textures.shaped_noise((60, 400), (0, -30), *stage.shape)
    wind = wind * textures.swell(0.8, 4.0, *stage.shape)
    since = np.arange(stage.n_samples) / stage.sample_rate + stage.clip.uniform(0, period)
    phase = (since / period) % 1
    rise = stage.here("surf_rise", 0.15, 0.4)  # share of the period
    wave = np.where(phase < rise, phase / rise, np.exp(-3 * (phase - rise) / (1 - rise)))
    foam = textures.shaped_noise((800, 3000, 12000), (-25, 0, -12), *stage.shape)
    gulls = textures.chirps(stage.events("gulls", 0.25), 900, 2600, *stage.shape)
    return stage.mix(
        (0.0, noise * (0.35 + wave)),
        (stage.here("foam_db", -14, -4), foam * wave**2),
        (stage.here("wind_db", -12, 0), wind),
        (-8.0, gulls),
    )


def cafe(stage: Stage) -> Sound:
    """Voices, near and far, cups, and a machine that hums."""
    noise, depth = stage.noise(4.0, 7.0), stage.here("babble_depth_db", 2.0, 5.0)
    talk = textures.babble(depth, *stage.shape)
    near = textures.voice(stage.clip.uniform(90, 230), *stage.shape)
    cups = textures.struck(
        stage.events("cups", 2.0), stage.here("cup_hz", 1800, 3600), 0.03, 0.3, *stage.shape
    )
    return stage.mix(
        (0.0, noise),
        (stage.here("babble_db", -2, 6), talk),
        (stage.here("near_voice_db", -14, -3), near),
        (stage.here("cups_db", -4, 8), cups),
    )


def car(stage: Stage) -> Sound:
    """From inside: tyres and wind, steep and low, an engine, and sometimes an indicator."""
    noise, pitch = stage.noise(5.0, 8.5), stage.here("engine_hz", 28, 70)
    engine = textures.hum(pitch, 0.04, stage.here("engine_brightness_hz", 80, 400), *stage.shape)
    rattle = textures.struck(stage.events("rattles", 1.5), 180, 0.02, 0.4, *stage.shape)
    times = np.arange(stage.clip.uniform(0, 0.7), stage.n_samples / stage.sample_rate, 0.36)
    stage.truth["indicator"] = times if stage.clip.uniform() < 0.25 else times[:0]
    ticks = textures.struck(stage.truth["indicator"], 2200, 0.004, 0.1, *stage.shape)
    gusts = textures.swell(0.5, 2.0, *stage.shape)
    return stage.mix(
        (0.0, noise * gusts), (stage.here("engine_db", -10, 2), engine), (-2.0, rattle), (-4.0, ticks)
    )


def office(stage: Stage) -> Sound:
    """A ventilation that never stops, mains hum, keys that are struck in runs, a voice next door."""
    noise = stage.noise(3.5, 7.0)
    mains = textures.hum(100.0, 0.0, stage.here("mains_brightness_hz", 120, 500), *stage.shape)
    starts = stage.events("typing", 0.8)
    runs = [start + np.cumsum(stage.clip.gamma(4, 0.045, stage.clip.integers(4, 14))) for start in starts]
    stage.truth["keys"] = keys = np.sort(np.concatenate([*runs, np.empty(0)]))
    clicks = textures.struck(keys, stage.here("key_hz", 900, 2500), 0.006, 0.35, *stage.shape)
    talk = textures.voice(stage.clip.uniform(90, 230), *stage.shape)
    return stage.mix(
        (0.0, noise),
        (stage.here("mains_db", -26, -12), mains),
        (stage.here("keys_db", 0, 12), clicks),
        (stage.here("voice_db", -30, -10), talk),
    )


def park(stage: Stage) -> Sound:
    """Birds over wind in the leaves, cars far away, children now and then."""
    noise = stage.noise(4.0, 7.0)
    leaves = textures.shaped_noise((1000, 3000, 9000), (-20, 0, -10), *stage.shape)
    leaves = leaves * textures.swell(0.6, 3.5, *stage.shape)
    low = stage.here("birds_from_hz", 1800, 3800)
    birds = textures.chirps(
        stage.events("birds", stage.here("birds_a_second", 0.8, 2.5)), low, 1.9 * low, *stage.shape
    )
    children = textures.babble(6.0, *stage.shape)
    return stage.mix(
        (0.0, noise),
        (stage.here("leaves_db", -16, -4), leaves),
        (stage.here("birds_db", -14, 0), birds),
        (stage.here("children_db", -24, -10), children),
    )


def rain(stage: Stage) -> Sound:
    """Drops on something that rings a little, over the hiss of all that are far away."""
    noise = stage.noise(2.5, 6.0)
    hiss = textures.shaped_noise((700, 4000, 14000), (-18, 0, -8), *stage.shape)
    sparse = textures.drops(stage.here("drops_a_second", 60, 500), *stage.shape)
    roof = stage.here("roof_hz", 700, 3500)
    falling = textures.unit(textures.resonance(sparse, roof, 0.6 * roof, stage.sample_rate))
    return stage.mix(
        (0.0, noise), (stage.here("hiss_db", -10, 0), hiss), (stage.here("drops_db", -8, 2), falling)
    )


def street(stage: Stage) -> Sound:
    """Cars that pass, each a swell of tyres and motor, with steps and voices near by."""
    noise = stage.noise(4.0, 7.0)
    tyres = textures.shaped_noise((80, 700, 1200, 8000), (-3, 0, 0, -22), *stage.shape)
    time = np.arange(stage.n_samples) / stage.sample_rate
    passing = np.zeros(stage.n_samples)
    for middle in stage.events("cars", stage.here("cars_a_second", 0.2, 0.8)):
        passing += np.exp(stage.clip.normal(0, 0.4)) / (
            1 + ((time - middle) / stage.clip.uniform(0.3, 0.9)) ** 2
        )
    motor = textures.hum(stage.clip.uniform(35, 90), 0.05, 300, *stage.shape)
    steps = np.arange(stage.clip.uniform(0, 0.5), time[-1], stage.clip.uniform(0.48, 0.62))
    stage.truth["steps"] = steps if stage.clip.uniform() < 0.5 else steps[:0]
    shoes = textures.struck(stage.truth["steps"], 250, 0.012, 0.25, *stage.shape)
    talk = textures.voice(stage.clip.uniform(90, 230), *stage.shape)
    return stage.mix(
        (0.0, noise),
        (stage.here("tyres_db", -4, 4), tyres * passing),
        (stage.here("motor_db", -16, -4), motor * (0.3 + passing)),
        (4.0, shoes),
        (stage.here("voices_db", -26, -8), talk),
    )


def train(stage: Stage) -> Sound:
    """Wheels over rail joints, two knocks at a time, and a motor's tone over a low rumble."""
    noise, every = stage.noise(4.5, 8.0), stage.here("joints_every_s", 0.7, 1.5)
    firsts = np.arange(stage.clip.uniform(-every, 0), stage.n_samples / stage.sample_rate, every)
    axles = np.sort(np.concatenate([firsts, firsts + 0.18 * every]))
    stage.truth["joints"] = axles = axles[axles >= 0]
    knocks = textures.struck(axles, stage.here("knock_hz", 90, 220), 0.03, 0.2, *stage.shape)
    motor = textures.hum(
        stage.here("motor_hz", 90, 260), 0.02, stage.here("motor_brightness_hz", 300, 1500), *stage.shape
    )
    sway = textures.swell(0.7, 2.0, *stage.shape)
    talk = textures.voice(stage.clip.uniform(90, 230), *stage.shape)
    return stage.mix(
        (0.0, noise * sway),
        (stage.here("knocks_db", 0, 10), knocks),
        (stage.here("motor_db", -20, -8), motor),
        (stage.here("voices_db", -28, -12), talk),
    )


PLACES: dict[str, Callable[[Stage], Sound]] = {
    "beach": beach, "cafe": cafe, "car": car, "office": office,
    "park": park, "rain": rain, "street": street, "train": train,
}  # fmt: skip
