"""Which files the set consists of, where they lie, and what each must hold.

PhysioNet publishes a ``SHA256SUMS`` beside the recordings of each subset. The project commits the
digest of each of those lists, and of the files that no list names (signal quality, beats).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
COMMITTED = PROJECT_ROOT / "data" / "checksums"  # physionet2016.sha256 and physionet2016-annotations.sha256
SUBSETS = "abcdef"
ANNOTATIONS = "annotations/hand_corrected"
SIDE_FILES = (".hea", ".dat")  # WFDB copies of what the WAV holds, and the ECG of subset a


def data_folder() -> Path:
    """Where the sets lie: ``$SPECTNET_DATA``, or ``data/`` of the project."""
    return Path(os.environ.get("SPECTNET_DATA") or PROJECT_ROOT / "data").expanduser()


def set_folder(folder: Path | str | None = None) -> Path:
    """The folder that holds ``training-a`` to ``training-f``.

    Args:
        folder: that folder itself, or the one above its ``physionet2016``; `data_folder` if None.
    """
    folder = Path(folder).expanduser() if folder is not None else data_folder()
    holds_subsets = any((folder / f"training-{subset}").is_dir() for subset in SUBSETS)
    return folder if holds_subsets or folder.name == "physionet2016" else folder / "physionet2016"


def check_subsets(subsets: str) -> None:
    """Refuse letters that name no subset.

    Raises:
        ValueError: a letter outside a to f, or none at all.
    """
    if not subsets or set(subsets) - set(SUBSETS):
        raise ValueError(f"subsets must be letters out of {SUBSETS!r}, got {subsets!r}")


def sha256(path: Path) -> str:
    """Digest of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_digests(path: Path, prefix: str = "") -> dict[str, str]:
    """What ``sha256sum`` wrote: from each file's name, behind `prefix`, to its digest."""
    lines = (line.split(maxsplit=1) for line in path.read_text().splitlines() if line.strip())
    return {prefix + name.strip().lstrip("*"): digest for digest, name in lines}


def committed_digests(subset: str) -> dict[str, str]:
    """Digests of the subset's ``SHA256SUMS`` and of what that list does not name, less the beats."""
    digests = read_digests(COMMITTED / "physionet2016.sha256")
    return {name: digest for name, digest in digests.items() if name.startswith(f"training-{subset}/")}


def annotation_digests(subset: str) -> dict[str, str]:
    """Digests of the hand-corrected beats of a subset."""
    digests = read_digests(COMMITTED / "physionet2016-annotations.sha256", ANNOTATIONS + "/")
    return {name: digest for name, digest in digests.items() if f"/training-{subset}_" in name}


def published_digests(folder: Path, subset: str) -> dict[str, str]:
    """What PhysioNet's own list, which must be there, says of the subset's files."""
    return read_digests(folder / f"training-{subset}" / "SHA256SUMS", f"training-{subset}/")


def is_side_file(name: str) -> bool:
    """Whether the book can do without the file."""
    return name.endswith(SIDE_FILES)
