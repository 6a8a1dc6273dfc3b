"""A set is prepared once, comes back as it was, and is prepared again when anything has changed."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spectnet import cache
from spectnet.recordings import HeartStates, Recording, RecordingError
from spectnet.segments import Preprocessing, SegmentDataset, preparation, prepare, prepare_once

SETTINGS = Preprocessing()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """The cache's own."""
    monkeypatch.setenv("SPECTNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def recordings(tmp_path) -> list[Recording]:
    """Four files of 2 to 5 s at 2 kHz."""
    (tmp_path / "set" / "training-a").mkdir(parents=True)
    draw, found = np.random.default_rng(0), []
    for number in range(4):
        path = tmp_path / "set" / "training-a" / f"a{number}.wav"
        soundfile.write(path, 0.1 * draw.standard_normal(2000 * (2 + number)), 2000)
        states = HeartStates(np.arange(0.2, 1.9, 0.8), ("S1",) * 3)
        found.append(Recording(path.stem, number % 2, "a", path=path, states=states))
    return found


@pytest.fixture
def prepared(monkeypatch) -> list[str]:
    """Names of the recordings that are prepared, as it happens."""
    names, whole = [], prepare

    def listening(recording, settings):
        names.append(recording.name)
        return whole(recording, settings)

    monkeypatch.setattr(preparation, "prepare", listening)
    return names


def the_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_what_comes_back_is_what_was_prepared_and_is_prepared_once(recordings, prepared):
    for _ in range(2):
        found = prepare_once(recordings, SETTINGS)
        starts, lengths = found.locate(recordings)
        for recording, start, length in zip(recordings, starts, lengths, strict=True):
            expected = prepare(recording, SETTINGS)
            np.testing.assert_array_equal(found.samples[start : start + length], expected)
        assert prepared == ["a0", "a1", "a2", "a3"]


def test_it_is_mapped_from_the_file_and_cannot_be_written_to(recordings):
    found = prepare_once(recordings, SETTINGS)
    base = found.samples
    while base.base is not None and not isinstance(base, np.memmap):
        base = base.base
    assert isinstance(base, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        found.samples[0] = 1


@pytest.mark.parametrize("cut", ["windows", "beats"])
def test_a_part_of_the_set_gives_the_same_segments_with_the_cache_and_without(recordings, cut):
    part = [recordings[3], recordings[1]]
    mapped, read = (
        SegmentDataset(part, SETTINGS, segment_s=1.0, hop_s=0.1, cut=cut, cache=kept)
        for kept in (prepare_once(recordings, SETTINGS), None)
    )
    assert len(mapped) == len(read) > 2
    assert mapped.fingerprint() == read.fingerprint()
    for one, other in zip(mapped.gather(range(len(read))), read.gather(range(len(read))), strict=True):
        assert one.equal(other)
    mapped.gather([0])[0].zero_()  # a copy: the cache is not written to
    assert mapped.gather([0])[0].abs().max() > 0


def test_what_was_prepared_otherwise_or_from_others_is_refused(recordings):
    kept = prepare_once(recordings[:3], SETTINGS)
    with pytest.raises(ValueError, match="other settings"):
        SegmentDataset(recordings[:3], Preprocessing(f_high=300), segment_s=1.0, cache=kept)
    with pytest.raises(ValueError, match="lacks 1 recordings, such as a3"):
        SegmentDataset(recordings, SETTINGS, segment_s=1.0, cache=kept)


def test_what_a_killed_preparation_left_goes_and_what_is_being_written_stays(recordings, folder):
    folder.mkdir(parents=True, exist_ok=True)
    old, young = folder / ".waveforms-1.f32.7.part", folder / ".waveforms-2.f32.8.part"
    for half in (old, young):
        half.write_bytes(b"half")
    os.utime(old, (1, 1))
    prepare_once(recordings, SETTINGS)
    assert not old.exists()
    assert young.exists()


def change_file(recordings: list[Recording]) -> None:
    soundfile.write(recordings[2].path, 0.1 * np.random.default_rng(9).standard_normal(8000), 2000)
    os.utime(recordings[2].path, ns=(1, 1))  # also where the clock is too coarse to tell


@pytest.mark.parametrize("what", ["a recording", "the list", "the settings", "the code"])
def test_it_is_made_again_when_anything_has_changed(recordings, prepared, monkeypatch, what):
    prepare_once(recordings, SETTINGS)
    prepared.clear()
    settings = SETTINGS
    if what == "a recording":
        change_file(recordings)
    elif what == "the list":
        recordings = recordings[:3]
    elif what == "the settings":
        settings = Preprocessing(f_high=300)
    else:
        monkeypatch.setattr(preparation, "remove_spikes", lambda waveform, _: waveform)
    found = prepare_once(recordings, settings)
    assert prepared == [recording.name for recording in recordings]
    start, length = found.places["a2"]
    expected = prepare(recordings[2], settings)
    np.testing.assert_array_equal(found.samples[start : start + length], expected)


def test_settings_have_a_file_each_and_a_changed_set_replaces_its_own(recordings, folder):
    prepare_once(recordings, SETTINGS)
    change_file(recordings)
    prepare_once(recordings, SETTINGS)
    assert len(list(folder.iterdir())) == 1
    prepare_once(recordings, Preprocessing(f_high=300))
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("damage", ["cut in the index", "cut in the samples", "empty", "grown", "foreign"])
def test_a_damaged_file_is_made_again(recordings, prepared, folder, damage):
    prepare_once(recordings, SETTINGS)
    content = the_file(folder).read_bytes()
    the_file(folder).write_bytes(
        {
            "cut in the index": content[:-5],
            "cut in the samples": content[4000:],
            "empty": b"",
            "grown": bytes(8) + content,
            "foreign": bytes(100),
        }[damage]
    )
    prepared.clear()
    prepare_once(recordings, SETTINGS)
    assert len(prepared) == 4
    assert the_file(folder).read_bytes() == content


def test_recordings_in_memory_need_no_cache(hearts, folder):
    assert prepare_once(hearts, SETTINGS) is None
    assert not folder.exists()


def test_where_it_cannot_be_written_a_warning_says_so_and_work_goes_on(recordings, folder):
    folder.write_text("a file where the folder should be")
    with pytest.warns(
        UserWarning, match=r"could not be written .* are prepared again every time; set SPECTNET_CACHE"
    ):
        assert prepare_once(recordings, SETTINGS) is None


@pytest.mark.parametrize(("sample_rate", "room"), [(1000, "0.1 GB"), (44_100_000, "2.5 GB")])
def test_the_room_that_is_asked_for_follows_from_durations_and_rate(recordings, folder, sample_rate, room):
    """14 s in all, four bytes a sample."""
    folder.write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match=f"set SPECTNET_CACHE to a folder with {room} of room"):
        cache.cached_waveforms(recordings, "recipe", lambda one: one.read()[0], sample_rate=sample_rate)


def test_a_broken_recording_is_named_and_leaves_no_half_file(recordings, folder):
    soundfile.write(recordings[3].path, np.zeros(8000), 2000)
    with pytest.raises(RecordingError, match=r"a3.* is silent"):
        prepare_once(recordings, SETTINGS)
    assert list(folder.iterdir()) == []


def test_the_folder_is_the_systems_unless_one_is_named(monkeypatch, tmp_path):
    assert cache.cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("SPECTNET_CACHE")
    assert cache.cache_folder().name == "spectnet"


@pytest.mark.real
def test_the_real_set_is_prepared_once(real_recordings, prepared):
    some = real_recordings[::100]
    first = prepare_once(some, SETTINGS)
    assert np.isfinite(first.samples).all()
    prepared.clear()
    prepare_once(some, SETTINGS)
    assert prepared == []
