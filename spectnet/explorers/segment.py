"""The segment explorer: one cycle of a heart, its four states, and a murmur to add to it.

The heart is made as `spectnet.synthesis` makes it, or cut from a recording whose states are known.
"""

from __future__ import annotations

from typing import Any

import anywidget
import numpy as np
import traitlets
from jaxtyping import Float

from spectnet.explorers.module import STYLE, joined
from spectnet.recordings import Recording, RecordingError
from spectnet.synthesis.ambience import room_noise
from spectnet.synthesis.hearts import S1_LENGTH_S, S2_LENGTH_S
from spectnet.synthesis.murmurs import MURMURS, Murmur, band_noise, murmur_envelope
from spectnet.synthesis.rhythm import SYSTOLE_AT_ZERO_S, SYSTOLE_PER_BEAT, Beats
from spectnet.synthesis.settings import HeartSettings
from spectnet.synthesis.sounds import TRICUSPID_DELAY_S, Thud, Voice, draw_voice, play

SLOWEST, FASTEST = 40.0, 150.0  # beats a minute
_STATES = ("S1", "systole", "S2", "diastole")
_OF_SHAPE = {murmur.shape.__name__.strip("_"): murmur for murmur in MURMURS.values()}


class SegmentExplorer(anywidget.AnyWidget):
    """Look at one cycle of a heart, and add a murmur to see and hear what it changes.

    Every setting is a synced trait: read it, set it, `observe` it or `jslink` it. A setting out of
    range raises `traitlets.TraitError` and leaves the others as they were.

    Attributes:
        heart_rate: in beats a minute, 40 to 150; a recording keeps its own.
        shape: of the murmur: ``"none"``, ``"diamond"``, ``"plateau"``, ``"decrescendo"`` or ``"rumble"``; it
            says where in the cycle the murmur lies too.
        f_min: lowest frequency of the murmur in Hz.
        f_max: highest in Hz, at most half the sample rate.
        murmur_db: its effective value where it is loudest, in dB of the height of S1.
        cycle: start of S1, systole, S2 and diastole, and the end, in seconds; follows from the heart rate.
        sample_rate: in Hz.

    Args:
        recording: a heart whose `states` are known, to take a cycle from; by default one is synthesised.
        beat: which of its complete cycles, from 0.
        patient: whose chest a synthetic heart sounds from.
        heart_rate: see the attributes above.
        murmur: one of the book's, a name from `MURMURS`; None for none.
        murmur_db: see the attributes above.

    Raises:
        RecordingError: a recording without states, or without that cycle.
        ValueError: an unknown murmur.
        TraitError: a setting out of range.

    Example:
        >>> explorer = SegmentExplorer(murmur="holosystolic", heart_rate=60)
        >>> explorer.shape, explorer.f_max
        ('plateau', 500.0)

    Taught in *What a heart sounds like*.
    """

    _esm = joined("segment.js")
    _css = STYLE

    heart_rate = traitlets.Float(72.0).tag(sync=True)
    shape = traitlets.Enum(("none", *_OF_SHAPE), "none").tag(sync=True)
    f_min = traitlets.Float(100.0).tag(sync=True)
    f_max = traitlets.Float(400.0).tag(sync=True)
    murmur_db = traitlets.Float(-14.0, min=-60.0, max=10.0).tag(sync=True)
    cycle = traitlets.List(traitlets.Float(), read_only=True)
    sample_rate = traitlets.Float(2000.0, read_only=True).tag(sync=True)
    own_states = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    kinds = traitlets.List(traitlets.Dict(), read_only=True).tag(sync=True)
    voice = traitlets.Dict(read_only=True).tag(sync=True)
    heart = traitlets.Bytes(b"", read_only=True).tag(sync=True)
    white = traitlets.Bytes(read_only=True).tag(sync=True)
    room = traitlets.Bytes(read_only=True).tag(sync=True)

    def __init__(
        self,
        recording: Recording | None = None,
        beat: int = 0,
        *,
        patient: int = 0,
        heart_rate: float = 72.0,
        murmur: str | None = None,
        murmur_db: float = -14.0,
    ) -> None:
        if murmur is not None and murmur not in MURMURS:
            raise ValueError(f"murmur must be None or one of {', '.join(MURMURS)}, got {murmur!r}")
        self._patient = patient
        self._thuds = _thuds(draw_voice(np.random.default_rng([patient, 1])))
        own: dict[str, Any] = {} if recording is None else _cut(recording, beat)
        for name, value in own.items():
            self.set_trait(name, value)
        self._hand_over(60 / SLOWEST if not own else own["own_states"][-1])
        if own:
            heart_rate = 60 / own["own_states"][-1]
        settings: dict[str, Any] = {"heart_rate": heart_rate, "murmur_db": murmur_db}
        if murmur is not None:
            low, high = MURMURS[murmur].band
            settings |= {"shape": _shape(MURMURS[murmur]), "f_min": low, "f_max": high}
        super().__init__(**settings)
        self._follow()

    def _hand_over(self, longest_s: float) -> None:
        """What the browser cannot make: the voice, and random numbers for the longest cycle."""
        count, rate = int(longest_s * self.sample_rate) + 1, int(self.sample_rate)
        line = {"systole": [SYSTOLE_AT_ZERO_S, SYSTOLE_PER_BEAT], "s1_length": S1_LENGTH_S}
        self.set_trait("voice", {"thuds": self._thuds, "s2_length": S2_LENGTH_S, **line})
        kinds = [{"name": name, "shape": _shape(m), "band": list(m.band)} for name, m in MURMURS.items()]
        self.set_trait("kinds", [{"name": "none", "shape": "none"}, *kinds])
        # As many as `band_noise` draws with its run-up.
        white = self._generator(2).standard_normal(count + int(0.2 * rate))
        self.set_trait("white", white.astype("<f4").tobytes())
        self.set_trait("room", self._room(count).astype("<f4").tobytes())

    def _generator(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self._patient, stream])

    def _room(self, count: int) -> Float[np.ndarray, " time"]:
        level = 10 ** (HeartSettings().room_db / 20)
        return level * room_noise(count, int(self.sample_rate), self._generator(3))

    def parts(self) -> dict[str, Float[np.ndarray, " time"]]:
        """The cycle by the package: ``"heart"`` with its room, and ``"murmur"``; one hears their sum."""
        count, rate = int(self.cycle[-1] * self.sample_rate), int(self.sample_rate)
        if self.own_states:
            heart = np.frombuffer(self.heart, "<f4").astype(float)[:count]
        else:
            heart = self._room(count) + _valves(self._thuds, self.cycle[2], count, rate)
        murmur = np.zeros(count)
        if self.shape != "none":
            like = _OF_SHAPE[self.shape]
            kind = Murmur(like.phase, (self.f_min, self.f_max), like.shape, "")
            envelope = murmur_envelope(kind, self._beats(), count, rate)
            noise = band_noise(kind.band, count, rate, self._generator(2))
            murmur = 10 ** (self.murmur_db / 20) * envelope * noise
        return {"heart": heart, "murmur": murmur}

    def levels(self) -> dict[str, float]:
        """Effective value of each state, with the murmur, in dB of the height of S1."""
        parts = self.parts()
        whole = parts["heart"] + parts["murmur"]
        edges = np.ceil(np.array(self.cycle) * self.sample_rate).astype(int)
        spans = zip(_STATES, edges[:-1], edges[1:], strict=True)
        return {name: float(10 * np.log10(np.mean(whole[a:b] ** 2))) for name, a, b in spans}

    def _beats(self) -> Beats:
        start, _, s2, _, end = self.cycle
        return Beats(s1=np.array([start]), s2=np.array([s2]), length=np.array([end]))

    @traitlets.validate("heart_rate")
    def _check_rate(self, proposal: traitlets.Bunch) -> float:
        if self.own_states:
            own = 60 / self.own_states[-1]
            if not np.isclose(proposal.value, own):
                raise traitlets.TraitError(f"heart_rate is the recording's, {own:.1f}; it cannot be changed")
        elif not SLOWEST <= proposal.value <= FASTEST:
            raise traitlets.TraitError(
                f"heart_rate must lie between {SLOWEST:g} and {FASTEST:g} a minute, got {proposal.value:g}"
            )
        return proposal.value

    @traitlets.validate("f_min", "f_max")
    def _check_band(self, proposal: traitlets.Bunch) -> float:
        band = {"f_min": self.f_min, "f_max": self.f_max} | {proposal.trait.name: proposal.value}
        highest = 0.45 * self.sample_rate
        if not 0 < band["f_min"] < band["f_max"] <= highest:
            raise traitlets.TraitError(
                f"f_min and f_max must satisfy 0 < f_min < f_max <= {highest:g} Hz, "
                f"got {band['f_min']:g} and {band['f_max']:g} Hz"
            )
        return proposal.value

    @traitlets.observe("heart_rate")
    def _follow(self, _: traitlets.Bunch | None = None) -> None:
        length = 60 / self.heart_rate
        s2 = SYSTOLE_AT_ZERO_S + SYSTOLE_PER_BEAT * length
        made = [0.0, S1_LENGTH_S, s2, s2 + S2_LENGTH_S, length]
        self.set_trait("cycle", self.own_states or made)


