"""Sets of scenes arrive whole or not at all, go on where a download broke, and never leave their folder."""

import hashlib
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from spectnet import scenes
from spectnet.physionet.checksums import COMMITTED, read_digests
from spectnet.physionet.download import FetchError
from spectnet.scenes import archives, fetching
from spectnet.scenes import esc10_catalogue as esc10
from spectnet.scenes import tut2016_catalogue as tut2016

META, SOUNDS = "set.meta.zip", "set.audio.1.zip"
PLACE = "beach"
SEGMENTS = 3
SIDES = {"train": (1, 2), "test": (0,)}
LISTS = {f"evaluation_setup/fold{k}_{side}.txt": which for side, which in SIDES.items() for k in range(1, 5)}


class Server(SimpleHTTPRequestHandler):
    """Serves a folder, with ranges; can be told to break off."""

    asked: ClassVar[list[tuple[str, str | None]]] = []  # path and range of each request
    breaks: ClassVar[Counter[str]] = Counter()  # how many more times an answer stops half-way
    ranges: ClassVar[bool] = True

    def do_GET(self) -> None:
        path = self.path.lstrip("/")
        wanted = self.headers.get("Range")
        self.asked.append((path, wanted))
        file = Path(self.directory, path)
        if not file.is_file():
            return self.send_error(404)
        content = file.read_bytes()
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = len(content)
        if self.breaks[path]:
            self.breaks[path] -= 1
            stop = (start + stop) // 2
        self.wfile.write(content[start:stop])
        return None

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the archives of a tiny TUT set and its digests in place of the committed ones."""
    folder, noise = tmp_path / "mirror", np.random.default_rng(0)
    folder.mkdir()
    names = [f"audio/a{number:03}_0_30.wav" for number in range(SEGMENTS)]
    with zipfile.ZipFile(folder / META, "w") as archive:  # this one carries the set's folder
        archive.writestr(f"{tut2016.NAME}/meta.txt", "".join(f"{name}\t{PLACE}\n" for name in names))
        for name, listed in LISTS.items():
            archive.writestr(f"{tut2016.NAME}/{name}", "".join(f"{names[k]}\n" for k in listed))
    with zipfile.ZipFile(folder / SOUNDS, "w") as archive:  # this one does not
        for name in names:
            archive.writestr(name, noise.bytes(50_000))
    write_digests(folder, tmp_path / "tut2016.md5")
    monkeypatch.setattr(fetching, "TUT2016_DIGESTS", tmp_path / "tut2016.md5")
    monkeypatch.setattr(tut2016, "TUT2016_CLASSES", (PLACE,))
    monkeypatch.setattr(tut2016, "SEGMENTS_A_CLASS", SEGMENTS)
    monkeypatch.setattr(archives, "RETRIES", 0)  # each waits a second
    return folder


def write_digests(folder: Path, path: Path) -> None:
    """What `md5sum` would write of the archives."""
    sums = {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in (META, SOUNDS)}
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in sums.items()))


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Address of everything below `tmp_path`, on this machine."""
    Server.asked.clear()
    Server.breaks.clear()
    Server.ranges = True
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def files(folder: Path) -> set[str]:
    """Every file below a folder, less the list of what was unpacked."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name for name in names if not name.startswith(fetching.RECORDS)}


def test_archives_are_unpacked_and_do_not_stay(tmp_path: Path, mirror: Path, url: str):
    folder = scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    assert folder == tmp_path / "data" / tut2016.NAME
    assert files(folder) == {"meta.txt", *LISTS} | {
        f"audio/a{number:03}_0_30.wav" for number in range(SEGMENTS)
    }
    assert len(scenes.tut2016(folder)) == SEGMENTS
    assert scenes.verify_tut2016(folder).ok


def test_what_is_whole_does_not_come_again(tmp_path: Path, mirror: Path, url: str):
    folder = scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    Server.asked.clear()
    scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    assert not Server.asked
    (folder / "audio" / "a001_0_30.wav").write_bytes(b"mine")
    scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    assert Server.asked == [(f"mirror/{SOUNDS}", None)], "only the archive of the broken file"
    assert scenes.verify_tut2016(folder).ok


def test_broken_download_goes_on_where_it_was(tmp_path: Path, mirror: Path, url: str):
    Server.breaks[f"mirror/{SOUNDS}"] = 1
    with pytest.raises(
        FetchError, match=rf"{SOUNDS} could not be had .* broke half-way.*fetch tut2016` again"
    ):
        scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    part = tmp_path / "data" / tut2016.NAME / f"{SOUNDS}.part"
    have, half = part.stat().st_size, (mirror / SOUNDS).stat().st_size // 2
    assert half - archives.PIECE < have <= half, "a broken download loses next to nothing"
    Server.asked.clear()
    folder = scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    assert Server.asked == [(f"mirror/{SOUNDS}", f"bytes={have}-")]
    assert scenes.verify_tut2016(folder).ok
    assert not part.exists()


def test_server_without_ranges_starts_over(tmp_path: Path, mirror: Path, url: str):
    Server.breaks[f"mirror/{SOUNDS}"] = 1
    Server.ranges = False
    with pytest.raises(FetchError, match="broke half-way"):
        scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    assert scenes.verify_tut2016(
        scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    ).ok


def test_download_that_was_killed_at_its_end_is_judged_by_its_checksum(
    tmp_path: Path, mirror: Path, url: str
):
    folder = tmp_path / "data" / tut2016.NAME
    folder.mkdir(parents=True)
    (folder / f"{SOUNDS}.part").write_bytes((mirror / SOUNDS).read_bytes())
    assert scenes.verify_tut2016(scenes.fetch_tut2016(folder, source=f"{url}/mirror", progress=False)).ok


def test_archive_with_the_wrong_checksum_is_refused_and_replaces_nothing(
    tmp_path: Path, mirror: Path, url: str
):
    folder = scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    sound = folder / "audio" / "a001_0_30.wav"
    sound.write_bytes(b"mine")
    (mirror / SOUNDS).write_bytes((mirror / SOUNDS).read_bytes() + b"\n")
    for source in (f"{url}/mirror", mirror):
        with pytest.raises(FetchError, match=r"wrong checksum"):
            scenes.fetch_tut2016(folder, source=source, progress=False)
    assert sound.read_bytes() == b"mine"


def test_missing_archive_and_unreachable_server_are_said_so(tmp_path: Path, mirror: Path, url: str):
    (mirror / META).unlink()
    with pytest.raises(FetchError, match="the server answered 404"):
        scenes.fetch_tut2016(tmp_path / "data", source=f"{url}/mirror", progress=False)
    with pytest.raises(FetchError, match="cannot be reached"):
        scenes.fetch_tut2016(tmp_path / "data", source="http://127.0.0.1:9", progress=False)
    with pytest.raises(FetchError, match=rf"mirror lacks {META}; name a folder that has the archives"):
        scenes.fetch_tut2016(tmp_path / "data", source=mirror, progress=False)


def test_folder_of_archives_serves_as_source_and_stays_as_it_is(tmp_path: Path, mirror: Path):
    folder = scenes.fetch_tut2016(tmp_path / "data", source=mirror, progress=False)
    assert scenes.verify_tut2016(folder).ok
    assert files(mirror) == {META, SOUNDS}


def test_verify_tells_missing_broken_and_foreign_files_apart(tmp_path: Path, mirror: Path):
    folder = scenes.fetch_tut2016(tmp_path / "data", source=mirror, progress=False)
    (folder / "audio" / "a000_0_30.wav").unlink()
    (folder / "audio" / "a001_0_30.wav").write_bytes(b"other")
    (folder / "audio" / "notes.txt").touch()
    report = scenes.verify_tut2016(folder)
    assert not report.ok
    assert report.missing == ["audio/a000_0_30.wav"]
    assert report.corrupt == ["audio/a001_0_30.wav"]
    assert report.extra == ["audio/notes.txt"]
    assert "repair it with `spectnet fetch tut2016`" in str(report)


def test_copy_from_elsewhere_is_counted_and_said_to_be_unchecked(tmp_path: Path, mirror: Path):
    folder = scenes.fetch_tut2016(tmp_path / "data", source=mirror, progress=False)
    for path in (folder / fetching.RECORDS).iterdir():
        path.unlink()
    report = scenes.verify_tut2016(folder)
    assert report.ok
    assert len(report.unchecked) == SEGMENTS
    assert "3 there but unchecked" in str(report)
    assert not scenes.verify_tut2016(tmp_path / "nowhere").ok


@pytest.mark.parametrize(
    "content", [b"", b'{"audio/a0', b"\xff\xfe", b"[]", b'{"audio/a000_0_30.wav": null}']
)
def test_damaged_note_brings_its_archive_again(tmp_path: Path, mirror: Path, content: bytes):
    folder = scenes.fetch_tut2016(tmp_path / "data", source=mirror, progress=False)
    note = folder / fetching.RECORDS / f"{SOUNDS}.json"
    whole = note.read_bytes()
    note.write_bytes(content)
    assert len(scenes.verify_tut2016(folder).unchecked) == SEGMENTS
    scenes.fetch_tut2016(tmp_path / "data", source=mirror, progress=False)
    assert note.read_bytes() == whole


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny ESC-10 as GitHub's archive unpacks it, that archive, and its digests."""
    root, noise = tmp_path / "ESC-10-master", np.random.default_rng(0)
    sums = []
    for number, name in enumerate(esc10.CLASS_FOLDERS):
        (root / name).mkdir(parents=True)
        content = noise.bytes(20_000)
        (root / name / f"1-{number}-A.ogg").write_bytes(content)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}/1-{number}-A.ogg\n")
    (root / "README.md").write_text("who recorded what\n")
    with zipfile.ZipFile(tmp_path / "master.zip", "w") as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, path.relative_to(tmp_path))
    (tmp_path / "esc10.sha256").write_text("".join(sums))
    monkeypatch.setattr(fetching, "ESC10_DIGESTS", tmp_path / "esc10.sha256")
    monkeypatch.setattr(archives, "RETRIES", 0)
    return root


