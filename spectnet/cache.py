"""Waveforms that are prepared once, kept in one file, and read from it as if they lay in memory.

Decoding and filtering the 3240 recordings of PhysioNet takes a minute. The file holds what came out, as
float32 one after the other, and behind it an index in JSON. It is mapped into memory: the system reads
the parts that are asked for, and processes on one machine share them.

The index says from which files, with which size and age, and by which settings and code the waveforms
were made. Where any of that has changed, and where the file is cut short, it is made anew.

Taught in *Training on a GPU*.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pooch
import soundfile
from jaxtyping import Float, Float32, Int

from spectnet import atomic
from spectnet.recordings import Recording

_MAGIC = b"spectnet"  # the last bytes of a whole file, behind the length of the index
_ABANDONED_S = 3600.0  # what was not written to for so long, its writer has left


def cache_folder() -> Path:
    """Where prepared waveforms lie: ``$SPECTNET_CACHE``, or the system's folder for such files."""
    return Path(os.environ.get("SPECTNET_CACHE") or pooch.os_cache("spectnet")).expanduser()


@dataclass(frozen=True, eq=False)
class WaveformCache:
    """Prepared waveforms, mapped from a file.

    Attributes:
        samples: of all recordings, one after the other.
        places: from each recording's name to its first sample and its length.
        recipe: settings and code by which they were made.
    """

    samples: Float32[np.ndarray, " samples"]
    places: dict[str, tuple[int, int]]
    recipe: str

    def locate(
        self, recordings: Sequence[Recording]
    ) -> tuple[Int[np.ndarray, " recordings"], Int[np.ndarray, " recordings"]]:
        """First sample and length of each recording.

        Raises:
            ValueError: one was not prepared.
        """
        if missing := [recording.name for recording in recordings if recording.name not in self.places]:
            raise ValueError(
                f"the cache lacks {len(missing)} recordings, such as {missing[0]}; prepare the whole set"
            )
        starts, lengths = zip(*(self.places[recording.name] for recording in recordings), strict=True)
        return np.array(starts), np.array(lengths)


def cached_waveforms(
    recordings: Sequence[Recording],
    recipe: str,
    prepare: Callable[[Recording], Float[np.ndarray, " time"]],
    *,
    sample_rate: float,
    progress: Callable[[Sequence[Recording]], Iterable[Recording]] = iter,
) -> WaveformCache | None:
    """The prepared waveforms of a whole set, from the cache where it holds them.

    Args:
        recordings: the set, each in a file.
        recipe: names settings and code, so that others are not mistaken for them.
        prepare: makes the waveform of one recording, where it is not there yet.
        sample_rate: of the prepared waveforms in Hz; a warning tells by it how much room they take.
        progress: wraps the recordings while they are prepared.

    Returns:
        None where a recording lies in memory already, or where the cache cannot be written; a warning
        says why.

    Raises:
        RecordingError: from `prepare`.
    """
    if any(recording.path is None for recording in recordings):
        return None
    key = _key(recordings, recipe)
    where = hashlib.sha256(f"{recipe}\n{recordings[0].path.resolve().parents[1]}".encode())  # type: ignore[union-attr]
    path = cache_folder() / f"waveforms-{where.hexdigest()[:16]}.f32"
    if (found := _read(path, key)) is not None:
        return found
    try:
        atomic.remove_halves(path.parent, idle_s=_ABANDONED_S)
        _write(path, key, recordings, prepare, progress)
    except OSError as error:
        warnings.warn(
            f"{error}. The recordings are prepared again every time; set SPECTNET_CACHE to a folder with "
            f"{_room_gb(recordings, sample_rate):.1f} GB of room",
            stacklevel=2,
        )
        return None
    return _read(path, key)


def _room_gb(recordings: Sequence[Recording], sample_rate: float) -> float:
    """What the prepared waveforms take, four bytes a sample, rounded up to a tenth of a GB."""
    seconds = 0.0
    for recording in recordings:
        with contextlib.suppress(soundfile.LibsndfileError):  # a broken file is named when it is prepared
            seconds += soundfile.info(recording.path).duration
    return math.ceil(4 * sample_rate * seconds / 1e8) / 10


def _key(recordings: Sequence[Recording], recipe: str) -> dict:
    """All that the prepared waveforms follow from."""
    files = hashlib.sha256()
    for recording in recordings:
        status = recording.path.stat()  # type: ignore[union-attr]  # asked before
        files.update(f"{recording.name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return {"recipe": recipe, "files": files.hexdigest()}


def _write(
    path: Path,
    key: dict,
    recordings: Sequence[Recording],
    prepare: Callable[[Recording], np.ndarray],
    progress: Callable[[Sequence[Recording]], Iterable[Recording]],
) -> None:
    places, start = {}, 0
    with atomic.replacing(path) as file:
        for recording in progress(recordings):
            waveform = np.ascontiguousarray(prepare(recording), dtype="<f4")
            file.write(waveform.tobytes())
            places[recording.name] = (start, len(waveform))
            start += len(waveform)
        index = json.dumps({"key": key, "n_samples": start, "places": places}).encode()
        file.write(index + len(index).to_bytes(8, "little") + _MAGIC)


def _read(path: Path, key: dict) -> WaveformCache | None:
    """What the file holds; None where it is not there, cut short, or made from something else."""
    try:
        with path.open("rb") as file:
            file.seek(-16, os.SEEK_END)
            length = int.from_bytes(file.read(8), "little")
            if file.read(8) != _MAGIC:
                return None
            file.seek(-16 - length, os.SEEK_END)
            index = json.loads(file.read(length))
        if index["key"] != key or path.stat().st_size != 4 * index["n_samples"] + length + 16:
            return None
        samples = np.memmap(path, dtype="<f4", mode="r", shape=(index["n_samples"],))
        places = {name: (start, n) for name, (start, n) in index["places"].items()}
        return WaveformCache(np.asarray(samples), places, key["recipe"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
