"""`SegmentExplorer` in Python: its cycle is the package's, and it refuses what no heart does."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import traitlets

from spectnet.explorers import SegmentExplorer
from spectnet.recordings import Recording, RecordingError
from spectnet.synthesis import MURMURS, HeartSettings, synthesize
from spectnet.synthesis.rhythm import systole_length
from tests.explorers import write_segment
from tests.explorers.stored import assert_current


def test_vectors_are_current() -> None:
    assert_current(write_segment.VECTORS, write_segment.vectors())


@pytest.mark.parametrize("heart_rate", [40.0, 72.0, 150.0])
def test_cycle_follows_the_heart_rate(heart_rate: float) -> None:
    explorer = SegmentExplorer()
    explorer.heart_rate = heart_rate
    start, systole, s2, diastole, end = explorer.cycle
    assert (start, systole) == (0.0, 0.13)
    assert s2 == pytest.approx(systole_length(np.array([60 / heart_rate]))[0])
    assert (diastole - s2, end) == (pytest.approx(0.10), pytest.approx(60 / heart_rate))
    assert len(explorer.parts()["heart"]) == int(end * 2000)


@pytest.mark.parametrize("kind", list(MURMURS))
def test_murmur_of_the_book_lies_in_its_phase_and_band(kind: str) -> None:
    explorer = SegmentExplorer(murmur=kind, murmur_db=-10.0)
    assert (explorer.f_min, explorer.f_max) == MURMURS[kind].band
    murmur = explorer.parts()["murmur"]
    time, energy = np.arange(len(murmur)) / 2000, murmur**2
    phase = {"systole": (0.0, explorer.cycle[3]), "diastole": (explorer.cycle[2], explorer.cycle[4])}
    first, last = phase[MURMURS[kind].phase]
    assert energy[(time >= first) & (time < last)].sum() == pytest.approx(energy.sum())
    frequency, power = scipy.signal.periodogram(murmur, 2000)
    inside = (frequency >= explorer.f_min) & (frequency <= explorer.f_max)
    assert power[inside].sum() > 0.8 * power.sum()


def test_murmur_lifts_its_state_and_leaves_the_others() -> None:
    with_murmur, without = SegmentExplorer(murmur="holosystolic").levels(), SegmentExplorer().levels()
    assert with_murmur["systole"] > without["systole"] + 10
    assert with_murmur["diastole"] == pytest.approx(without["diastole"], abs=0.01)
    louder = SegmentExplorer(murmur="holosystolic", murmur_db=-4.0).levels()
    assert louder["systole"] == pytest.approx(with_murmur["systole"] + 10, abs=0.5)


def test_another_patient_has_another_voice_and_the_same_rhythm() -> None:
    one, other = SegmentExplorer(), SegmentExplorer(patient=1)
    assert one.cycle == other.cycle
    assert not np.allclose(one.parts()["heart"], other.parts()["heart"], atol=0.1)
    np.testing.assert_array_equal(one.parts()["heart"], SegmentExplorer().parts()["heart"])


def test_own_recording_keeps_its_sound_and_its_states() -> None:
    recording = synthesize(HeartSettings(heart_rate=80), seed=3)
    explorer = SegmentExplorer(recording, 2, murmur="early diastolic")
    starts = recording.states.of("S1") if recording.states else np.zeros(0)
    first = int(np.ceil(starts[2] * 2000))
    heart = explorer.parts()["heart"]
    cut = recording.read()[0][first : first + len(heart)]
    np.testing.assert_allclose(heart / np.abs(heart).max(), cut / np.abs(cut).max(), atol=1e-6)
    assert np.abs(heart[: int(0.13 * 2000)]).max() == pytest.approx(1, abs=1e-6), "S1 is as high as 0 dB"
    assert explorer.cycle[-1] == pytest.approx(starts[3] - starts[2])
    with pytest.raises(traitlets.TraitError, match=r"heart_rate is the recording's, .*it cannot be changed"):
        explorer.heart_rate = 72.0


def test_recording_without_that_cycle_is_refused() -> None:
    recording = write_segment.own_recording()
    with pytest.raises(
        RecordingError, match=r"own has 2 complete cycles from S1 to S1; there is no number 2"
    ):
        SegmentExplorer(recording, 2)
    bare = Recording("bare", 0, "a", samples=recording.samples, sample_rate=1000)
    with pytest.raises(RecordingError, match=r"bare has no heart states; take a recording that has them"):
        SegmentExplorer(bare)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("heart_rate", 39.0, r"heart_rate must lie between 40 and 150 a minute, got 39"),
        ("heart_rate", float("nan"), r"heart_rate must lie between 40 and 150 a minute, got nan"),
        ("f_min", 400.0, r"0 < f_min < f_max <= 900 Hz, got 400 and 400 Hz"),
        ("f_max", 950.0, r"0 < f_min < f_max <= 900 Hz, got 100 and 950 Hz"),
        ("murmur_db", 11.0, r"should not be greater than 10"),
        ("shape", "square", r"'none', 'diamond', 'plateau', 'decrescendo'"),
    ],
)
def test_impossible_setting_is_refused_and_nothing_changes(name: str, value: object, message: str) -> None:
    explorer = SegmentExplorer()
    before = explorer.get_state()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert explorer.get_state() == before


def test_unknown_murmur_is_refused() -> None:
    with pytest.raises(ValueError, match=r"murmur must be None or one of ejection, .*, got 'systolic'"):
        SegmentExplorer(murmur="systolic")


def test_page_carries_little() -> None:
    state = SegmentExplorer().get_state()
    assert sum(len(state[name]) for name in ("white", "room", "heart")) < 30_000
