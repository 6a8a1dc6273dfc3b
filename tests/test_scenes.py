"""ESC-10 is indexed as it lies on the disk, and what is not whole is said in one sentence."""

import re
from collections import Counter
from pathlib import Path

import pytest

from spectnet import scenes, splits
from spectnet.physionet.checksums import COMMITTED, read_digests
from spectnet.recordings import RecordingError
from spectnet.scenes.esc10_catalogue import CLASS_FOLDERS

CLIPS_A_CELL = 8


@pytest.fixture
def small_esc10(tmp_path: Path) -> Path:
    """The layout of ESC-10 with empty files: the index reads names only."""
    folder = tmp_path / "esc10"
    for label, name in enumerate(CLASS_FOLDERS):
        (folder / name).mkdir(parents=True)
        for fold in range(1, 6):
            for source in range(CLIPS_A_CELL):
                dash = "-" if source else ""  # the published names come with and without it
                (folder / name / f"{fold}-{label}{source:02}{dash}A.ogg").touch()
    return folder


def test_classes_are_in_the_order_of_their_folders():
    assert CLASS_FOLDERS[0] == "001 - Dog bark"
    assert CLASS_FOLDERS[9] == "010 - Fire crackling"
    assert len(scenes.ESC10_CLASSES) == len(set(scenes.ESC10_CLASSES)) == 10


def test_every_clip_has_its_class_and_its_fold(small_esc10: Path):
    clips = scenes.esc10(small_esc10)
    assert [clip.name for clip in clips] == sorted({clip.name for clip in clips})
    assert Counter((c.label, c.subset) for c in clips) == {
        (label, fold): CLIPS_A_CELL for label in range(10) for fold in "12345"
    }
    for clip in clips:
        assert clip.path is not None
        assert clip.path.parent.name.partition(" - ")[2].lower() == scenes.ESC10_CLASSES[clip.label]
        assert clip.name == clip.path.stem
        assert clip.name[0] == clip.subset


def test_folder_above_and_environment_lead_to_the_same_clips(small_esc10: Path, monkeypatch):
    names = [clip.name for clip in scenes.esc10(small_esc10)]
    assert [clip.name for clip in scenes.esc10(small_esc10.parent)] == names
    monkeypatch.setenv("SPECTNET_DATA", str(small_esc10.parent))
    assert [clip.name for clip in scenes.esc10()] == names


def test_hidden_files_are_passed_over(small_esc10: Path):
    (small_esc10 / CLASS_FOLDERS[0] / ".DS_Store").touch()
    assert len(scenes.esc10(small_esc10)) == 400


def test_missing_set_says_how_to_get_it(tmp_path: Path):
    with pytest.raises(RecordingError, match=r"no clips in .*esc10; get them with `spectnet fetch esc10`"):
        scenes.esc10(tmp_path)


def test_missing_class_is_named(small_esc10: Path):
    (small_esc10 / "004 - Baby cry").rename(small_esc10 / "baby")
    with pytest.raises(RecordingError, match="004 - Baby cry is missing; repair"):
        scenes.esc10(small_esc10)


def test_wrong_count_names_class_and_fold(small_esc10: Path):
    next((small_esc10 / "002 - Rain").glob("3-*.ogg")).unlink()
    with pytest.raises(RecordingError, match="002 - Rain has 7 clips of fold 3 in place of 8; repair"):
        scenes.esc10(small_esc10)


@pytest.mark.parametrize("name", ["notes.txt", "6-100-A.ogg", "1-100-A.wav"])
def test_foreign_file_is_named(small_esc10: Path, name: str):
    (small_esc10 / "002 - Rain" / name).touch()
    with pytest.raises(RecordingError, match=f"002 - Rain holds {re.escape(name)}, which is not a clip"):
        scenes.esc10(small_esc10)


def test_clip_in_two_classes_is_named(small_esc10: Path):
    rain, dogs = small_esc10 / "002 - Rain", small_esc10 / "001 - Dog bark"
    next(rain.glob("1-*.ogg")).unlink()
    twice = next(dogs.glob("1-*.ogg")).name
    (rain / twice).touch()
    with pytest.raises(RecordingError, match=f"holds {twice.removesuffix('.ogg')} in 2 classes"):
        scenes.esc10(small_esc10)


def test_real_clips_are_400_at_44100_hz(real_clips):
    assert len(real_clips) == 400
    for clip in real_clips[::40]:
        waveform, sample_rate = clip.read()
        assert sample_rate == 44100
        assert 3.6 < len(waveform) / sample_rate < 7.3, "five seconds, says the readme; nearly, say the files"


@pytest.fixture(scope="module")
def published_names() -> list[tuple[str, str]]:
    """Class folder and name of each clip of ESC-10, as the committed digests name them."""
    paths = [Path(name) for name in read_digests(COMMITTED / "esc10.sha256")]
    return [(path.parent.name, path.stem) for path in paths]


def test_clips_of_one_source_file_lie_in_one_fold_and_one_class(published_names):
    places: dict[str, set[tuple[str, str]]] = {}
    for folder, name in published_names:
        places.setdefault(scenes.source_of(name, name[0]), set()).add((folder, name[0]))
    assert len(published_names) == 400
    assert len(places) == 304
    assert all(len(found) == 1 for found in places.values())


def test_series_of_one_uploader_lie_in_several_folds(published_names):
    """The leak that the folds leave open, as the docstring of `esc10` and the page name it."""
    folds = {scenes.source_of(name, name[0]): name[0] for _, name in published_names}
    assert [folds[source] for source in ("151079", "151080", "151081", "151085")] == ["2", "3", "3", "5"]
    assert [folds[source] for source in ("65747", "65748")] == ["2", "3"]


def test_real_clips_are_those_of_the_committed_digests(real_clips, published_names):
    assert sorted(clip.name for clip in real_clips) == sorted(name for _, name in published_names)


def test_real_fold_tests_eight_of_each_class(real_clips):
    for fold in range(1, 6):
        train, test = splits.named_split(f"esc10-fold-{fold}", real_clips).apply(real_clips)
        assert Counter(clip.label for clip in test) == dict.fromkeys(range(10), 8)
        assert len(train) == 320
