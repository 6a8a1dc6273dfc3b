"""Fetch the set file by file. What is whole stays; what is broken or missing comes again."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path

import pooch
import requests
from tqdm.auto import tqdm

from spectnet.physionet.checksums import (
    ANNOTATIONS,
    SUBSETS,
    annotation_digests,
    check_subsets,
    committed_digests,
    is_side_file,
    published_digests,
    set_folder,
    sha256,
)

PHYSIONET = "https://physionet.org/files/challenge-2016/1.0.0"
CONNECTIONS = 4  # small files: most of the time goes into waiting for answers
RETRIES = 3
TIMEOUT_S = 30

Transfer = Callable[[str, str], None]  # gets one file, by name and digest


class FetchError(OSError):
    """A file that could not be had; its message says which, from where, why and what to do."""


def fetch(
    folder: Path | str | None = None,
    *,
    source: Path | str | None = None,
    subsets: str = SUBSETS,
    progress: bool = True,
) -> Path:
    """Complete the set in a folder: recordings, labels, signal quality and hand-corrected beats.

    Every file is checked against PhysioNet's ``SHA256SUMS``, and those against the digests that come
    with the project, before it takes its name. Stopping half-way is safe: the next call goes on.

    Args:
        folder: where the set goes, see `set_folder`.
        source: PhysioNet if None; the URL of a mirror; or a folder that has the files already.
        subsets: the letters of those wanted.
        progress: show a bar.

    Returns:
        The folder that now holds ``training-a`` and so on.

    Raises:
        FetchError: a file is not to be had, or is not what PhysioNet published.
    """
    check_subsets(subsets)
    folder = set_folder(folder)
    origin = str(source or PHYSIONET).rstrip("/")
    is_url = "://" in origin
    origin_folder = None if is_url else set_folder(origin)
    if origin_folder is not None and not origin_folder.is_dir():
        raise FetchError(
            f"{origin} is neither a folder that holds training-a to training-f nor a URL; "
            "give one of them, or leave it out to fetch from PhysioNet"
        )
    transfer: Transfer = (
        partial(_download, folder, origin) if origin_folder is None else partial(_copy, folder, origin_folder)
    )
    lists = {name: digest for subset in subsets for name, digest in committed_digests(subset).items()}
    _complete(folder, lists, transfer, origin, bar=None)
    wanted = _wanted(folder, subsets, beats=origin_folder is None or (origin_folder / ANNOTATIONS).is_dir())
    with tqdm(total=len(wanted), desc="physionet2016", unit="file", disable=not progress) as bar:
        _complete(folder, wanted, transfer, origin, bar)
    return folder


def _wanted(folder: Path, subsets: str, beats: bool) -> dict[str, str]:
    """Every file to have, with its digest; the lists themselves are there already."""
    wanted: dict[str, str] = {}
    for subset in subsets:
        published = published_digests(folder, subset)
        wanted |= {name: digest for name, digest in published.items() if not is_side_file(name)}
    if not beats:
        warnings.warn(
            f"the source has no {ANNOTATIONS}: recordings come without their beats; "
            "fetch from PhysioNet to have them",
            stacklevel=3,
        )
        return wanted
    return wanted | {name: d for subset in subsets for name, d in annotation_digests(subset).items()}


def _complete(
    folder: Path, wanted: dict[str, str], transfer: Transfer, origin: str, bar: tqdm | None
) -> None:
    """Get every file that is not whole already, a few at a time; stop at the first that cannot be had."""
    for parent in {(folder / name).parent for name in wanted}:
        parent.mkdir(parents=True, exist_ok=True)
    pool = ThreadPoolExecutor(CONNECTIONS)
    try:
        tasks = {pool.submit(_get, folder, name, digest, transfer): name for name, digest in wanted.items()}
        for task in as_completed(tasks):
            try:
                task.result()
            except (OSError, ValueError) as error:
                raise FetchError(
                    f"{tasks[task]} could not be had from {origin}: {reason(error)}. What has come so far "
                    "stays: run `spectnet fetch physionet2016` again to go on, or name a mirror or an "
                    "unpacked folder with `--from`"
                ) from error
            if bar is not None:
                bar.update()
    finally:
        pool.shutdown(cancel_futures=True)


def _get(folder: Path, name: str, digest: str, transfer: Transfer) -> None:
    path = folder / name
    if not path.is_file() or sha256(path) != digest:
        transfer(name, digest)
        path.chmod(0o644)  # temporary files are private to the user who made them


def _download(folder: Path, base_url: str, name: str, digest: str) -> None:
    """Get one file by HTTP: under a temporary name, checked, then moved to its own."""
    pooch.get_logger().setLevel("WARNING")  # one line a file is too much for thousands
    one_file = pooch.create(
        folder, f"{base_url}/", registry={name: f"sha256:{digest}"}, retry_if_failed=RETRIES
    )
    one_file.fetch(name, downloader=pooch.HTTPDownloader(timeout=TIMEOUT_S))


def _copy(folder: Path, origin: Path, name: str, digest: str) -> None:
    """Get one file from another folder: under a temporary name, checked, then moved to its own."""
    if not (origin / name).is_file():
        raise FileNotFoundError(f"{origin} lacks it")
    handle, temporary = tempfile.mkstemp(dir=(folder / name).parent)
    os.close(handle)
    try:
        shutil.copyfile(origin / name, temporary)
        if sha256(Path(temporary)) != digest:
            raise ValueError("it is not the file that PhysioNet published")
        os.replace(temporary, folder / name)
    finally:
        Path(temporary).unlink(missing_ok=True)


def reason(error: Exception) -> str:
    """Why a file could not be had, in words."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} ({error.response.reason})"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_S} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke half-way"
    if isinstance(error, requests.ConnectionError):
        return "the server cannot be reached (is this machine on the network?)"
    if isinstance(error, ValueError) and "hash" in str(error):
        return "it is not the file that was published (wrong checksum)"
    return str(error)
