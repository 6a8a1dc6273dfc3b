"""Fetch the sets of scenes. What is whole stays; what is broken or missing comes again."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm.auto import tqdm

from spectnet import atomic
from spectnet.physionet.checksums import COMMITTED, read_digests, sha256
from spectnet.physionet.download import FetchError
from spectnet.scenes.archives import DAMAGED, download, is_whole, unpack
from spectnet.scenes.esc10_catalogue import esc10_folder
from spectnet.scenes.tut2016_catalogue import NAME, tut2016_folder

ESC10_ARCHIVE = "https://github.com/karoldvl/ESC-10/archive/master.zip"
ESC10_DIGESTS = COMMITTED / "esc10.sha256"  # of the 400 clips
ESC10_CREDITS = ("README.md", "README.txt")  # who recorded each clip; the licence asks for it
LARGEST_CLIP = 10_000_000  # bytes; the largest of the set has 0.2 million
AGAIN_ESC10 = "spectnet fetch esc10"

ZENODO = "https://zenodo.org/records/45739/files"
TUT2016_DIGESTS = COMMITTED / "tut2016.md5"  # of the eleven archives
LARGEST_ARCHIVE = 3_000_000_000  # bytes, unpacked; the largest has 1.3 billion
RECORDS = ".unpacked"  # what each archive held, with its CRC-32s
AGAIN_TUT2016 = "spectnet fetch tut2016"


def fetch_esc10(
    folder: Path | str | None = None, *, source: Path | str | None = None, progress: bool = True
) -> Path:
    """Complete ESC-10 in a folder: 400 clips, each checked against the digests that come with the project.

    Args:
        folder: where the set goes, see `esc10_folder`.
        source: the set's archive on GitHub if None; the URL of a copy of that zip; that zip; or an
            unpacked folder.
        progress: show a bar.

    Returns:
        The folder that now holds ``001 - Dog bark`` and so on.

    Raises:
        FetchError: a clip is not to be had, or is not the published one; what was there stays.
    """
    folder = esc10_folder(folder)
    digests = read_digests(ESC10_DIGESTS)
    wanted = {name: d for name, d in digests.items() if not _has(folder / name, d)}
    if not wanted:
        return folder
    origin = str(source or ESC10_ARCHIVE)
    with _esc10_source(origin, folder, progress) as read:
        for name, digest in tqdm(wanted.items(), "esc10", unit="clip", disable=not progress):
            atomic.write(folder / name, _checked(read, name, digest, origin))
        for name in ESC10_CREDITS:
            if not (folder / name).exists() and (content := read(name)):
                atomic.write(folder / name, content)
    return folder


def fetch_tut2016(
    folder: Path | str | None = None, *, source: Path | str | None = None, progress: bool = True
) -> Path:
    """Complete TUT Acoustic Scenes 2016, development set: eleven archives, each checked, then unpacked.

    8 GB come down and 9 GB stay; an archive is deleted when it is unpacked. A training needs 6 GB more, for
    the prepared waveforms. A download that breaks goes on where it was, and an archive that was unpacked
    before comes again only if a file of it is broken.

    Args:
        folder: where the set goes, see `tut2016_folder`.
        source: Zenodo if None; the URL of a folder of a mirror; or a folder that has the archives already.
        progress: show a bar.

    Returns:
        The folder that now holds ``audio/``, ``evaluation_setup/`` and ``meta.txt``.

    Raises:
        FetchError: an archive is not to be had, is not the published one, or cannot be unpacked.
    """
    folder = tut2016_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    origin = str(source or ZENODO).rstrip("/")
    for name, digest in read_digests(TUT2016_DIGESTS).items():
        if not _is_unpacked(folder, name):
            _get_archive(folder, name, digest, origin, progress)
    return folder


def unpacked_files(folder: Path, archive: str) -> dict[str, int] | None:
    """What an archive held, with its CRC-32s; None where it was not unpacked here, or its note is damaged."""
    try:
        found = json.loads((folder / RECORDS / f"{archive}.json").read_text("utf-8"))
    except (OSError, ValueError):  # a text that is no UTF-8 or no JSON is a ValueError
        return None
    noted = isinstance(found, dict) and all(isinstance(crc, int) for crc in found.values())
    return found if noted else None


def _is_unpacked(folder: Path, archive: str) -> bool:
    files = unpacked_files(folder, archive)
    return files is not None and all(is_whole(folder / name, crc) for name, crc in files.items())


def _get_archive(folder: Path, name: str, digest: str, origin: str, progress: bool) -> None:
    """Get one archive, unpack it, note what it held, and delete it if it came by HTTP."""
    if "://" in origin:
        path = download(
            f"{origin}/{name}", folder / name, f"md5:{digest}", again=AGAIN_TUT2016, progress=progress
        )
    else:
        path = _local_archive(Path(origin).expanduser(), name, digest)
    try:
        files = unpack(path, folder, _below_set, limit=LARGEST_ARCHIVE)
    except DAMAGED as error:
        raise FetchError(f"{path} could not be unpacked: {error}; run `{AGAIN_TUT2016}` again") from error
    atomic.write(folder / RECORDS / f"{name}.json", json.dumps(files, indent=0) + "\n")
    if path.parent == folder:
        path.unlink()


def _local_archive(origin: Path, name: str, digest: str) -> Path:
    path = origin / name
    if not path.is_file():
        raise FetchError(
            f"{origin} lacks {name}; name a folder that has the archives of the set. One that is unpacked "
            "already needs no fetching: put it where SPECTNET_DATA says, and run `spectnet verify tut2016`"
        )
    with path.open("rb") as file:
        if hashlib.file_digest(file, "md5").hexdigest() != digest:
            raise FetchError(f"{path} is not the file that was published (wrong checksum); copy it again")
    return path


def _below_set(name: str) -> str:
    """A file's name without the set's own folder, which some archives carry and some do not."""
    return name.removeprefix(f"{NAME}/")


def _has(path: Path, digest: str) -> bool:
    return path.is_file() and sha256(path) == digest


def _checked(read: Callable[[str], bytes | None], name: str, digest: str, origin: str) -> bytes:
    """A clip's content, if it is the published one."""
    content = read(name)
    if content is None or hashlib.sha256(content).hexdigest() != digest:
        lack = "it is not there" if content is None else "it is not the published one (wrong checksum)"
        raise FetchError(
            f"{name} could not be had from {origin}: {lack}. What has come so far stays: run "
            f"`{AGAIN_ESC10}` again, or give another source with `--from`"
        )
    return content


