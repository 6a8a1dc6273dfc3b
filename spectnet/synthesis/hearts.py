"""A whole synthetic recording: settings in, a `Recording` with its truth out."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from spectnet.recordings import ABNORMAL, NORMAL, HeartStates, Recording
from spectnet.synthesis import sounds
from spectnet.synthesis.ambience import breath_sound, room_noise, rubs
from spectnet.synthesis.devices import DEVICES
from spectnet.synthesis.murmurs import MURMURS, band_noise, murmur_envelope
from spectnet.synthesis.rhythm import Beats, Breathing, draw_beats
from spectnet.synthesis.settings import HeartSettings

S1_LENGTH_S = 0.13  # as long as the annotators of PhysioNet/CinC 2016 drew them
S2_LENGTH_S = 0.10

_STREAMS = ("breathing", "rhythm", "voice", "beats", "murmur", "breath", "rubs", "room", "device")


def synthesize(
    settings: HeartSettings | None = None,
    seed: int = 0,
    *,
    name: str | None = None,
    patient: int | None = None,
) -> Recording:
    """Make one recording; the same settings and seed give the same bytes.

    Every part draws from its own stream of random numbers, so that changing one setting changes only what it
    names: the same heart through another device, or with a murmur added.

    Args:
        settings: what to make; a plain normal heart if left out.
        seed: which heart, and which noise.
        name: of the recording; made from the seed if left out.
        patient: whose chest: recordings with one number have one voice. By default each has its own.

    Returns:
        A recording with its `states`; its `truth` holds ``settings``, ``seed``, ``patient``, ``heart_rate``,
        ``murmur``, ``murmur_phase``, ``murmur_band`` (Hz), and for each S2 ``A2``, ``P2`` and ``split_s``
        (seconds).

    Taught in *What a heart sounds like*.
    """
    settings = settings or HeartSettings()
    streams = np.random.SeedSequence(seed).spawn(len(_STREAMS))
    draw = {part: np.random.default_rng(stream) for part, stream in zip(_STREAMS, streams, strict=True)}
    if patient is not None:
        draw["voice"] = np.random.default_rng([patient, 1])
    breathing = Breathing(settings.breaths_per_minute / 60, draw["breathing"].uniform())
    beats = draw_beats(
        settings.duration_s,
        settings.heart_rate,
        breathing,
        settings.sinus_arrhythmia,
        settings.irregularity,
        draw["rhythm"],
    )
    chest = (
        _valves(settings, beats, breathing, draw["voice"], draw["beats"])
        + _murmur(settings, beats, draw["murmur"])
        + _ambience(settings, breathing, draw)
    )
    device = DEVICES[settings.device]
    return Recording(
        name=name or f"heart-{seed}",
        label=ABNORMAL if settings.abnormal else NORMAL,
        subset=settings.device,
        samples=device.record(chest, settings.sample_rate, settings.level, draw["device"]),
        sample_rate=settings.sample_rate,
        states=heart_states(beats, settings.duration_s),
        truth={"settings": settings, "seed": seed, "patient": patient, **_truth(settings, beats, breathing)},
    )


def splitting(settings: HeartSettings, beats: Beats, breathing: Breathing) -> Float[np.ndarray, " beats"]:
    """Delay from A2 to P2 in each beat, in seconds: breathing in fills the right heart and delays P2."""
    widening = settings.split_in_s - settings.split_out_s
    return settings.split_out_s + widening * breathing.lung_volume(beats.s2)


def heart_states(beats: Beats, duration_s: float) -> HeartStates:
    """The four states of every beat, as far as they start inside the recording."""
    starts = np.stack([beats.s1, beats.s1 + S1_LENGTH_S, beats.s2, beats.s2 + S2_LENGTH_S], axis=1)
    names = np.array([("S1", "systole", "S2", "diastole")] * len(beats.s1))
    inside = (starts >= 0) & (starts < duration_s)  # (beats, 4)
    return HeartStates(starts=starts[inside], names=tuple(str(name) for name in names[inside]))


def _truth(settings: HeartSettings, beats: Beats, breathing: Breathing) -> dict:
    split = splitting(settings, beats, breathing)
    inside = (beats.s2 >= 0) & (beats.s2 < settings.duration_s)
    murmur = MURMURS[settings.murmur] if settings.murmur else None
    return {
        "heart_rate": settings.heart_rate,
        "murmur": settings.murmur,
        "murmur_phase": murmur.phase if murmur else None,
        "murmur_band": murmur.band if murmur else None,
        "A2": beats.s2[inside],
        "P2": (beats.s2 + split)[inside],
        "split_s": split[inside],
    }


def _n_samples(settings: HeartSettings) -> int:
    return round(settings.duration_s * settings.sample_rate)


def _amplitude(level_db: float) -> float:
    return 10 ** (level_db / 20)


def _valves(
    settings: HeartSettings,
    beats: Beats,
    breathing: Breathing,
    voice_generator: np.random.Generator,
    beat_generator: np.random.Generator,
) -> Float[np.ndarray, " time"]:
    """S1 and S2, and S3 and S4 where asked for; S1 is about 1 high."""
    voice = sounds.draw_voice(voice_generator)
    first, second = np.exp(0.08 * beat_generator.standard_normal((2, len(beats.s1))))
    muffling = 1 - 0.25 * breathing.lung_volume(beats.s1)  # full lungs lie between heart and chest piece
    first, second = first * muffling, second * muffling * voice.s2_level
    pulmonary = beats.s2 + splitting(settings, beats, breathing)
    heard = {
        "M1": (beats.s1, first),
        "T1": (beats.s1 + sounds.TRICUSPID_DELAY_S, voice.tricuspid_level * first),
        "A2": (beats.s2, second),
        "P2": (pulmonary, voice.pulmonary_level * second),
    }
    if settings.s3_db is not None:
        heard["S3"] = (beats.s2 + sounds.S3_DELAY_S, _amplitude(settings.s3_db) * muffling)
    if settings.s4_db is not None:
        heard["S4"] = (beats.s1 - sounds.S4_LEAD_S, _amplitude(settings.s4_db) * muffling)
    n_samples, rate = _n_samples(settings), settings.sample_rate
    tracks = [
        sounds.play(voice.thud(name), onsets, levels, voice.phases[name], n_samples, rate)
        for name, (onsets, levels) in heard.items()
    ]
    return np.sum(tracks, axis=0)


def _murmur(
    settings: HeartSettings, beats: Beats, generator: np.random.Generator
) -> Float[np.ndarray, " time"]:
    n_samples, rate = _n_samples(settings), settings.sample_rate
    if settings.murmur is None:
        return np.zeros(n_samples)
    murmur = MURMURS[settings.murmur]
    noise = band_noise(murmur.band, n_samples, rate, generator)
    return _amplitude(settings.murmur_db) * murmur_envelope(murmur, beats, n_samples, rate) * noise


def _ambience(
    settings: HeartSettings, breathing: Breathing, draw: dict[str, np.random.Generator]
) -> Float[np.ndarray, " time"]:
    n_samples, rate = _n_samples(settings), settings.sample_rate
    breath = breath_sound(breathing, n_samples, rate, draw["breath"])
    rub = rubs(settings.rubs_per_minute, n_samples, rate, draw["rubs"])
    room = room_noise(n_samples, rate, draw["room"])
    return (
        _amplitude(settings.breath_db) * breath
        + _amplitude(settings.rub_db) * rub
        + _amplitude(settings.room_db) * room
    )
