"""A whole synthetic recording: settings in, a `Recording` with its truth out."""

from __future__ import annotations

from typing import get_args

import numpy as np
from jaxtyping import Float
from pydantic import Field, field_validator

from spectnet.recordings import ABNORMAL, NORMAL, HeartStates, Recording
from spectnet.synthesis import sounds
from spectnet.synthesis.ambience import breath_sound, room_noise, rubs
from spectnet.synthesis.devices import DEVICES
from spectnet.synthesis.murmurs import MURMURS, MurmurKind, band_noise, murmur_envelope
from spectnet.synthesis.rhythm import Beats, Breathing, draw_beats
from spectnet.synthesis.settings import Settings

S1_LENGTH_S = 0.12
S2_LENGTH_S = 0.10


class HeartSettings(Settings):
    """One heart, its surroundings and the device; levels in dB are relative to the height of S1.

    Attributes:
        duration_s: length of the recording in seconds.
        sample_rate: in Hz.
        heart_rate: mean, in beats a minute.
        breaths_per_minute: breathing rate.
        sinus_arrhythmia: by what fraction the beat shortens from empty to full lungs.
        irregularity: random change from beat to beat, as a fraction of the beat.
        split_out_s: delay from A2 to P2 after breathing out, in seconds.
        split_in_s: the same after breathing in; equal values make a fixed split.
        s3_db: level of a third heart sound; None for none.
        s4_db: level of a fourth heart sound; None for none.
        murmur: its kind, or None.
        murmur_db: its effective value where it is loudest.
        breath_db: effective value of the breath sound where it is loudest.
        room_db: effective value of the room's noise.
        rub_db: typical loudness of a rub.
        rubs_per_minute: how often the chest piece rubs.
        device: one of `DEVICES`.
        level: turns the device's gain up or down.
    """

    duration_s: float = Field(8.0, ge=1, le=600)
    sample_rate: int = Field(2000, ge=1000, le=48000)
    heart_rate: float = Field(72.0, ge=30, le=200)
    breaths_per_minute: float = Field(15.0, ge=4, le=60)
    sinus_arrhythmia: float = Field(0.06, ge=0, le=0.4)
    irregularity: float = Field(0.015, ge=0, le=0.3)
    split_out_s: float = Field(0.020, ge=0, le=0.1)
    split_in_s: float = Field(0.045, ge=0, le=0.1)
    s3_db: float | None = Field(None, ge=-60, le=10)
    s4_db: float | None = Field(None, ge=-60, le=10)
    murmur: MurmurKind | None = None
    murmur_db: float = Field(-20.0, ge=-60, le=10)
    breath_db: float = Field(-45.0, ge=-100, le=20)
    room_db: float = Field(-40.0, ge=-100, le=20)
    rub_db: float = Field(-20.0, ge=-100, le=20)
    rubs_per_minute: float = Field(0.0, ge=0, le=300)
    device: str = "electronic"
    level: float = Field(1.0, gt=0, le=10)

    @field_validator("murmur", mode="before")
    @classmethod
    def _known_murmur(cls, kind: object) -> object:
        if kind is not None and kind not in get_args(MurmurKind):
            raise ValueError(f"must be None or one of {', '.join(MURMURS)}")
        return kind

    @field_validator("device")
    @classmethod
    def _known_device(cls, device: str) -> str:
        if device not in DEVICES:
            raise ValueError(f"must be one of {', '.join(DEVICES)}")
        return device


def synthesize(settings: HeartSettings | None = None, seed: int = 0, *, name: str | None = None) -> Recording:
    """Make one recording; the same settings and seed give the same bytes.

    Every part draws from its own stream of random numbers, so that changing one setting changes only what it
    names: the same heart through another device, or with a murmur added.

    Returns:
        A recording whose `states` and `truth` (``settings``, ``seed``, ``murmur``, ``murmur_band``,
        ``heart_rate``, ``split_s``, ``A2`` and ``P2``) are exact.

    Taught in *What a heart sounds like*.
    """
    settings = settings or HeartSettings()
    streams = dict(zip(_STREAMS, np.random.SeedSequence(seed).spawn(len(_STREAMS)), strict=True))
    generators = {part: np.random.default_rng(stream) for part, stream in streams.items()}
    breathing = Breathing(settings.breaths_per_minute / 60, generators["breathing"].uniform())
    beats = draw_beats(
        settings.duration_s, settings.heart_rate, breathing,
        settings.sinus_arrhythmia, settings.irregularity, generators["rhythm"],
    )  # fmt: skip
    split = settings.split_out_s + (settings.split_in_s - settings.split_out_s) * breathing.lung_volume(
        beats.s2
    )
    chest = (
        _heart(settings, beats, split, generators["voice"], generators["beats"])
        + _murmur(settings, beats, generators["murmur"])
        + _ambience(settings, breathing, generators)
    )
    device = DEVICES[settings.device]
    samples = device.record(chest, settings.sample_rate, settings.level, generators["device"])
    murmur = MURMURS[settings.murmur] if settings.murmur else None
    inside = (beats.s2 >= 0) & (beats.s2 < settings.duration_s)
    return Recording(
        name=name or f"heart-{seed}",
        label=ABNORMAL if is_abnormal(settings) else NORMAL,
        subset=settings.device,
        samples=samples,
        sample_rate=settings.sample_rate,
        states=heart_states(beats, settings.duration_s),
        truth={
            "settings": settings,
            "seed": seed,
            "heart_rate": settings.heart_rate,
            "murmur": settings.murmur,
            "murmur_band": murmur.band if murmur else None,
            "murmur_phase": murmur.phase if murmur else None,
            "A2": beats.s2[inside],
            "P2": (beats.s2 + split)[inside],
            "split_s": split[inside],
        },
    )


