"""From a recording to segments: resample, band-pass, remove spikes, cut.

Taught in *One recording, all the way*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import Field, model_validator
from scipy import signal
from torch import Tensor
from torch.utils.data import Dataset
from tqdm.auto import tqdm

from spectnet.recordings import Recording, RecordingError
from spectnet.settings import Settings

Waveform = Float[np.ndarray, " time"]
SHORTEST = 28  # samples; the band-pass mirrors 27 at each end


class Preprocessing(Settings):
    """How every recording is prepared, the same for training and for use.

    Attributes:
        sample_rate: in Hz, after resampling.
        f_low: lower edge of the band-pass in Hz.
        f_high: upper edge in Hz, below half the sample rate.
        despike: whether friction spikes are removed.
    """

    sample_rate: int = Field(1000, gt=0)
    f_low: float = Field(25.0, gt=0)
    f_high: float = Field(400.0, gt=0)
    despike: bool = True

    @model_validator(mode="after")
    def _check_band(self) -> Preprocessing:
        if not self.f_low < self.f_high < self.sample_rate / 2:
            raise ValueError(
                f"f_low and f_high must satisfy f_low < f_high < {self.sample_rate / 2:g} Hz "
                f"(half the sample rate), got {self.f_low:g} and {self.f_high:g} Hz"
            )
        return self


def resample(waveform: Waveform, sample_rate: int, target_rate: int) -> Float[np.ndarray, " resampled"]:
    """Resample with an anti-aliasing filter (SciPy's polyphase).

    Args:
        waveform: ``(time,)``.
        sample_rate: its rate in Hz.
        target_rate: the wanted rate in Hz.
    """
    if sample_rate == target_rate:
        return waveform
    ratio = Fraction(target_rate, sample_rate)
    return signal.resample_poly(waveform, ratio.numerator, ratio.denominator).astype(np.float32)


def band_pass(waveform: Waveform, sample_rate: int, f_low: float, f_high: float) -> Waveform:
    """Fourth-order Butterworth, run forwards and backwards so that nothing shifts in time."""
    sections = signal.butter(4, [f_low, f_high], btype="bandpass", fs=sample_rate, output="sos")
    return signal.sosfiltfilt(sections, waveform).astype(np.float32)


def remove_spikes(waveform: Waveform, sample_rate: int) -> Waveform:
    """Silence friction spikes: peaks more than three times as high as is usual in the recording.

    In frames of 0.5 s the highest peak is compared with the median of all frames' peaks. While one
    is over three times that, the swing around it is set to zero, from zero crossing to zero crossing.

    Schmidt et al. (2010), section 2.2.
    """
    frame = round(0.5 * sample_rate)
    n_frames = len(waveform) // frame
    if n_frames < 2:
        return waveform
    out = waveform.copy()
    frames = out[: n_frames * frame].reshape(n_frames, frame)  # a view: writing to it changes `out`
    peaks = np.abs(frames).max(axis=1)
    while peaks.max() > 3 * np.median(peaks) > 0:
        worst = int(peaks.argmax())
        _silence_peak(frames[worst])
        peaks[worst] = np.abs(frames[worst]).max()
    return out


def _silence_peak(frame: Waveform) -> None:
    peak = int(np.abs(frame).argmax())
    crossings = np.flatnonzero(np.diff(np.signbit(frame)))
    before, after = crossings[crossings < peak], crossings[crossings >= peak]
    start = before[-1] + 1 if before.size else 0
    stop = after[0] + 1 if after.size else len(frame)
    frame[start:stop] = 0.0


def preprocess(
    waveform: Waveform, sample_rate: int, settings: Preprocessing
) -> Float[np.ndarray, " resampled"]:
    """Resample, band-pass, remove spikes, and scale to a mean power of one.

    Args:
        waveform: ``(time,)`` as `Recording.read` gives it.
        sample_rate: its rate in Hz.
        settings: what to do.

    Returns:
        float32 ``(time,)`` at ``settings.sample_rate``.

    Raises:
        RecordingError: the recording is too short to filter, or nothing is left inside the band.
    """
    out = resample(waveform, sample_rate, settings.sample_rate)
    if len(out) < SHORTEST:
        raise RecordingError(
            f"the recording lasts {len(waveform) / sample_rate:.3f} s, too short to filter; record longer"
        )
    out = band_pass(out, settings.sample_rate, settings.f_low, settings.f_high)
    if settings.despike:
        out = remove_spikes(out, settings.sample_rate)
    power = float(np.mean(out.astype(np.float64) ** 2))
    if power < 1e-14:
        raise RecordingError(
            f"the recording holds nothing between {settings.f_low:g} and {settings.f_high:g} Hz; "
            "check the microphone or record again"
        )
    return (out / np.sqrt(power)).astype(np.float32)


def windows(waveform: Waveform, length: int, hop: int) -> Float[np.ndarray, "segments {length}"]:
    """Cut fixed windows of `length` samples every `hop` samples; a rest shorter than that is left out.

    The windows are a read-only view: where they overlap, they share the waveform's memory.
    """
    if len(waveform) < length:
        return np.empty((0, length), waveform.dtype)
    return np.lib.stride_tricks.sliding_window_view(waveform, length)[::hop]


def beat_windows(
    waveform: Waveform, beat_starts: np.ndarray, length: int
) -> Float[np.ndarray, "beats {length}"]:
    """Cut one window a beat: from S1 to the next S1, silence behind, as the paper does.

    Args:
        waveform: ``(time,)``.
        beat_starts: first sample of each S1, ascending; the last one only ends its predecessor.
        length: of a window in samples; a longer beat is cut there.
    """
    out = np.zeros((max(0, len(beat_starts) - 1), length), dtype=waveform.dtype)
    for row, (start, stop) in zip(out, pairwise(beat_starts), strict=True):
        beat = waveform[start : min(stop, start + length)]
        row[: len(beat)] = beat
    return out


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

    An item is ``(segment (time,), label, recording)``: the last is an index into ``recordings``. A whole
    batch at once, which is much faster, comes from `gather`.

    Raises:
        RecordingError: a recording that cannot be read, is shorter than one segment, or has no known beats.
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
    ) -> None:
        self.recordings = list(recordings)
        if not self.recordings:
            raise ValueError("recordings is empty; give at least one recording")
        self.settings, self.length = settings, round(segment_s * settings.sample_rate)
        waveforms = [self._prepare(r) for r in tqdm(self.recordings, "reading", disable=not progress)]
        self._lengths = np.array([len(waveform) for waveform in waveforms])
        self._offsets = np.cumsum(self._lengths) - self._lengths  # first sample of each recording
        self._samples = np.concatenate(waveforms)
        self._labels = np.array([recording.label for recording in self.recordings])
        if cut == "beats":
            self._cut_beats(waveforms)
        else:
            self._cut_windows(self.length if hop_s is None else max(1, round(hop_s * settings.sample_rate)))
        self._ends = np.cumsum(self.n_segments)  # one past each recording's last segment

    def _cut_windows(self, hop: int) -> None:
        self._source, self._first, self._hop = self._samples, self._offsets, hop
        self.n_segments = (self._lengths - self.length) // hop + 1  # (recordings,)

    def _cut_beats(self, waveforms: list[Waveform]) -> None:
        beats = [self._beats(*pair) for pair in zip(self.recordings, waveforms, strict=True)]
        self.n_segments = np.array([len(one) for one in beats])
        self._source = np.concatenate(beats).ravel()  # beat after beat, each filled up with silence
        self._first = (np.cumsum(self.n_segments) - self.n_segments) * self.length
        self._hop = self.length

    def _prepare(self, recording: Recording) -> Waveform:
        try:
            waveform = preprocess(*recording.read(), self.settings)
        except RecordingError as error:
            text = str(error)
            raise RecordingError(text if recording.name in text else f"{recording.name}: {text}") from error
        if len(waveform) < self.length:
            rate = self.settings.sample_rate
            raise RecordingError(
                f"{recording.name} lasts {len(waveform) / rate:.2f} s, less than one segment of "
                f"{self.length / rate:g} s; leave it out or record longer"
            )
        return waveform

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
        every = np.lib.stride_tricks.sliding_window_view(self._source, self.length)  # a view: costs nothing
        segments = torch.from_numpy(every[starts])
        return segments, torch.from_numpy(self._labels[owners]), torch.from_numpy(owners)

    def fingerprint(self) -> str:
        """A word that changes with any recording, label, sample or cut, to know the same data by."""
        summary = hashlib.blake2b(digest_size=8)
        names = [(r.name, r.label, r.subset) for r in self.recordings]
        summary.update(repr((names, self.length, self._hop, self.n_segments.tolist())).encode())
        for number in range(len(self.recordings)):
            summary.update(np.ascontiguousarray(self.waveform(number)))
        return summary.hexdigest()

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, item: int) -> tuple[Tensor, int, int]:
        if not 0 <= item < len(self):
            raise IndexError(f"there are {len(self)} segments, from 0, got {item}")
        segments, labels, owners = self.gather([item])
        return segments[0], int(labels[0]), int(owners[0])
