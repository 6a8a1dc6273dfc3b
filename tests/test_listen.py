"""A player: playable everywhere, named for everyone."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile

from spectnet.listen import player, side_by_side

TONE = np.sin(2 * np.pi * 50 * np.arange(4000) / 2000)  # 50 Hz, 2 s at 2000 Hz


def played(page: str) -> tuple[np.ndarray, int]:
    """What a browser would play."""
    sound = re.search(r"base64,([^\"]+)", page).group(1)
    return soundfile.read(io.BytesIO(base64.b64decode(sound)))


def test_browsers_can_play_a_slow_recording():
    sound, rate = played(player(TONE, 2000, "a hum").data)
    assert rate >= 3000
    assert len(sound) / rate == pytest.approx(2.0)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.fft.rfftfreq(len(sound), 1 / rate)[spectrum.argmax()] == pytest.approx(50, abs=1)


def test_speed_raises_pitch_and_shortens():
    sound, rate = played(player(TONE, 2000, "a hum", speed=4).data)
    assert len(sound) / rate == pytest.approx(0.5)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.fft.rfftfreq(len(sound), 1 / rate)[spectrum.argmax()] == pytest.approx(200, abs=4)


def test_player_has_an_accessible_name_that_cannot_break_the_page():
    page = player(TONE, 2000, 'a "soft" <murmur>', speed=2).data
    assert 'aria-label="a &quot;soft&quot; &lt;murmur&gt;, 2 times as fast"' in page
    assert "<murmur>" not in page


def test_quiet_and_loud_recordings_play_at_one_peak_and_start_without_a_click():
    quiet, _ = played(player(1e-4 * TONE, 2000, "quiet").data)
    loud, _ = played(player(20 * TONE, 2000, "loud").data)
    assert np.abs(quiet).max() == pytest.approx(0.9, abs=0.01)
    assert np.abs(loud).max() == pytest.approx(0.9, abs=0.01)
    assert abs(quiet[0]) < 1e-3


def test_silence_plays_as_silence():
    sound, _ = played(player(np.zeros(2000), 2000, "silence").data)
    assert not sound.any()


def test_players_stand_side_by_side_whole():
    low, high = player(TONE, 2000, "low"), player(TONE, 2000, "high", speed=2)
    both = side_by_side(low, high).data
    assert low.data in both
    assert high.data in both
    assert both.count("<div") == both.count("</div>")


@pytest.mark.parametrize(
    ("waveform", "label", "speed", "message"),
    [
        (np.zeros(0), "nothing", 1, "must hold finite samples"),
        (np.array([0.0, np.nan]), "broken", 1, "must hold finite samples"),
        (TONE, " ", 1, "label must say"),
        (TONE, "still", 0, "speed must lie in 0.25 to 16, got 0"),
    ],
)
def test_what_cannot_be_played_is_refused(waveform, label, speed, message):
    with pytest.raises(ValueError, match=message):
        player(waveform, 2000, label, speed=speed)
