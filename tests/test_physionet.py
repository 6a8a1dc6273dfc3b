"""The set is fetched whole or not at all, verified file by file, and indexed with nothing guessed."""

import pickle
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import soundfile

from spectnet.physionet import (
    SUBSETS,
    checksums,
    data_folder,
    download,
    fetch,
    index,
    read_annotation,
    set_folder,
    verify,
)
from spectnet.physionet.download import FetchError
from spectnet.recordings import Recording, RecordingError

RATE = 2000
BEATS = [
    (1, "(N"),
    (1001, "N)"),
    (2001, "S1"),
    (2201, "systole"),
    (2801, "S2"),
    (3001, "diastole"),
    (4001, "S1"),
]
COMMITTED = checksums.COMMITTED


def write_sums(folder: Path, names: list[str], path: Path) -> None:
    """What `sha256sum` would write."""
    path.write_text("".join(f"{checksums.sha256(folder / name)}  {name}\n" for name in names))


def write_annotation(path: Path, beats: list[tuple[int, str]]) -> None:
    """A `_StateAns.mat`, wrapped as MATLAB wraps it: a cell of numbers beside a cell of cells."""
    cells = np.empty((len(beats), 2), dtype=object)
    for row, (sample, name) in enumerate(beats):
        cells[row, 0] = np.array([[sample]])
        cells[row, 1] = np.array([[name]], dtype=object)
    scipy.io.savemat(path, {"state_ans": cells})


def write_subset(root: Path, subset: str) -> None:
    """Three short recordings: normal, abnormal, and an abnormal one of low quality without beats."""
    folder, beats = root / f"training-{subset}", root / checksums.ANNOTATIONS / f"training-{subset}_StateAns"
    folder.mkdir(parents=True)
    beats.mkdir(parents=True)
    names = [f"{subset}000{number}" for number in (1, 2, 3)]
    noise = np.random.default_rng(ord(subset))
    for name in names:
        soundfile.write(folder / f"{name}.wav", noise.uniform(-0.5, 0.5, 3 * RATE), RATE)
        (folder / f"{name}.hea").write_text(f"{name} 1 2000 6000\n")
    for name in names[:2]:
        write_annotation(beats / f"{name}_StateAns.mat", BEATS)
    labels = [f"{name},{label}" for name, label in zip(names, (-1, 1, 1), strict=True)]
    (folder / "RECORDS").write_text("\n".join(names) + "\n")
    (folder / "REFERENCE.csv").write_text("\n".join(labels) + "\n")
    sums = sorted(path.name for path in folder.iterdir())
    write_sums(folder, sums, folder / "SHA256SUMS")
    qualities = [f"{line},{quality}" for line, quality in zip(labels, (1, 1, 0), strict=True)]
    (folder / "REFERENCE-SQI.csv").write_text("\n".join(qualities) + "\n")


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny set with PhysioNet's layout, and digests of it in place of the committed ones."""
    root, digests = tmp_path / "published", tmp_path / "digests"
    for subset in SUBSETS:
        write_subset(root, subset)
    digests.mkdir()
    trusted = [f"training-{s}/{name}" for s in SUBSETS for name in ("SHA256SUMS", "REFERENCE-SQI.csv")]
    write_sums(root, trusted, digests / "physionet2016.sha256")
    beats = root / checksums.ANNOTATIONS
    annotated = sorted(path.relative_to(beats).as_posix() for path in beats.rglob("*.mat"))
    write_sums(beats, annotated, digests / "physionet2016-annotations.sha256")
    monkeypatch.setattr(checksums, "COMMITTED", digests)
    monkeypatch.setattr(download, "RETRIES", 0)  # each waits a second
    return root


