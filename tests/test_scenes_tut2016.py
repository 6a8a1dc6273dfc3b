"""TUT Acoustic Scenes 2016 is read in its published layout; what does not match is said in one sentence."""

import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from spectnet import scenes, splits
from spectnet.recordings import RecordingError, read_audio
from spectnet.scenes.tut2016_catalogue import NAME, SEGMENTS_A_CLASS

LOCATIONS_A_CLASS = 13  # of six segments each


def write_tut2016(root: Path) -> Path:
    """The published layout with empty sounds: the index reads names and lists only."""
    folder = root / NAME
    (folder / "audio").mkdir(parents=True)
    (folder / "evaluation_setup").mkdir()
    rows, fold_of = [], {}
    for label, place in enumerate(scenes.TUT2016_CLASSES):
        for number in range(SEGMENTS_A_CLASS):
            location, start = f"a{label:02}{number // 6}", 30 * (number % 6)
            rows.append(f"audio/{location}_{start}_{start + 30}.wav\t{place}")
            fold_of[rows[-1]] = number // 6 % 4 + 1
            (folder / rows[-1].split("\t")[0]).touch()
    (folder / "meta.txt").write_text("\n".join(rows) + "\n")
    for fold in range(1, 5):
        lists = folder / "evaluation_setup"
        train = [row for row in rows if fold_of[row] != fold]
        test = [row for row in rows if fold_of[row] == fold]
        (lists / f"fold{fold}_train.txt").write_text("\n".join(train) + "\n")
        (lists / f"fold{fold}_evaluate.txt").write_text("\n".join(test) + "\n")
        (lists / f"fold{fold}_test.txt").write_text("\n".join(r.split("\t")[0] for r in test) + "\n")
    return folder


@pytest.fixture
def tut2016(tmp_path: Path) -> Path:
    """All 1170 segments, without their sound."""
    return write_tut2016(tmp_path)


def test_every_segment_has_its_place_and_its_location(tut2016: Path):
    segments = scenes.tut2016(tut2016)
    assert len(segments) == 1170
    assert [s.name for s in segments] == sorted({s.name for s in segments})
    assert Counter(s.label for s in segments) == dict.fromkeys(range(15), SEGMENTS_A_CLASS)
    assert all(s.subset == s.name.split("_")[0] for s in segments)
    assert all(s.path is not None and s.path.is_file() for s in segments)


def test_folder_above_and_environment_lead_to_the_same_segments(tut2016: Path, monkeypatch):
    names = [s.name for s in scenes.tut2016(tut2016.parent)]
    monkeypatch.setenv("SPECTNET_DATA", str(tut2016.parent))
    assert [s.name for s in scenes.tut2016()] == names


def test_both_ears_are_averaged_without_a_warning(tut2016: Path):
    segment = scenes.tut2016(tut2016)[0]
    ears = np.random.default_rng(0).uniform(-0.5, 0.5, (441, 2))
    soundfile.write(str(segment.path), ears, 44100, subtype="PCM_24")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        waveform, sample_rate = segment.read()
    assert sample_rate == 44100
    np.testing.assert_allclose(
        waveform, ears.mean(axis=1), atol=2**-22
    )  # half a step of 24 bits, and float32


def test_file_with_other_channels_than_expected_is_still_warned_of(tmp_path: Path):
    sound = tmp_path / "three.wav"
    soundfile.write(sound, np.random.default_rng(0).uniform(-0.5, 0.5, (441, 3)), 44100)
    with pytest.warns(UserWarning, match="has 3 channels"):
        read_audio(sound, channels=2)


def test_missing_set_says_how_to_get_it(tmp_path: Path):
    with pytest.raises(
        RecordingError, match=f"no scenes in .*{NAME}; get them with `spectnet fetch tut2016`"
    ):
        scenes.tut2016(tmp_path)


def test_missing_and_foreign_segments_are_named(tut2016: Path):
    sound = tut2016 / "audio" / "a000_0_30.wav"
    sound.rename(tut2016 / "audio" / "a000_0_31.wav")
    with pytest.raises(
        RecordingError, match=r"1 segments, such as audio/a000_0_30\.wav, are missing; repair"
    ):
        scenes.tut2016(tut2016)
    sound.touch()
    with pytest.raises(RecordingError, match=r"audio/a000_0_31\.wav, are not in meta\.txt; take away"):
        scenes.tut2016(tut2016)


@pytest.mark.parametrize(
    "row", ["audio/a000_0_30.wav", "audio/a000_0_30.wav\tmoon", "../a000_0_30.wav\tbeach", "a000.wav\tbeach"]
)
def test_line_that_is_none_is_refused_with_its_number(tut2016: Path, row: str):
    meta = tut2016 / "meta.txt"
    lines = meta.read_text().splitlines()
    meta.write_text("\n".join([lines[0], row, *lines[2:]]))
    with pytest.raises(RecordingError, match=rf"meta\.txt, line 2: expected .* got {re.escape(repr(row))}"):
        scenes.tut2016(tut2016)


@pytest.mark.parametrize("name", ["meta.txt", "evaluation_setup/fold1_test.txt"])
def test_list_that_is_no_utf_8_is_named(tut2016: Path, name: str):
    segments, path = scenes.tut2016(tut2016), tut2016 / name
    path.write_bytes(path.read_bytes() + b"\xff\n")
    with pytest.raises(RecordingError, match=rf"{re.escape(name)} is no text in UTF-8 \(.+\); repair"):
        splits.tut2016_fold(segments, 1)


