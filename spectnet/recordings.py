"""A recording: one sound, its label, and where it came from.

The real sets (`physionet`) and the synthetic one (`synthesis`) both give lists of
`Recording`, so that everything behind them need not know which it was.
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from jaxtyping import Float32

NORMAL, ABNORMAL = 0, 1
UNLABELLED = -1  # of a recording whose class nobody has said
Waveform = Float32[np.ndarray, " time"]
_AGAIN = "copy it again, or fetch its set again with `spectnet fetch`"
_UNKNOWN_SIZE = 0x7FFFFFFF  # a WAV that was written to a pipe says this or more


class RecordingError(ValueError):
    """A recording that cannot be used; its message says what, where and what to do."""


@dataclass(frozen=True)
class HeartStates:
    """Where each phase of the heart's cycle starts.

    Attributes:
        starts: times in seconds, ascending.
        names: for each start one of ``"S1"``, ``"systole"``, ``"S2"``, ``"diastole"``, or
            ``"noise"`` where a stretch begins in which no state could be told.
    """

    starts: np.ndarray
    names: tuple[str, ...]

    def of(self, name: str) -> np.ndarray:
        """Start times in seconds of every phase called `name`."""
        return self.starts[np.array(self.names) == name]


@dataclass(frozen=True, eq=False)
class Recording:
    """One heart sound (or scene) with its label.

    Its waveform lies either in a file (`path`) or in memory (`samples`, `sample_rate`).

    Attributes:
        name: unique within its set, such as ``"a0001"``.
        label: the class index; for hearts 0 normal, 1 abnormal.
        subset: which collection or device it comes from, such as ``"a"``.
        good_quality: False where the set's annotators flagged the signal.
        states: beats, where known.
        truth: what a synthetic recording was made from; empty for a real one.
        channels: how many its file is known to have; they are averaged, and more are warned of.
    """

    name: str
    label: int
    subset: str
    good_quality: bool = True
    path: Path | None = None
    samples: np.ndarray | None = field(default=None, repr=False)
    sample_rate: int | None = None
    states: HeartStates | None = field(default=None, repr=False)
    truth: dict = field(default_factory=dict, repr=False)
    channels: int = field(default=1, repr=False)

    def read(self) -> tuple[Waveform, int]:
        """Waveform in -1..1, and its sample rate in Hz.

        Raises:
            RecordingError: see `read_audio` and `check_waveform`.
        """
        if self.samples is not None and self.sample_rate is not None:
            return check_waveform(np.asarray(self.samples, dtype=np.float32), self.name), self.sample_rate
        if self.path is None:
            raise RecordingError(f"{self.name} has neither a file nor samples; give one of them")
        return read_audio(self.path, channels=self.channels)


def read_audio(path: Path | str, *, channels: int = 1) -> tuple[Waveform, int]:
    """Read a sound file as one channel.

    Integer samples of any width come out in -1..1, a float file's as they are. The channels of
    a stereo file are averaged, with a warning where more than one was not expected.

    Args:
        path: a WAV, FLAC, OGG or whatever else libsndfile reads.
        channels: how many are expected.

    Returns:
        The waveform and its sample rate in Hz, whatever that is.

    Raises:
        RecordingError: the file is missing, empty, cut short, no sound file, silent or not finite.
    """
    path = Path(path)
    if not path.is_file():
        raise RecordingError(f"{path} does not exist or is a folder; check the name")
    if path.stat().st_size == 0:
        raise RecordingError(f"{path} is empty (0 bytes); {_AGAIN}")
    try:
        with soundfile.SoundFile(path) as sound:
            promised, sample_rate = sound.frames, sound.samplerate
            samples = sound.read(dtype="float32", always_2d=True)  # (time, channels)
    except soundfile.LibsndfileError as error:
        raise RecordingError(
            f"{path} cannot be read as sound ({error.error_string}); save it as WAV, FLAC or OGG, or {_AGAIN}"
        ) from error
    promised = _samples_promised_by_wav(path) or promised
    if len(samples) < promised:
        raise RecordingError(
            f"{path} is truncated: its header promises {promised} samples, "
            f"the file holds {len(samples)}; {_AGAIN}"
        )
    if samples.shape[1] not in (1, channels):
        warnings.warn(f"{path} has {samples.shape[1]} channels; their average is used", stacklevel=2)
    return check_waveform(samples.mean(axis=1), str(path)), sample_rate  # (time,)


def check_waveform(waveform: Float32[np.ndarray, "..."], where: str) -> Waveform:
    """Return the waveform as it is, if something can be heard in it.

    Args:
        waveform: of any length.
        where: what the message calls it.

    Raises:
        RecordingError: it has more axes than time, no samples, some that are NaN or infinite, or silence.
    """
    if waveform.ndim != 1:
        raise RecordingError(
            f"{where} must have one axis, time, got shape {waveform.shape}; average its channels"
        )
    if waveform.size == 0:
        raise RecordingError(f"{where} holds no samples; record or fetch it again")
    if bad := np.flatnonzero(~np.isfinite(waveform)).tolist():
        raise RecordingError(
            f"{where} holds {len(bad)} of {waveform.size} samples that are NaN or infinite, the first at "
            f"sample {bad[0]}; record or export it again"
        )
    if waveform.min() == waveform.max():
        raise RecordingError(
            f"{where} is silent: all {waveform.size} samples are {waveform[0]:g}; "
            "check the microphone, or record again"
        )
    return waveform


def _samples_promised_by_wav(path: Path) -> int | None:
    """What a WAV's header says of its length; libsndfile itself passes over a file cut short."""
    with path.open("rb") as file:
        riff, _, wave = struct.unpack("<4sI4s", file.read(12).ljust(12))
        if (riff, wave) != (b"RIFF", b"WAVE"):
            return None
        bytes_per_sample = 0
        while len(header := file.read(8)) == 8:
            chunk, size = struct.unpack("<4sI", header)
            if chunk == b"data":
                known = bytes_per_sample and size < _UNKNOWN_SIZE
                return size // bytes_per_sample if known else None
            start = file.tell()
            if chunk == b"fmt ":
                bytes_per_sample = struct.unpack("<12xH", file.read(14).ljust(14, b"\0"))[0]
            file.seek(start + size + size % 2)  # chunks begin at even bytes
    return None
