"""What every recording goes through first: resample, band-pass, remove spikes, scale.

Taught in *One recording, all the way*.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from fractions import Fraction
from functools import partial

import numpy as np
import scipy
from jaxtyping import Float
from pydantic import Field, model_validator
from scipy import signal
from tqdm.auto import tqdm

from spectnet.cache import WaveformCache, cached_waveforms
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


def prepare(recording: Recording, settings: Preprocessing) -> Float[np.ndarray, " resampled"]:
    """Read a recording and prepare it; what is wrong with it is said with its name.

    Raises:
        RecordingError: it cannot be read or used.
    """
    try:
        return preprocess(*recording.read(), settings)
    except RecordingError as error:
        text = str(error)
        raise RecordingError(text if recording.name in text else f"{recording.name}: {text}") from error


def prepare_once(
    recordings: Sequence[Recording], settings: Preprocessing, *, progress: bool = False
) -> WaveformCache | None:
    """Prepare a whole set the first time, and find it prepared from then on.

    Args:
        recordings: all of the set, so that every split of it finds its own.
        settings: how each is prepared.
        progress: show a bar while they are prepared.

    Returns:
        What `SegmentDataset` takes as its cache; None for recordings in memory, which need none.
    """
    return cached_waveforms(
        recordings,
        recipe(settings),
        partial(prepare, settings=settings),
        sample_rate=settings.sample_rate,
        progress=partial(tqdm, desc="preparing", disable=not progress),
    )


def recipe(settings: Preprocessing) -> str:
    """Names settings and code, so that waveforms which were prepared otherwise are not mistaken for these."""
    steps = (resample, band_pass, remove_spikes, _silence_peak, preprocess)
    code = hashlib.sha256("".join(inspect.getsource(step) for step in steps).encode()).hexdigest()[:16]
    return f"{settings.model_dump_json()} code {code} scipy {scipy.__version__}"