def test_wrong_count_names_the_place(tut2016: Path):
    meta = tut2016 / "meta.txt"
    meta.write_text("\n".join(meta.read_text().splitlines()[1:]))
    with pytest.raises(RecordingError, match="lists 77 segments of beach in place of 78; repair"):
        scenes.tut2016(tut2016)


def test_segment_that_is_listed_twice_is_named(tut2016: Path):
    meta = tut2016 / "meta.txt"
    lines = meta.read_text().splitlines()
    meta.write_text("\n".join([lines[1], *lines[1:]]))
    with pytest.raises(RecordingError, match=r"lists audio/a000_30_60\.wav 2 times"):
        scenes.tut2016(tut2016)


@pytest.mark.parametrize("fold", range(1, 5))
def test_published_folds_share_no_location(tut2016: Path, fold: int):
    segments = scenes.tut2016(tut2016)
    split = splits.named_split(f"tut2016-fold-{fold}", segments)
    train, test = split.apply(segments)
    assert split.name == f"tut2016-fold-{fold}"
    assert len(train) + len(test) == 1170
    assert {s.subset for s in train}.isdisjoint({s.subset for s in test})
    assert {s.label for s in test} == set(range(15))


def test_missing_list_is_named(tut2016: Path):
    segments = scenes.tut2016(tut2016)
    (tut2016 / "evaluation_setup" / "fold2_test.txt").unlink()
    with pytest.raises(RecordingError, match=r"fold2_test\.txt is missing; repair"):
        splits.tut2016_fold(segments, 2)


@pytest.mark.parametrize("fold", [0, 5])
def test_there_is_no_other_fold(tut2016: Path, fold: int):
    with pytest.raises(ValueError, match=f"fold must be 1 to 4, got {fold}"):
        splits.tut2016_fold(scenes.tut2016(tut2016), fold)
    with pytest.raises(ValueError, match="split must be"):
        splits.named_split(f"tut2016-fold-{fold}", scenes.tut2016(tut2016))


def test_fold_refuses_recordings_of_another_set(hearts):
    with pytest.raises(ValueError, match="tut2016-fold-1 needs recordings of TUT Acoustic Scenes 2016"):
        splits.named_split("tut2016-fold-1", hearts)


def change(path: Path, line: str | None = None, *, without: str | None = None) -> None:
    """Add a line to a list, or take away those that begin so."""
    lines = [old for old in path.read_text().splitlines() if not (without and old.startswith(without))]
    path.write_text("\n".join([*lines, *([line] if line else [])]) + "\n")


def test_fold_whose_location_stands_on_both_sides_is_refused_by_list_and_location(tut2016: Path):
    segments, lists = scenes.tut2016(tut2016), tut2016 / "evaluation_setup"
    change(lists / "fold1_train.txt", "audio/a000_0_30.wav\tbeach")
    change(lists / "fold1_test.txt", without="audio/a000_0_30.wav")  # its other segments stay
    with pytest.raises(RecordingError, match=r"fold1_test\.txt tests location a000, which fold1_train\.txt"):
        splits.tut2016_fold(segments, 1)


def test_fold_that_lacks_a_segment_is_refused_by_list_and_location(tut2016: Path):
    segments, lists = scenes.tut2016(tut2016), tut2016 / "evaluation_setup"
    change(lists / "fold1_test.txt", without="audio/a000_0_30.wav")
    message = r"fold1_test\.txt lack 1 segments of meta\.txt, such as a000_0_30 of location a000; repair"
    with pytest.raises(RecordingError, match=message):
        splits.tut2016_fold(segments, 1)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("audio/a999_0_30.wav", r"fold1_test\.txt names a999_0_30, which is not in meta\.txt; repair"),
        ("audio/a000_0_30.wav", r"fold1_test\.txt names a000_0_30 twice; repair"),
    ],
)
def test_fold_that_names_an_unknown_segment_or_one_twice_is_refused(tut2016: Path, line: str, message: str):
    segments = scenes.tut2016(tut2016)
    change(tut2016 / "evaluation_setup" / "fold1_test.txt", line)
    with pytest.raises(RecordingError, match=message):
        splits.tut2016_fold(segments, 1)


def test_fold_refuses_some_of_its_segments(tut2016: Path):
    segments = scenes.tut2016(tut2016)
    with pytest.raises(ValueError, match=r"divides the 1170 segments of the set, got 117 recordings, .* all"):
        splits.tut2016_fold(segments[::10], 1)


def test_split_whose_recordings_are_missing_names_the_fetch_of_its_own_set(tut2016: Path):
    segments = scenes.tut2016(tut2016)
    with pytest.raises(ValueError, match=r"tut2016-fold-1 needs .* fetch them with `spectnet fetch tut2016`"):
        splits.tut2016_fold(segments, 1).apply(segments[1:])
    paper = splits.Split("paper-fold-0", ("a0001",), ("a0002",))
    with pytest.raises(ValueError, match=r"`spectnet fetch physionet2016`"):
        paper.apply([])


def test_copy_from_elsewhere_is_well_only_with_its_folds(tut2016: Path):
    assert scenes.verify_tut2016(tut2016).ok
    (tut2016 / "evaluation_setup" / "fold3_train.txt").unlink()
    report = scenes.verify_tut2016(tut2016)
    assert not report.ok
    assert "fold3_train.txt is missing" in report.fault
    assert "all is well" not in str(report)