class Server(SimpleHTTPRequestHandler):
    """Serves a folder; can be told to fail on some paths."""

    asked: Counter[str]
    breaks: dict[str, int]  # path: how many more times its answer stops half-way

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        self.asked[path] += 1
        if self.breaks.get(path, 0) == 0:
            return super().do_GET()
        self.breaks[path] -= 1
        content = Path(self.directory, path).read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        return None

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server(published: Path) -> Iterator[ThreadingHTTPServer]:
    """A mirror of the tiny set on this machine."""
    Server.asked, Server.breaks = Counter(), {}
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=published)) as http_server:
        threading.Thread(target=http_server.serve_forever, args=(0.01,), daemon=True).start()
        yield http_server
        http_server.shutdown()


@pytest.fixture
def url(server: ThreadingHTTPServer) -> str:
    """Address of the mirror."""
    return f"http://127.0.0.1:{server.server_port}"


def files(folder: Path) -> set[str]:
    """Every file under a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# The index


def test_index_gives_every_recording_its_label_subset_and_quality(published: Path):
    recordings = index(published)
    assert [r.name for r in recordings] == [f"{s}000{n}" for s in SUBSETS for n in (1, 2, 3)]
    assert [r.label for r in recordings[:3]] == [0, 1, 1]
    assert [r.good_quality for r in recordings[:3]] == [True, True, False]
    assert all(r.subset == r.name[0] for r in recordings)
    waveform, sample_rate = recordings[0].read()
    assert (len(waveform), sample_rate) == (3 * RATE, RATE)


def test_index_follows_names_whatever_the_order_of_the_files(published: Path):
    table = published / "training-b" / "REFERENCE.csv"
    table.write_text("\n".join(reversed(table.read_text().split())))
    assert [r.name for r in index(published, subsets="ba")] == [
        "a0001",
        "a0002",
        "a0003",
        "b0001",
        "b0002",
        "b0003",
    ]


def test_beats_come_in_seconds_and_noise_has_no_beats(published: Path):
    states = index(published)[0].states
    assert states is not None
    assert states.names == (
        "noise",
        "S1",
        "systole",
        "S2",
        "diastole",
        "S1",
    )  # the bracket's end names nothing
    np.testing.assert_allclose(states.starts, [0, 1, 1.1, 1.4, 1.5, 2])  # MATLAB's sample 2001 is at 1 s
    np.testing.assert_allclose(states.of("S1"), [1, 2])


def test_recording_without_annotation_has_no_states(published: Path):
    assert index(published)[2].states is None
    assert all(r.states is None for r in index(published, annotations=False))
    shutil.rmtree(published / "annotations")
    assert all(r.states is None for r in index(published))


def test_index_opens_neither_sounds_nor_annotations(published: Path):
    for path in (*published.rglob("*.wav"), *published.rglob("*.mat")):
        path.write_bytes(b"")
    assert len(index(published)) == 18


def test_states_travel_to_another_process(published: Path):
    recording = pickle.loads(pickle.dumps(index(published)[0]))
    np.testing.assert_allclose(recording.states.of("S2"), [1.4])


@pytest.mark.parametrize("content", [b"", b"nonsense" * 100])
def test_broken_annotation_is_named(published: Path, content: bytes):
    path = published / checksums.ANNOTATIONS / "training-a_StateAns" / "a0001_StateAns.mat"
    path.write_bytes(content)
    with pytest.raises(
        RecordingError, match=r"a0001_StateAns\.mat is not a heart-state annotation .*repair it with"
    ):
        read_annotation(path)


def test_unknown_state_is_refused(tmp_path: Path):
    write_annotation(tmp_path / "a0001_StateAns.mat", [(1, "S1"), (200, "S9")])
    with pytest.raises(RecordingError, match=r"not a heart-state annotation .*S9"):
        read_annotation(tmp_path / "a0001_StateAns.mat")


def test_missing_label_is_named(published: Path):
    table = published / "training-c" / "REFERENCE.csv"
    table.write_text("c0001,-1\nc0003,1\n")
    with pytest.raises(
        RecordingError,
        match=r"training-c: c0002 has a sound but no label in REFERENCE\.csv; take away .* or repair it",
    ):
        index(published)


def test_duplicated_label_is_named(published: Path):
    table = published / "training-c" / "REFERENCE.csv"
    table.write_text(table.read_text() + "c0002,-1\n")
    with pytest.raises(
        RecordingError, match=r"training-c/REFERENCE\.csv lists c0002 more than once; repair it with"
    ):
        index(published)


@pytest.mark.parametrize("row", ["d0002,0", "d0002,abnormal", "d0002,", "d0002"])
def test_label_other_than_one_and_minus_one_is_refused_with_its_line(published: Path, row: str):
    table = published / "training-d" / "REFERENCE.csv"
    table.write_text(f"d0001,-1\n{row}\nd0003,1\n")
    with pytest.raises(
        RecordingError, match=rf"REFERENCE\.csv, line 2: expected a name and -1 or 1 in column 2, got '{row}'"
    ):
        index(published)


def test_missing_sound_is_named(published: Path):
    for number in (1, 2, 3):
        (published / "training-e" / f"e000{number}.wav").unlink()
    with pytest.raises(RecordingError, match="training-e: e0001, e0002, e0003 has no sound; repair it with"):
        index(published)


def test_missing_signal_quality_is_named(published: Path):
    table = published / "training-f" / "REFERENCE-SQI.csv"
    table.write_text("f0001,-1,1\nf0002,1,1\n")
    with pytest.raises(
        RecordingError, match=r"training-f: f0003 has no signal quality in REFERENCE-SQI\.csv"
    ):
        index(published)
    table.unlink()
    with pytest.raises(RecordingError, match=r"REFERENCE-SQI\.csv is missing; repair it with"):
        index(published)


def test_missing_subset_is_named_and_can_be_left_out(published: Path):
    shutil.rmtree(published / "training-e")
    with pytest.raises(RecordingError, match=r'lacks training-e; get the rest with .* subsets="abcdf" only'):
        index(published)
    assert {r.subset for r in index(published, subsets="abcdf")} == set("abcdf")


def test_empty_folder_says_where_recordings_come_from(tmp_path: Path):
    with pytest.raises(
        RecordingError, match=r"no recordings in .*physionet2016; get them with .*SPECTNET_DATA"
    ):
        index(tmp_path)


@pytest.mark.parametrize("call", [index, fetch, verify])
@pytest.mark.parametrize("subsets", ["", "g", "a b"])
def test_letter_that_names_no_subset_is_refused(tmp_path: Path, call, subsets: str):
    with pytest.raises(ValueError, match=f"subsets must be letters out of 'abcdef', got '{subsets}'"):
        call(tmp_path, subsets=subsets)


def test_environment_names_the_data_folder(published: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPECTNET_DATA", str(published))
    assert data_folder() == published
    assert len(index()) == 18
    monkeypatch.delenv("SPECTNET_DATA")
    assert data_folder() == checksums.PROJECT_ROOT / "data"


def test_set_is_found_from_its_own_folder_and_from_the_one_above(tmp_path: Path, published: Path):
    published.rename(tmp_path / "physionet2016")
    assert set_folder(tmp_path) == set_folder(tmp_path / "physionet2016") == tmp_path / "physionet2016"


# Fetching


def test_fetch_brings_all_but_side_files(tmp_path: Path, published: Path, url: str):
    folder = fetch(tmp_path / "data", source=url, progress=False)
    assert folder == tmp_path / "data" / "physionet2016"
    assert files(folder) == {name for name in files(published) if not name.endswith(".hea")}
    assert verify(folder).ok
    assert [r.name for r in index(folder)] == [r.name for r in index(published)]


def test_fetch_goes_to_physionet_when_no_source_is_named(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
):
    assert download.PHYSIONET == "https://physionet.org/files/challenge-2016/1.0.0"
    monkeypatch.setattr(download, "PHYSIONET", url)
    assert verify(fetch(tmp_path / "data", progress=False)).ok


def test_finished_files_are_not_fetched_again(tmp_path: Path, url: str):
    fetch(tmp_path / "data", source=url, progress=False)
    Server.asked.clear()
    fetch(tmp_path / "data", source=url, progress=False)
    assert not Server.asked


def test_broken_file_starts_again_and_only_that(tmp_path: Path, url: str):
    folder = fetch(tmp_path / "data", source=url, progress=False)
    sound = folder / "training-b" / "b0002.wav"
    sound.write_bytes(sound.read_bytes()[:500])
    (folder / "training-c" / "REFERENCE.csv").unlink()
    Server.asked.clear()
    fetch(tmp_path / "data", source=url, progress=False)
    assert set(Server.asked) == {"training-b/b0002.wav", "training-c/REFERENCE.csv"}
    assert verify(folder).ok


def test_one_subset_is_fetched_alone(tmp_path: Path, url: str):
    folder = fetch(tmp_path / "data", source=url, subsets="c", progress=False)
    assert {path.name for path in folder.iterdir()} == {"training-c", "annotations"}
    assert verify(folder, subsets="c").ok


def test_connection_that_breaks_once_is_tried_again(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(download, "RETRIES", 1)
    Server.breaks["training-d/d0001.wav"] = 1
    assert verify(fetch(tmp_path / "data", source=url, progress=False)).ok
    assert Server.asked["training-d/d0001.wav"] == 2


def test_connection_that_keeps_breaking_leaves_no_half_file(tmp_path: Path, published: Path, url: str):
    broken = "training-d/d0001.wav"
    Server.breaks[broken] = 100
    with pytest.raises(
        FetchError, match=rf"{broken} could not be had from {url}: the connection broke half-way.*again"
    ):
        fetch(tmp_path / "data", source=url, progress=False)
    folder = set_folder(tmp_path / "data")
    assert files(folder) < files(published) - {broken}, "neither the half file nor a temporary one stays"
    kept = {name for name in files(folder) if (folder / name).read_bytes() == (published / name).read_bytes()}
    assert kept == files(folder)
    Server.breaks.clear()
    Server.asked.clear()
    assert verify(fetch(tmp_path / "data", source=url, progress=False)).ok
    assert not kept & set(Server.asked), "what had come stays"


@pytest.mark.parametrize(
    "name", ["training-e/e0002.wav", "training-e/SHA256SUMS", "training-e/REFERENCE-SQI.csv"]
)
def test_file_with_the_wrong_checksum_is_refused(tmp_path: Path, published: Path, url: str, name: str):
    (published / name).write_bytes((published / name).read_bytes() + b"\n")
    with pytest.raises(FetchError, match=rf"{name} could not be had .* \(wrong checksum\)"):
        fetch(tmp_path / "data", source=url, progress=False)
    assert not (set_folder(tmp_path / "data") / name).exists()


def test_wrong_checksum_does_not_replace_what_was_there(tmp_path: Path, published: Path, url: str):
    folder = fetch(tmp_path / "data", source=url, progress=False)
    sound = "training-a/a0001.wav"
    (folder / sound).write_bytes(b"mine")
    (published / sound).write_bytes(b"theirs")
    with pytest.raises(FetchError, match="wrong checksum"):
        fetch(tmp_path / "data", source=url, progress=False)
    assert (folder / sound).read_bytes() == b"mine"


def test_file_that_the_mirror_lacks_is_named(tmp_path: Path, published: Path, url: str):
    (published / "training-f" / "f0003.wav").unlink()
    with pytest.raises(
        FetchError, match=r"training-f/f0003\.wav could not be had from .*the server answered 404"
    ):
        fetch(tmp_path / "data", source=url, progress=False)


def test_server_out_of_reach_is_said_so(tmp_path: Path, server: ThreadingHTTPServer, url: str):
    server.shutdown()
    server.server_close()
    with pytest.raises(FetchError, match=r"cannot be reached \(is this machine on the network"):
        fetch(tmp_path / "data", source=url, subsets="a", progress=False)


def test_fetched_files_can_be_read_by_others(tmp_path: Path, url: str):
    folder = fetch(tmp_path / "data", source=url, subsets="a", progress=False)
    assert (folder / "training-a" / "a0001.wav").stat().st_mode & 0o044


def test_unpacked_folder_serves_as_source_and_stays_as_it_is(tmp_path: Path, published: Path):
    before = files(published)
    folder = fetch(tmp_path / "data", source=published, progress=False)
    assert verify(folder).ok
    assert files(published) == before
    (folder / "training-a" / "a0001.wav").write_bytes(b"")
    assert verify(published).ok, "a copy, not a link"


def test_source_folder_is_verified_file_by_file(tmp_path: Path, published: Path):
    (published / "training-a" / "a0002.wav").write_bytes(b"RIFF")
    with pytest.raises(
        FetchError, match=r"training-a/a0002\.wav could not be had from .*not the file that PhysioNet"
    ):
        fetch(tmp_path / "data", source=published, progress=False)
    folder = set_folder(tmp_path / "data")
    assert "training-a/a0002.wav" not in files(folder)
    assert not [name for name in files(folder) if "tmp" in name]


def test_source_folder_that_lacks_a_file_is_said_so(tmp_path: Path, published: Path):
    (published / "training-a" / "a0002.wav").unlink()
    with pytest.raises(FetchError, match=r"training-a/a0002\.wav could not be had from .*published lacks it"):
        fetch(tmp_path / "data", source=published, progress=False)


def test_source_without_beats_gives_recordings_and_a_warning(tmp_path: Path, published: Path):
    shutil.rmtree(published / "annotations")
    with pytest.warns(UserWarning, match="recordings come without their beats"):
        folder = fetch(tmp_path / "data", source=published, progress=False)
    assert len(index(folder)) == 18
    assert verify(folder).ok


def test_source_that_is_nothing_is_refused(tmp_path: Path):
    with pytest.raises(
        FetchError, match="nowhere is neither a folder that holds training-a to training-f nor a URL"
    ):
        fetch(tmp_path / "data", source=tmp_path / "nowhere", progress=False)


@pytest.mark.parametrize("progress", [True, False])
def test_progress_is_shown_where_wanted(tmp_path: Path, published: Path, capfd, progress: bool):
    fetch(tmp_path / "data", source=published, subsets="a", progress=progress)
    shown = capfd.readouterr().err
    assert ("physionet2016: 100%" in shown and "7/7" in shown) is progress  # five of the list, two of beats


# Verifying


def test_whole_set_is_well_and_nothing_is_changed(published: Path):
    before = {name: (published / name).stat().st_mtime_ns for name in files(published)}
    report = verify(published)
    assert report.ok
    assert len(report.whole) == len(before)
    assert str(report).endswith("all is well")
    assert {name: (published / name).stat().st_mtime_ns for name in files(published)} == before


def test_missing_corrupt_and_extra_files_are_told_apart(published: Path):
    (published / "training-a" / "a0001.wav").unlink()
    (published / "training-b" / "b0001.wav").write_bytes(b"RIFF")
    (published / "training-c" / "c0009.wav").write_bytes(b"RIFF")
    report = verify(published)
    assert not report.ok
    assert report.missing == ["training-a/a0001.wav"]
    assert report.corrupt == ["training-b/b0001.wav"]
    assert report.extra == ["training-c/c0009.wav"]
    assert "1 missing: training-a/a0001.wav" in str(report)
    assert str(report).endswith("repair it with `spectnet fetch physionet2016`")


def test_side_files_and_beats_that_a_copy_lacks_are_listed_and_no_fault(published: Path):
    (published / "training-a" / "a0001.hea").unlink()
    beats = f"{checksums.ANNOTATIONS}/training-a_StateAns/a0001_StateAns.mat"
    (published / beats).unlink()
    report = verify(published)
    assert report.ok
    assert report.side_files == ["training-a/a0001.hea", beats]
    assert "2 not in this copy, and not needed" in str(report)


@pytest.mark.parametrize(
    "name", ["training-a/a0001.hea", "annotations/hand_corrected/training-a_StateAns/a0001_StateAns.mat"]
)
def test_side_file_that_is_there_must_be_right(published: Path, name: str):
    (published / name).write_bytes(b"")
    report = verify(published)
    assert not report.ok
    assert report.corrupt == [name]


def test_missing_subset_is_said_once(published: Path):
    shutil.rmtree(published / "training-d")
    report = verify(published)
    assert not report.ok
    assert report.absent_subsets == "d"
    assert not report.missing
    assert "training-d is missing altogether" in str(report)
    assert verify(published, subsets="abcef").ok


def test_list_of_checksums_that_was_changed_vouches_for_nothing(published: Path):
    sums = published / "training-a" / "SHA256SUMS"
    (published / "training-a" / "a0001.wav").write_bytes(b"forged")
    write_sums(published / "training-a", ["a0001.wav"], sums)
    report = verify(published)
    assert not report.ok
    assert report.corrupt == ["training-a/SHA256SUMS"]
    assert "training-a was not checked: its SHA256SUMS is not the published one" in str(report)


def test_folder_without_the_set_is_not_well(tmp_path: Path):
    report = verify(tmp_path)
    assert not report.ok
    assert report.absent_subsets == SUBSETS


# What the project commits, and the real set


def test_committed_digests_cover_every_subset():
    digests = checksums.read_digests(COMMITTED / "physionet2016.sha256")
    assert set(digests) == {f"training-{s}/{n}" for s in SUBSETS for n in ("SHA256SUMS", "REFERENCE-SQI.csv")}
    beats = checksums.read_digests(COMMITTED / "physionet2016-annotations.sha256")
    assert len(beats) == 3153 + 1  # and a readme
    assert all(len(digest) == 64 for digest in (*digests.values(), *beats.values()))


@pytest.mark.real
def test_real_set_is_what_physionet_published():
    report = verify()
    assert report.ok, str(report)


@pytest.mark.real
def test_real_set_has_the_published_counts(real_recordings: list[Recording]):
    counts = Counter((r.subset, r.label) for r in real_recordings)
    normal = {subset: counts[subset, 0] for subset in SUBSETS}
    abnormal = {subset: counts[subset, 1] for subset in SUBSETS}
    assert normal == {"a": 117, "b": 386, "c": 7, "d": 27, "e": 1958, "f": 80}
    assert abnormal == {"a": 292, "b": 104, "c": 24, "d": 28, "e": 183, "f": 34}
    assert sum(not r.good_quality for r in real_recordings) == 364


@pytest.mark.real
def test_real_beats_have_their_states_in_turn(real_recordings: list[Recording]):
    annotated = [r.states for r in real_recordings if r.states is not None]
    if not annotated:
        pytest.skip("the annotations are not unpacked")
    assert len(annotated) == 3153
    turn = {"S1": "systole", "systole": "S2", "S2": "diastole", "diastole": "S1", "noise": "S1"}
    for states in annotated[::20]:  # all of them take 7 s and hold too
        assert states.starts[0] >= 0
        assert (np.diff(states.starts) > 0).all()
        assert all(b in (turn[a], "noise") for a, b in zip(states.names, states.names[1:]))  # noqa: B905


@pytest.mark.real
def test_sample_values_alone_nearly_tell_the_classes_of_e_apart(real_recordings: list[Recording]):
    """The trap that data/README.md warns of: no heart is listened to here."""
    of_e = [r for r in real_recordings if r.subset == "e"]
    n_values = np.array([len(np.unique(r.read()[0])) for r in of_e])
    abnormal = np.array([r.label == 1 for r in of_e])
    assert np.median(n_values[~abnormal]) < 300
    assert np.median(n_values[abnormal]) > 8000
    assert (n_values[abnormal] > 2449).all()
    assert (n_values[~abnormal] <= 2449).mean() == pytest.approx(0.93, abs=0.005)
