"""Sounds on a page: an audio player that has a name, for every ear and every loudspeaker."""

from __future__ import annotations

import base64
import html
import io

import numpy as np
import scipy.signal
import soundfile
from IPython.display import HTML
from jaxtyping import Float

LOWEST_RATE = 3000  # Hz; browsers refuse to play slower files
FADE_S = 0.01


def player(
    waveform: Float[np.ndarray, " time"], sample_rate: int, label: str, *, speed: int | float = 1
) -> HTML:
    """Give an audio player for a notebook or page, with `label` above it and as its accessible name.

    A faster `speed` raises every frequency by as much: 4 lifts a 50 Hz thud to 200 Hz, two octaves up, where
    a laptop can follow. The sound is scaled to its own peak and fades at both ends.

    Args:
        waveform: what to play.
        sample_rate: its rate in Hz.
        label: says what can be heard, in a few words.
        speed: 1 plays it as recorded, 2 twice as fast and an octave higher.

    Raises:
        ValueError: nothing to play, a value that is not finite, no label, or a speed outside 0.25 to 16.

    Example:
        >>> player(np.sin(np.arange(8000) / 4), 8000, "a tone of 318 Hz")
        <IPython.core.display.HTML object>
    """
    n_finite = int(np.isfinite(waveform).sum())
    if not len(waveform) or n_finite < len(waveform):
        raise ValueError(f"waveform must hold finite samples, got {n_finite} of {len(waveform)} that are")
    if not label.strip():
        raise ValueError("label must say what can be heard, got nothing")
    if not 0.25 <= speed <= 16:
        raise ValueError(f"speed must lie in 0.25 to 16, got {speed:g}")
    rate = round(sample_rate * speed)
    name = html.escape(label if speed == 1 else f"{label}, {speed:g} times as fast", quote=True)
    sound = base64.b64encode(_wav(np.asarray(waveform, dtype=np.float64), rate)).decode()
    return HTML(
        f'<div class="player">{name}</div>'
        f'<audio controls preload="metadata" aria-label="{name}" src="data:audio/wav;base64,{sound}"></audio>'
    )


def side_by_side(*players: HTML) -> HTML:
    """Give several players as one, beside each other where the page is wide enough."""
    return HTML('<div class="players">' + "".join(f"<div>{one.data}</div>" for one in players) + "</div>")


def _wav(waveform: Float[np.ndarray, " time"], sample_rate: int) -> bytes:
    """A 16-bit WAV file of at least `LOWEST_RATE`, scaled to 0.9 of full scale and faded at its ends."""
    factor = int(np.ceil(LOWEST_RATE / sample_rate))
    if factor > 1:
        waveform = scipy.signal.resample_poly(waveform, factor, 1)
    rate = sample_rate * factor
    n_fade = min(round(FADE_S * rate), len(waveform) // 2)
    ramp = np.linspace(0, 1, n_fade, endpoint=False)
    faded = waveform.copy()
    faded[:n_fade] *= ramp
    faded[len(faded) - n_fade :] *= ramp[::-1]
    peak = np.abs(faded).max()
    file = io.BytesIO()
    soundfile.write(file, 0.9 * faded / peak if peak > 0 else faded, rate, format="WAV", subtype="PCM_16")
    return file.getvalue()