@pytest.mark.parametrize("kind", ["url", "zip", "folder"])
def test_clips_come_from_an_archive_or_a_folder_with_their_credits(
    tmp_path: Path, clips: Path, url: str, kind: str
):
    source = {"url": f"{url}/master.zip", "zip": tmp_path / "master.zip", "folder": clips}[kind]
    folder = scenes.fetch_esc10(tmp_path / "data", source=source, progress=False)
    assert folder == tmp_path / "data" / "esc10"
    assert files(folder) == files(clips)
    assert scenes.verify_esc10(folder).ok
    Server.asked.clear()
    scenes.fetch_esc10(tmp_path / "data", source=source, progress=False)
    assert not Server.asked, "what is whole does not come again"


def test_clips_come_from_github_when_no_source_is_named(tmp_path: Path, clips: Path, url: str, monkeypatch):
    assert fetching.ESC10_ARCHIVE.startswith("https://github.com/karoldvl/ESC-10/")
    monkeypatch.setattr(fetching, "ESC10_ARCHIVE", f"{url}/master.zip")
    assert scenes.verify_esc10(scenes.fetch_esc10(tmp_path / "data", progress=False)).ok


def test_broken_download_of_clips_goes_on(tmp_path: Path, clips: Path, url: str):
    Server.breaks["master.zip"] = 1
    with pytest.raises(FetchError, match=r"broke half-way.*fetch esc10` again"):
        scenes.fetch_esc10(tmp_path / "data", source=f"{url}/master.zip", progress=False)
    folder = scenes.fetch_esc10(tmp_path / "data", source=f"{url}/master.zip", progress=False)
    assert Server.asked[-1][1] is not None, "the rest only"
    assert files(folder) == files(clips)