@contextmanager
def _esc10_source(origin: str, folder: Path, progress: bool) -> Iterator[Callable[[str], bytes | None]]:
    """What gives a file of the set by its name, or None: a folder, a zip, or a zip to be downloaded."""
    path = Path(origin).expanduser()
    if "://" not in origin and path.is_dir():
        place = esc10_folder(path)
        yield lambda name: (place / name).read_bytes() if (place / name).is_file() else None
    elif "://" not in origin:
        yield _zip_reader(path)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / "esc10.zip"
        try:
            yield _zip_reader(download(origin, archive, None, again=AGAIN_ESC10, progress=progress))
        finally:
            archive.unlink(missing_ok=True)  # what came of a broken download lies beside it, and stays


def _zip_reader(archive: Path) -> Callable[[str], bytes | None]:
    """Reads files of a zip by their names below its one top folder; the zip's names are never written to."""
    try:
        with zipfile.ZipFile(archive) as opened:
            members = {one.filename.partition("/")[2]: one for one in opened.infolist()}
    except DAMAGED as error:
        raise FetchError(
            f"{archive} is neither a folder, nor a zip of the set, nor a URL ({error}); give one of them"
        ) from error

    def read(name: str) -> bytes | None:
        if name not in members or members[name].file_size > LARGEST_CLIP:
            return None
        try:
            with zipfile.ZipFile(archive) as opened:
                return opened.read(members[name])
        except DAMAGED as error:
            raise FetchError(f"{archive} is broken at {name} ({error}); fetch it again") from error

    return read