def _shape(murmur: Murmur) -> str:
    return murmur.shape.__name__.strip("_")


def _thuds(voice: Voice) -> list[dict]:
    """The four valves of one beat as this chest sounds them after breathing out: S1 is about 1 high."""
    split = HeartSettings().split_out_s
    valves = {
        "M1": ("S1", 0.0, 1.0),
        "T1": ("S1", TRICUSPID_DELAY_S, voice.tricuspid_level),
        "A2": ("S2", 0.0, voice.s2_level),
        "P2": ("S2", split, voice.s2_level * voice.pulmonary_level),
    }
    return [_thud(voice, name, *valve) for name, valve in valves.items()]


def _thud(voice: Voice, name: str, of: str, delay: float, level: float) -> dict:
    thud, phases = voice.thud(name), voice.phases[name]
    modes = [
        {"frequency": f, "level": share, "phase": phase}
        for f, share, phase in zip(thud.frequencies, thud.levels, phases, strict=True)
    ]
    return {
        "of": of,
        "delay": delay,
        "level": level,
        "rise": thud.rise_s,
        "decay": thud.decay_s,
        "modes": modes,
    }


def _valves(thuds: list[dict], s2: float, count: int, rate: int) -> Float[np.ndarray, " time"]:
    track = np.zeros(count)
    for valve in thuds:
        modes = [tuple(mode[key] for mode in valve["modes"]) for key in ("frequency", "level", "phase")]
        thud = Thud(modes[0], modes[1], valve["rise"], valve["decay"])
        onset = np.array([(s2 if valve["of"] == "S2" else 0.0) + valve["delay"]])
        track += play(thud, onset, np.array([valve["level"]]), modes[2], count, rate)
    return track


def _cut(recording: Recording, beat: int) -> dict[str, Any]:
    """One complete cycle of a recording, from S1 to S1, at the height of its S1."""
    if recording.states is None:
        raise RecordingError(f"{recording.name} has no heart states; take a recording that has them")
    samples, rate = recording.read()
    names, starts = recording.states.names, recording.states.starts
    complete = [i for i in range(len(names) - 4) if names[i : i + 5] == (*_STATES, "S1") and starts[i] >= 0]
    if not 0 <= beat < len(complete):
        raise RecordingError(
            f"{recording.name} has {len(complete)} complete cycles from S1 to S1; there is no number {beat}"
        )
    edges = starts[complete[beat] : complete[beat] + 5]
    first, last = int(np.ceil(edges[0] * rate)), int(edges[-1] * rate)
    cycle = [float(edge - edges[0]) for edge in edges]
    height = np.abs(samples[first : first + int(cycle[1] * rate)]).max()
    heart = (samples[first : last + 1] / height).astype("<f4")
    return {"sample_rate": float(rate), "own_states": cycle, "heart": heart.tobytes()}