def test_clip_that_is_another_is_refused_and_replaces_nothing(tmp_path: Path, clips: Path):
    folder = scenes.fetch_esc10(tmp_path / "data", source=clips, progress=False)
    name = f"{esc10.CLASS_FOLDERS[2]}/1-2-A.ogg"
    (folder / name).write_bytes(b"mine")
    (clips / name).write_bytes(b"theirs")
    with pytest.raises(FetchError, match=rf"{name} could not be had from .*wrong checksum"):
        scenes.fetch_esc10(tmp_path / "data", source=clips, progress=False)
    assert (folder / name).read_bytes() == b"mine"
    report = scenes.verify_esc10(folder)
    assert (report.ok, report.corrupt) == (False, [name])


def test_source_of_clips_that_is_nothing_is_refused(tmp_path: Path, clips: Path):
    (tmp_path / "text").write_text("no zip")
    for source in ("text", "nowhere"):
        with pytest.raises(FetchError, match="neither a folder, nor a zip of the set, nor a URL"):
            scenes.fetch_esc10(tmp_path / "data", source=tmp_path / source, progress=False)


def test_committed_digests_name_every_clip_and_every_archive():
    clips = read_digests(COMMITTED / "esc10.sha256")
    cells = Counter((name.split("/")[0], name.split("/")[1][0]) for name in clips)
    assert cells == {(folder, fold): 8 for folder in esc10.CLASS_FOLDERS for fold in "12345"}
    sounds = [name for name in read_digests(COMMITTED / "tut2016.md5") if ".audio." in name]
    assert sounds == [f"{tut2016.NAME}.audio.{number}.zip" for number in range(1, 9)]