_STREAMS = ("breathing", "rhythm", "voice", "beats", "murmur", "breath", "rubs", "room", "device")


def is_abnormal(settings: HeartSettings) -> bool:
    """True where a murmur (other than an innocent one), S3, S4 or a wide fixed split speaks for a fault."""
    murmur = settings.murmur not in (None, "innocent")
    gallop = settings.s3_db is not None or settings.s4_db is not None
    fixed_split = settings.split_out_s >= 0.04 and settings.split_in_s - settings.split_out_s < 0.01
    return murmur or gallop or fixed_split


def heart_states(beats: Beats, duration_s: float) -> HeartStates:
    """The four states of every beat that start inside the recording."""
    starts = np.stack([beats.s1, beats.s1 + S1_LENGTH_S, beats.s2, beats.s2 + S2_LENGTH_S], axis=1)
    names = np.array([("S1", "systole", "S2", "diastole")] * len(beats.s1))
    inside = (starts >= 0) & (starts < duration_s)
    return HeartStates(starts=starts[inside], names=tuple(str(name) for name in names[inside]))


def _heart(
    settings: HeartSettings,
    beats: Beats,
    split: np.ndarray,
    voice_generator: np.random.Generator,
    beat_generator: np.random.Generator,
) -> Float[np.ndarray, " time"]:
    """S1 and S2, and S3 and S4 where asked for; S1 is about 1 high."""
    voice = sounds.draw_voice(voice_generator)
    n_samples = round(settings.duration_s * settings.sample_rate)
    wobble = np.exp(0.08 * beat_generator.standard_normal((2, len(beats.s1))))  # (S1 and S2, beats)
    parts = [
        (sounds.MITRAL, "M1", beats.s1, wobble[0]),
        (sounds.TRICUSPID, "T1", beats.s1 + sounds.TRICUSPID_DELAY_S, voice.tricuspid_level * wobble[0]),
        (sounds.AORTIC, "A2", beats.s2, voice.s2_level * wobble[1]),
        (sounds.PULMONARY, "P2", beats.s2 + split, voice.s2_level * voice.pulmonary_level * wobble[1]),
    ]
    if settings.s3_db is not None:
        parts.append(
            (sounds.THIRD, "S3", beats.s2 + sounds.S3_DELAY_S, 10 ** (settings.s3_db / 20) * wobble[1])
        )
    if settings.s4_db is not None:
        onsets = beats.s1 - sounds.S4_LEAD_S
        parts.append((sounds.FOURTH, "S4", onsets, 10 ** (settings.s4_db / 20) * wobble[0]))
    tracks = [
        sounds.play(
            thud.scaled(voice.pitch, voice.length), onsets, levels,
            voice.phases[name], n_samples, settings.sample_rate,
        )
        for thud, name, onsets, levels in parts
    ]  # fmt: skip
    return np.sum(tracks, axis=0)


def _murmur(
    settings: HeartSettings, beats: Beats, generator: np.random.Generator
) -> Float[np.ndarray, " time"]:
    n_samples = round(settings.duration_s * settings.sample_rate)
    if settings.murmur is None:
        return np.zeros(n_samples)
    murmur = MURMURS[settings.murmur]
    noise = band_noise(murmur.band, n_samples, settings.sample_rate, generator)
    envelope = murmur_envelope(murmur, beats, n_samples, settings.sample_rate)
    return 10 ** (settings.murmur_db / 20) * envelope * noise


def _ambience(
    settings: HeartSettings, breathing: Breathing, generators: dict[str, np.random.Generator]
) -> Float[np.ndarray, " time"]:
    n_samples, rate = round(settings.duration_s * settings.sample_rate), settings.sample_rate
    breath = breath_sound(breathing, n_samples, rate, generators["breath"])
    rub = rubs(settings.rubs_per_minute, n_samples, rate, generators["rubs"])
    room = room_noise(n_samples, rate, generators["room"])
    return (
        10 ** (settings.breath_db / 20) * breath
        + 10 ** (settings.rub_db / 20) * rub
        + 10 ** (settings.room_db / 20) * room
    )
