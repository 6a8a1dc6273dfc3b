"""Archives of a set: fetch one so that a break loses nothing, unpack it so that nothing leaves its folder."""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath

import pooch
import requests
from tqdm.auto import tqdm

from spectnet import atomic
from spectnet.physionet.download import RETRIES, TIMEOUT_S, FetchError, reason

CHUNK = 1 << 20  # bytes
PIECE = 1 << 14  # bytes of a download that a break may lose
BROKEN = "the connection broke half-way"
REFUSED = (OSError, ValueError, requests.RequestException, zipfile.BadZipFile)
# What else a damaged member raises, by where its bytes are wrong: in the deflated data, at its end, in its
# method or its flag of encryption.
DAMAGED = (*REFUSED, zlib.error, EOFError, RuntimeError)


def download(url: str, path: Path, digest: str | None, *, again: str, progress: bool = False) -> Path:
    """Get one archive by HTTP, going on where an earlier try broke off; it takes its name when it is whole.

    Args:
        url: where it is.
        path: where it goes; what has come so far waits beside it under ``<name>.part``.
        digest: such as ``"md5:..."``; None where its publisher makes it anew for everyone who asks.
        again: the command that the message advises.
        progress: show a bar.

    Raises:
        FetchError: it cannot be had, or is not what was published.
    """
    pooch.get_logger().setLevel("WARNING")
    part = path.with_name(f"{path.name}.part")
    one = pooch.create(
        path.parent, "", registry={path.name: digest}, urls={path.name: url}, retry_if_failed=RETRIES
    )
    try:
        one.fetch(path.name, downloader=partial(_go_on, part, progress))
    except REFUSED as error:
        raise FetchError(
            f"{path.name} could not be had from {url}: {reason(error)}. What has come so far stays: "
            f"run `{again}` again to go on, or give another source with `--from`"
        ) from error
    path.chmod(0o644)  # temporary files are private to the user who made them
    return path


def _go_on(part: Path, progress: bool, url: str, output: Path | str, _: pooch.Pooch) -> None:
    """A downloader for pooch that asks only for what is still missing."""
    have = part.stat().st_size if part.is_file() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
        beyond_the_end = have > 0 and answer.status_code == requests.codes.requested_range_not_satisfiable
        if not beyond_the_end:  # else all of it had come, and the checksum judges it
            answer.raise_for_status()
            _append(part, answer, progress)
    os.replace(part, output)


def _append(part: Path, answer: requests.Response, progress: bool) -> None:
    """Write an answer behind what is there, or from the start where the server knows no ranges."""
    goes_on = answer.status_code == requests.codes.partial_content
    have = part.stat().st_size if goes_on else 0
    rest = answer.headers.get("Content-Length")
    total = have + int(rest) if rest else None
    bar = tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem, disable=not progress)
    with bar, part.open("ab" if goes_on else "wb") as file:
        for chunk in answer.iter_content(PIECE):
            bar.update(file.write(chunk))
    if total is not None and part.stat().st_size < total:
        raise requests.exceptions.ChunkedEncodingError(BROKEN)


def unpack(archive: Path, folder: Path, rename: Callable[[str], str | None], *, limit: int) -> dict[str, int]:
    """Unpack a zip file by file, each under a temporary name first; what is whole already stays.

    Args:
        archive: the zip.
        folder: where its files go; none goes elsewhere.
        rename: from a file's name in the archive to its name below `folder`, or None to leave it out.
        limit: bytes that all its files together may take.

    Returns:
        From each file's name to its CRC-32, as the archive has it.

    Raises:
        ValueError: a name that leads out of `folder`, a link, or too many bytes; nothing is unpacked then.
        zipfile.BadZipFile: the archive is broken. A damaged file in it may raise any of `DAMAGED`.
    """
    with zipfile.ZipFile(archive) as opened:
        files = [one for one in opened.infolist() if not one.is_dir()]
        members = {name: one for one in files if (name := rename(one.filename)) is not None}
        _check_members(members, limit, archive.name)
        for name, one in members.items():
            path = folder / name
            if is_whole(path, one.CRC, one.file_size):
                continue
            with opened.open(one) as source, atomic.replacing(path) as target:
                shutil.copyfileobj(source, target, CHUNK)  # raises where the CRC does not agree
    return {name: one.CRC for name, one in members.items()}


def _check_members(members: dict[str, zipfile.ZipInfo], limit: int, archive: str) -> None:
    """Refuse an archive that would write outside its folder or fill the disk."""
    for name, one in members.items():
        path = PurePosixPath(name)
        leads_out = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name
        if leads_out or stat.S_ISLNK(one.external_attr >> 16):
            raise ValueError(f"{archive} holds {name!r}, which leads out of its folder; nothing was unpacked")
    if (size := sum(one.file_size for one in members.values())) > limit:
        raise ValueError(
            f"{archive} would unpack to {size / 1e9:.1f} GB, more than the {limit / 1e9:.1f} GB that the set "
            "may take; nothing was unpacked"
        )


def crc32(path: Path) -> int:
    """CRC-32 of a file, as a zip states it."""
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            value = zlib.crc32(chunk, value)
    return value


def is_whole(path: Path, crc: int, size: int | None = None) -> bool:
    """Whether a file is there and holds what the archive held."""
    return path.is_file() and (size is None or path.stat().st_size == size) and crc32(path) == crc
