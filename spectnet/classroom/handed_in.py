"""Find the notebook in what a student handed in, without unpacking, following or trusting any of it.

Taught in *For the teacher*.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

MAX_NOTEBOOK = 16_000_000  # bytes; a notebook with its pictures and sounds has a tenth of that
MAX_ARCHIVE = 20_000_000
MAX_MEMBERS = 1000
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


class Refused(ValueError):
    """A submission cannot be graded; the sentence says why, and is safe to show."""


def notebook_bytes(folder: Path, name: str) -> tuple[bytes, tuple[str, ...]]:
    """The submitted notebook, and what else was there.

    Args:
        folder: a student's folder for one assignment.
        name: the assignment's; the notebook is `name`.ipynb, or the only one, or lies so in the only archive.

    Raises:
        Refused: there is no such file, or it is no plain file of a sensible size.
    """
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
        raise Refused("nothing was handed in")
    entries = sorted(entry for entry in os.listdir(folder) if entry not in ("timestamp.txt", "data"))
    notebooks = [entry for entry in entries if entry.lower().endswith(".ipynb")]
    archives = [entry for entry in entries if entry.lower().endswith(ARCHIVES)]
    if notebooks:
        chosen = _choose(notebooks, name)
        return _plain_file(folder / chosen, MAX_NOTEBOOK), _left_out(len(entries) - 1)
    if len(archives) != 1:
        raise Refused(f"the submission holds neither {name}.ipynb nor one archive with it")
    content = _plain_file(folder / archives[0], MAX_ARCHIVE)
    found, n_others = _from_archive(content, name)
    return found, _left_out(len(entries) - 1 + n_others)


def plain_text(path: Path, limit: int) -> str:
    """A short text beside a notebook.

    Raises:
        Refused: it is not there, a link, no text, or longer than `limit` bytes.
    """
    try:
        return _plain_file(path, limit).decode()
    except UnicodeDecodeError as error:
        raise Refused("the file holds no text") from error


def _left_out(n_others: int) -> tuple[str, ...]:
    return (f"{n_others} more file(s) beside the notebook were not used",) if n_others else ()


def _choose(notebooks: list[str], name: str) -> str:
    """The notebook of the assignment's name, or the only one."""
    named = [path for path in notebooks if PurePosixPath(path).name == f"{name}.ipynb"]
    if len(named) == 1 or len(notebooks) == 1:
        return (named or notebooks)[0]
    raise Refused(f"the submission holds {len(notebooks)} notebooks, and which is {name}.ipynb is not clear")


def _plain_file(path: Path, limit: int) -> bytes:
    """What a regular file holds; no link is followed, and no pipe waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        raise Refused("the submission is a link, or cannot be read") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        raise Refused("the submission is a link, a pipe, a device or a folder, not a plain file")
    with open(descriptor, "rb") as file:
        return _within(file, limit)


def _within(file: io.BufferedIOBase | IO[bytes], limit: int) -> bytes:
    """All of a file; what its size is said to be does not count."""
    content = file.read(limit + 1)
    if len(content) > limit:
        raise Refused(f"the submission is larger than {limit // 1_000_000} MB")
    return content


def _from_archive(content: bytes, name: str) -> tuple[bytes, int]:
    """The notebook in an archive, and how many other files lie there. Nothing is written to disk."""
    try:
        with _opened(content) as members:
            plain = [path for path, _, is_plain in members if is_plain]
            if odd := [path for path, _, is_plain in members if not is_plain or _leaves(path)]:
                raise Refused(
                    f"the archive holds {len(odd)} link(s), device(s) or path(s) that lead out of it"
                )
            wanted = [p for p in plain if p.lower().endswith(".ipynb") and not is_hidden(p)]
            if not wanted:
                raise Refused("the archive holds no notebook")
            chosen = _choose(wanted, name)
            open_member = next(opener for path, opener, _ in members if path == chosen)
            with open_member() as file:
                return _within(file, MAX_NOTEBOOK), len(plain) - 1
    except Refused:
        raise
    except Exception as error:  # a stranger's file makes these libraries raise anything
        raise Refused("the archive is broken, or of a kind not read; hand in the .ipynb itself") from error


def _leaves(path: str) -> bool:
    parts = PurePosixPath(path.replace("\\", "/"))
    return parts.is_absolute() or ".." in parts.parts


def is_hidden(path: str) -> bool:
    """JupyterLab's checkpoints and macOS's shadows are no submissions."""
    return any(part.startswith(".") or part == "__MACOSX" for part in PurePosixPath(path).parts)


@contextmanager
def _opened(content: bytes) -> Iterator[list]:
    """Each member of an archive: its path, how to open it, and whether it is a plain file."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _count(len(infos))
            yield [
                (info.filename, lambda info=info: archive.open(info), _plain_in_zip(info)) for info in infos
            ]
        return
    # Against a bomb: no more is unpacked than the limit, before it is read as an archive.
    with tarfile.open(fileobj=io.BytesIO(_gunzipped(content)), mode="r:") as archive:
        members = []
        while (member := archive.next()) is not None:
            if not member.isdir():
                members.append((member.name, lambda m=member: archive.extractfile(m), member.isreg()))
            _count(len(members))
        yield members


def _plain_in_zip(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    return stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0


def _gunzipped(content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = unpacker.decompress(content, MAX_ARCHIVE + 1)
    if len(unpacked) > MAX_ARCHIVE:
        raise Refused(f"the archive unpacks to more than {MAX_ARCHIVE // 1_000_000} MB")
    return unpacked


def _count(n_members: int) -> None:
    if n_members > MAX_MEMBERS:
        raise Refused(f"the archive holds more than {MAX_MEMBERS} files")
