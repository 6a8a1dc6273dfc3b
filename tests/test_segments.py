"""A segment holds what was heard between 25 and 400 Hz, begins where it says, and knows its recording."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from spectnet.recordings import HeartStates, Recording, RecordingError
from spectnet.segments import (
    Preprocessing,
    SegmentDataset,
    band_pass,
    beat_windows,
    preprocess,
    remove_spikes,
    resample,
    windows,
)

RATE = 1000
SETTINGS = Preprocessing()


def tone(frequency: float, rate: int = RATE, seconds: float = 4.0) -> np.ndarray:
    """A sine of amplitude one."""
    time = np.arange(round(seconds * rate)) / rate
    return np.sin(2 * np.pi * frequency * time).astype(np.float32)


def level(waveform: np.ndarray) -> float:
    """Amplitude of a sine, away from the edges."""
    middle = waveform[len(waveform) // 4 : -len(waveform) // 4]
    return float(np.sqrt(2 * np.mean(middle.astype(np.float64) ** 2)))


@pytest.fixture
def heart() -> np.ndarray:
    """Ten seconds at 75 beats a minute: a burst of 50 Hz at S1, a softer and shorter one at S2."""
    time = np.arange(10 * RATE) / RATE
    out = np.zeros_like(time)
    for onset in np.arange(0.2, 9.5, 0.8):
        for start, width, loudness in ((onset, 0.03, 1.0), (onset + 0.3, 0.02, 0.7)):
            since = time - start
            out += loudness * np.exp(-((since / width) ** 2)) * np.sin(2 * np.pi * 50 * since)
    return out.astype(np.float32)


def recording(name: str, waveform: np.ndarray, rate: int = RATE, **kwargs) -> Recording:
    return Recording(name, kwargs.pop("label", 0), "a", samples=waveform, sample_rate=rate, **kwargs)


# Settings


@pytest.mark.parametrize(("f_low", "f_high"), [(25, 500), (400, 25), (100, 100)])
def test_band_must_lie_in_order_below_half_the_sample_rate(f_low: float, f_high: float):
    with pytest.raises(ValidationError, match=r"f_low < f_high < 500 Hz .*got"):
        Preprocessing(f_low=f_low, f_high=f_high)


def test_settings_are_frozen_and_know_no_other_field():
    with pytest.raises(ValidationError, match="frozen"):
        SETTINGS.f_low = 10
    with pytest.raises(ValidationError, match="Extra inputs"):
        Preprocessing(lowpass=400)


# Resampling


@pytest.mark.parametrize("rate", [800, 2000, 4000, 8000, 11025, 44100, 48000])
def test_resampling_keeps_a_tone_where_it_is(rate: int):
    out = resample(tone(123, rate), rate, RATE)
    assert out.dtype == np.float32
    assert len(out) == pytest.approx(4 * RATE, abs=1)
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    assert spectrum.argmax() * RATE / len(out) == pytest.approx(123, abs=0.25)  # one bin
    assert level(out) == pytest.approx(1, abs=0.01)  # ripple of SciPy's filter


def test_resampling_folds_nothing_back():
    out = resample(tone(900, 4000), 4000, RATE)  # would come back at 100 Hz
    assert level(out) < 0.01  # 40 dB


def test_equal_rates_change_nothing():
    waveform = tone(100)
    assert resample(waveform, RATE, RATE) is waveform


# The band


@pytest.mark.parametrize("frequency", [40, 100, 200, 300])
def test_band_pass_keeps_the_band(frequency: float):
    out = band_pass(tone(frequency), RATE, 25.0, 400.0)
    assert level(out) == pytest.approx(1, abs=0.03)  # the flanks reach in a little


@pytest.mark.parametrize("frequency", [2, 10, 480])
def test_band_pass_stops_what_is_outside(frequency: float):
    assert level(band_pass(tone(frequency), RATE, 25.0, 400.0)) < 1e-3  # 60 dB


@pytest.mark.parametrize("frequency", [25, 400])
def test_edges_are_where_the_power_falls_to_a_quarter(frequency: float):
    # Each direction of the filter takes half the power.
    assert level(band_pass(tone(frequency), RATE, 25.0, 400.0)) == pytest.approx(0.5, abs=0.01)


def test_band_pass_shifts_nothing_in_time():
    click = np.zeros(2001, np.float32)
    click[1000] = 1
    out = band_pass(click, RATE, 25.0, 400.0)
    assert np.abs(out).argmax() == 1000
    np.testing.assert_allclose(out, out[::-1], atol=1e-6)  # float32


# Spikes


def test_planted_spike_is_removed_and_the_rest_stays(heart):
    spiked = heart.copy()
    spiked[5120:5125] += [4, 9, 12, 8, 3]
    out = remove_spikes(spiked, RATE)
    assert np.abs(out[5100:5150]).max() <= np.abs(heart).max()
    changed = np.flatnonzero(out != spiked)
    assert 5120 in changed
    assert np.ptp(changed) < 50, "one swing, from zero crossing to zero crossing"


def test_several_spikes_in_one_frame_all_go(heart):
    spiked = heart.copy()
    spiked[[5100, 5200, 5300, 7100]] = [20, -15, 30, 25]
    peaks = np.abs(remove_spikes(spiked, RATE)).reshape(-1, 500).max(axis=1)
    assert peaks.max() <= 3 * np.median(np.abs(heart).reshape(-1, 500).max(axis=1)) * (1 + 1e-6)


def test_clean_heart_is_left_alone(heart):
    np.testing.assert_array_equal(remove_spikes(heart, RATE), heart)


def test_removing_spikes_leaves_the_input_as_it_was(heart):
    spiked = heart.copy()
    spiked[5120] = 20
    before = spiked.copy()
    remove_spikes(spiked, RATE)
    np.testing.assert_array_equal(spiked, before)


def test_spikes_between_stretches_of_silence_do_not_hang_the_search():
    waveform = np.zeros(4 * RATE, np.float32)
    waveform[[100, 1700]] = [1, 5]
    np.testing.assert_array_equal(remove_spikes(waveform, RATE), waveform)  # the usual peak is zero here


# All of it


def test_prepared_waveform_has_unit_power_whatever_its_level(heart):
    quiet, loud = (preprocess(gain * heart, RATE, SETTINGS) for gain in (np.float32(1e-3), np.float32(0.9)))
    assert np.mean(quiet.astype(np.float64) ** 2) == pytest.approx(1, rel=1e-5)
    np.testing.assert_allclose(quiet, loud, atol=1e-4)  # float32, peaks of about 5


def test_prepared_waveform_is_at_the_wanted_rate():
    out = preprocess(tone(100, 44100), 44100, SETTINGS)
    assert len(out) == 4 * RATE
    assert out.dtype == np.float32


def test_despiking_can_be_left_out(heart):
    heart[5120] = 30
    kept = preprocess(heart, RATE, Preprocessing(despike=False))
    assert np.abs(kept).argmax() == 5120
    assert np.abs(preprocess(heart, RATE, SETTINGS)).argmax() != 5120


def test_hum_below_the_band_is_said_to_be_nothing():
    with pytest.raises(RecordingError, match="nothing between 25 and 400 Hz; check the microphone"):
        preprocess(1e-4 * tone(0.5, seconds=20), RATE, SETTINGS)


@pytest.mark.parametrize("n_samples", [2, 27])
def test_recording_too_short_to_filter_is_refused(n_samples: int):
    with pytest.raises(RecordingError, match=rf"lasts {n_samples / RATE:.3f} s, too short to filter"):
        preprocess(tone(100)[:n_samples], RATE, SETTINGS)


# Cutting


def test_windows_begin_every_hop_and_leave_the_rest_out():
    waveform = np.arange(100, dtype=np.float32)
    cut = windows(waveform, 30, 20)
    np.testing.assert_array_equal(cut[:, 0], [0, 20, 40, 60])
    assert all((row == np.arange(row[0], row[0] + 30)).all() for row in cut)


def test_windows_without_overlap_cover_each_sample_once():
    waveform = np.arange(90, dtype=np.float32)
    np.testing.assert_array_equal(windows(waveform, 30, 30).ravel(), waveform)


def test_waveform_shorter_than_a_window_gives_none():
    assert windows(np.ones(29, np.float32), 30, 10).shape == (0, 30)


def test_beat_windows_begin_at_s1_and_end_at_the_next():
    waveform = np.arange(1, 101, dtype=np.float32)
    cut = beat_windows(waveform, np.array([10, 35, 60, 95]), length=30)
    assert cut.shape == (3, 30), "the last S1 only ends its beat"
    np.testing.assert_array_equal(cut[:, 0], waveform[[10, 35, 60]])
    np.testing.assert_array_equal(cut[0, :25], waveform[10:35])
    assert not cut[0, 25:].any(), "silence behind"
    np.testing.assert_array_equal(cut[2], waveform[60:90])  # a longer beat is cut


@pytest.mark.parametrize("n_beats", [0, 1])
def test_one_s1_makes_no_beat(n_beats: int):
    assert beat_windows(np.ones(100, np.float32), np.arange(n_beats), 30).shape == (0, 30)


# The data set


@pytest.fixture
def dataset(heart) -> SegmentDataset:
    """Ten and six seconds, the second abnormal, in windows of 2.5 s every second."""
    recordings = [recording("a1", heart), recording("a2", heart[:6000] ** 3, label=1)]
    return SegmentDataset(recordings, SETTINGS, segment_s=2.5, hop_s=1.0)


def test_each_segment_remembers_its_recording_and_label(dataset: SegmentDataset):
    items = [dataset[i] for i in range(len(dataset))]
    assert [owner for _, _, owner in items] == [0] * 8 + [1] * 4  # 1 + (10 - 2.5) / 1, and 1 + (6 - 2.5) / 1
    assert [label for _, label, _ in items] == [0] * 8 + [1] * 4
    assert dataset.recording_index.tolist() == [owner for _, _, owner in items]


def test_segment_is_the_prepared_waveform_at_its_place(dataset: SegmentDataset, heart):
    prepared = preprocess(heart, RATE, SETTINGS)
    segment, _, _ = dataset[3]
    assert segment.dtype == torch.float32
    np.testing.assert_array_equal(segment.numpy(), prepared[3000:5500])
    np.testing.assert_array_equal(dataset.waveform(0), prepared)


def test_segment_may_be_written_to_without_harm(dataset: SegmentDataset):
    dataset[0][0].zero_()
    assert dataset[0][0].abs().max() > 0


def test_windows_do_not_overlap_unless_asked(heart):
    assert len(SegmentDataset([recording("a1", heart)], SETTINGS, segment_s=2.5)) == 4


def test_rates_are_mixed_freely(heart):
    slow, fast = recording("a1", heart), recording("a2", resample(heart, RATE, 4000), 4000)
    dataset = SegmentDataset([slow, fast], SETTINGS, segment_s=2.5)
    # Resampling twice only touches what lies near the upper edge.
    torch.testing.assert_close(dataset[1][0], dataset[5][0], atol=0.02, rtol=0)


def test_beat_segments_begin_at_s1(heart):
    onsets = np.arange(0.2, 9.5, 0.8)
    states = HeartStates(np.sort(np.r_[onsets, onsets + 0.3]), ("S1", "S2") * len(onsets))
    dataset = SegmentDataset([recording("a1", heart, states=states)], SETTINGS, segment_s=1.0, cut="beats")
    prepared = preprocess(heart, RATE, SETTINGS)
    assert len(dataset) == len(onsets) - 1
    for number, onset in enumerate(onsets[:-1]):
        start = round(onset * RATE)
        np.testing.assert_array_equal(dataset[number][0][:800], prepared[start : start + 800])


def test_beat_in_which_the_states_were_lost_is_left_out(heart):
    states = HeartStates(np.array([0.0, 1.0, 1.8, 2.2, 4.2, 5.0]), ("noise", "S1", "S1", "noise", "S1", "S1"))
    dataset = SegmentDataset([recording("a1", heart, states=states)], SETTINGS, segment_s=1.0, cut="beats")
    prepared = preprocess(heart, RATE, SETTINGS)
    assert len(dataset) == 2
    np.testing.assert_array_equal(dataset[0][0][:800], prepared[1000:1800])
    np.testing.assert_array_equal(dataset[1][0][:800], prepared[4200:5000])


def test_recording_shorter_than_a_segment_is_named(heart):
    with pytest.raises(
        RecordingError, match=r"a2 lasts 1\.20 s, less than one segment of 2\.5 s; leave it out"
    ):
        SegmentDataset([recording("a1", heart), recording("a2", heart[:1200])], SETTINGS, segment_s=2.5)


def test_recording_exactly_as_long_as_a_segment_gives_one(heart):
    assert len(SegmentDataset([recording("a1", heart[:2500])], SETTINGS, segment_s=2.5)) == 1


def test_recording_without_beats_cannot_be_cut_by_them(heart):
    with pytest.raises(RecordingError, match="a1 has no known beats; unpack the annotations or cut windows"):
        SegmentDataset([recording("a1", heart)], SETTINGS, cut="beats")


def test_recording_that_cannot_be_used_is_named(heart):
    with pytest.raises(RecordingError, match="a2 is silent"):
        SegmentDataset([recording("a1", heart), recording("a2", 0 * heart)], SETTINGS)
    with pytest.raises(RecordingError, match="a3: the recording holds nothing between"):
        SegmentDataset([recording("a3", 1e-4 * tone(0.5, seconds=20))], SETTINGS)


def test_no_recordings_is_said_so():
    with pytest.raises(ValueError, match="recordings is empty; give at least one recording"):
        SegmentDataset([], SETTINGS)


@pytest.mark.real
def test_every_real_recording_gives_segments(real_recordings):
    some = real_recordings[::20]  # all 3240 take a minute and hold too
    dataset = SegmentDataset(some, SETTINGS, segment_s=2.5)
    assert set(dataset.recording_index.tolist()) == set(range(len(some)))
    assert all(torch.isfinite(dataset[i][0]).all() for i in range(0, len(dataset), 7))