def test_real_clips_are_the_published_ones(real_clips):
    report = scenes.verify_esc10(real_clips[0].path.parents[1])
    assert report.ok, str(report)
    assert len(report.whole) == 400


def damage(path: Path, kind: str) -> Path:
    """Break the first member of a zip in one of the ways that a bad disk or a stranger has."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        first = archive.infolist()[0]
    data, central = 30 + len(first.filename), content.index(b"PK\1\2")
    if kind == "data":
        content[data] ^= 0b110  # the kind of the first deflated block: none has this one
    elif kind == "method":
        content[8] = content[central + 10] = 99
    else:
        content[6] = content[central + 8] = 1
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["data", "method", "encrypted"])
def test_damaged_member_is_said_in_one_sentence(tmp_path: Path, mirror: Path, kind: str):
    with zipfile.ZipFile(mirror / SOUNDS, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("audio/a000_0_30.wav", bytes(range(256)) * 100)
    damage(mirror / SOUNDS, kind)
    write_digests(mirror, tmp_path / "tut2016.md5")  # as if it had been published so
    with pytest.raises(
        FetchError, match=rf"{SOUNDS} could not be unpacked: .+; run `spectnet fetch tut2016`"
    ):
        scenes.fetch_tut2016(tmp_path / "data", source=mirror, progress=False)
    assert not list((tmp_path / "data").rglob("*.wav"))


@pytest.mark.parametrize("kind", ["data", "method", "encrypted"])
def test_damaged_clip_of_an_archive_is_named(tmp_path: Path, clips: Path, kind: str):
    name = f"{esc10.CLASS_FOLDERS[0]}/1-0-A.ogg"
    with zipfile.ZipFile(tmp_path / "one.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{clips.name}/{name}", bytes(range(256)) * 100)
    archive = damage(tmp_path / "one.zip", kind)
    with pytest.raises(FetchError, match=rf"one\.zip is broken at {name}"):
        scenes.fetch_esc10(tmp_path / "data", source=archive, progress=False)
