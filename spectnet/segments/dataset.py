"""Segments of many recordings, one at a time or a batch at once.

Taught in *One recording, all the way*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset
from tqdm.auto import tqdm

from spectnet.cache import WaveformCache
from spectnet.recordings import Recording, RecordingError
from spectnet.segments.cutting import Waveform, beat_windows, windows
from spectnet.segments.preparation import Preprocessing, prepare, recipe


class SegmentDataset(Dataset):
    """Segments of many recordings, each remembering the recording it was cut from.

    Args:
        recordings: what to cut.
        settings: how each is prepared first.
        segment_s: length of a segment in seconds.
        hop_s: from one fixed window to the next, in seconds; by default without overlap, and with 0 one
            begins at every sample.
        cut: ``"windows"``, or ``"beats"`` for recordings whose heart states are known.
        progress: show a bar while the recordings are read.
        cache: of `prepare_once`, where the recordings are prepared already.

    An item is ``(segment (time,), label, recording)``: the last is an index into ``recordings``. A whole
    batch at once, which is much faster, comes from `gather`.

    Raises:
        RecordingError: a recording that cannot be read, is shorter than one segment, or has no known beats.
        ValueError: there are no recordings, or the cache was prepared with other settings or from others.
    """

    def __init__(
        self,
        recordings: Sequence[Recording],
        settings: Preprocessing,
        *,
        segment_s: float = 2.5,
        hop_s: float | None = None,
        cut: Literal["windows", "beats"] = "windows",
        progress: bool = False,
        cache: WaveformCache | None = None,
    ) -> None:
        self.recordings = list(recordings)
        if not self.recordings:
            raise ValueError("recordings is empty; give at least one recording")
        self.settings, self.length = settings, round(segment_s * settings.sample_rate)
        if cache:
            if cache.recipe != recipe(settings):
                raise ValueError(
                    "the cache was prepared with other settings; give prepare_once(all, settings)"
                )
            self._samples = cache.samples
            self._offsets, self._lengths = cache.locate(self.recordings)  # first sample of each recording
        else:
            bar = tqdm(self.recordings, "reading", disable=not progress)
            waveforms = [prepare(recording, settings) for recording in bar]
            self._lengths = np.array([len(waveform) for waveform in waveforms])
            self._offsets = np.cumsum(self._lengths) - self._lengths
            self._samples = np.concatenate(waveforms)
        self._check_lengths()
        self._labels = np.array([recording.label for recording in self.recordings])
        if cut == "beats":
            self._cut_beats()
        else:
            self._cut_windows(self.length if hop_s is None else max(1, round(hop_s * settings.sample_rate)))
        self._ends = np.cumsum(self.n_segments)  # one past each recording's last segment

    def _cut_windows(self, hop: int) -> None:
        self._source, self._first, self._hop = self._samples, self._offsets, hop
        self.n_segments = (self._lengths - self.length) // hop + 1  # (recordings,)

    def _cut_beats(self) -> None:
        beats = [self._beats(recording, self.waveform(n)) for n, recording in enumerate(self.recordings)]
        self.n_segments = np.array([len(one) for one in beats])
        self._source = np.concatenate(beats).ravel()  # beat after beat, each filled up with silence
        self._first = (np.cumsum(self.n_segments) - self.n_segments) * self.length
        self._hop = self.length

    def _check_lengths(self) -> None:
        rate = self.settings.sample_rate
        for recording, length in zip(self.recordings, self._lengths, strict=True):
            if length < self.length:
                raise RecordingError(
                    f"{recording.name} lasts {length / rate:.2f} s, less than one segment of "
                    f"{self.length / rate:g} s; leave it out or record longer"
                )

    def _beats(self, recording: Recording, waveform: Waveform) -> np.ndarray:
        if recording.states is None:
            raise RecordingError(
                f"{recording.name} has no known beats; unpack the annotations or cut windows"
            )
        onsets, noise = recording.states.of("S1"), recording.states.of("noise")
        starts = np.round(onsets * self.settings.sample_rate).astype(int)
        # A beat in which the annotators lost the states may be several: it is left out.
        whole = np.diff(np.searchsorted(noise, onsets)) == 0  # (beats,)
        return beat_windows(waveform, starts, self.length)[whole]

    def waveform(self, number: int) -> Waveform:
        """The whole prepared waveform of recording `number`."""
        start = self._offsets[number]
        return self._samples[start : start + self._lengths[number]]

    @cached_property
    def recording_index(self) -> np.ndarray:
        """Which recording each segment is from: int ``(segments,)``, an index into ``recordings``."""
        return np.repeat(np.arange(len(self.recordings)), self.n_segments)

    def gather(
        self, items: Sequence[int] | np.ndarray
    ) -> tuple[Float[Tensor, "batch time"], Int[Tensor, " batch"], Int[Tensor, " batch"]]:
        """Several segments at once, with their labels and their recordings' numbers."""
        wanted = np.asarray(items)
        owners = np.searchsorted(self._ends, wanted, side="right")
        rows = wanted - self._ends[owners] + self.n_segments[owners]
        starts = self._first[owners] + self._hop * rows
        every = windows(self._source, self.length, 1)  # a view: costs nothing
        segments = torch.from_numpy(every[starts])
        return segments, torch.from_numpy(self._labels[owners]), torch.from_numpy(owners)

    def fingerprint(self) -> str:
        """A word that changes with any recording, label, sample or cut, to know the same data by."""
        summary = hashlib.blake2b(digest_size=8)
        names = [(r.name, r.label, r.subset) for r in self.recordings]
        summary.update(repr((names, self.length, self._hop, self.n_segments.tolist())).encode())
        for number in range(len(self.recordings)):
            summary.update(np.ascontiguousarray(self.waveform(number)).data)
        return summary.hexdigest()

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, item: int) -> tuple[Tensor, int, int]:
        if not 0 <= item < len(self):
            raise IndexError(f"there are {len(self)} segments, from 0, got {item}")
        segments, labels, owners = self.gather([item])
        return segments[0], int(labels[0]), int(owners[0])
