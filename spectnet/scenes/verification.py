"""Check a copy of a set of scenes, file by file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from spectnet.physionet.checksums import read_digests, sha256
from spectnet.recordings import RecordingError
from spectnet.scenes import fetching
from spectnet.scenes.archives import crc32
from spectnet.scenes.esc10_catalogue import CLASS_FOLDERS, esc10_folder
from spectnet.scenes.tut2016_catalogue import FOLDS, published_fold, tut2016, tut2016_folder


@dataclass
class SceneReport:
    """What a copy of a set has and lacks; printed, it says so in words.

    Attributes:
        folder: the copy.
        name: of the set, as `spectnet fetch` takes it.
        whole: files that hold what was published.
        missing: files that must be there and are not.
        corrupt: files that hold something else.
        extra: files that no list names.
        unchecked: files of the set for which this copy has no checksums.
        fault: what is wrong with the set as a whole, in a sentence; empty if nothing is.
    """

    folder: Path
    name: str
    whole: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    fault: str = ""

    @property
    def ok(self) -> bool:
        """Whether the book can use the copy as it is."""
        return bool(self.whole or self.unchecked) and not (self.missing or self.corrupt or self.fault)

    def __str__(self) -> str:
        lines = [f"{self.folder}: {len(self.whole)} files are as published"]
        for names, what in (
            (self.missing, "missing"),
            (self.corrupt, "not as published"),
            (self.extra, "on no list (left alone)"),
            (self.unchecked, "there but unchecked, since this copy was not unpacked by `spectnet fetch`"),
        ):
            if names:
                rest = f" and {len(names) - 5} more" if len(names) > 5 else ""
                lines.append(f"{len(names)} {what}: {', '.join(names[:5])}{rest}")
        lines += [self.fault] if self.fault else []
        lines.append("all is well" if self.ok else f"repair it with `spectnet fetch {self.name}`")
        return "\n".join(lines)


def verify_esc10(folder: Path | str | None = None) -> SceneReport:
    """Compare each of the 400 clips with the digest that comes with the project; nothing is changed.

    Args:
        folder: see `esc10_folder`.
    """
    report = SceneReport(esc10_folder(folder), "esc10")
    digests = read_digests(fetching.ESC10_DIGESTS)
    _compare(report, digests, sha256)
    report.extra += _others(report.folder, CLASS_FOLDERS, set(digests))
    return report


def verify_tut2016(folder: Path | str | None = None) -> SceneReport:
    """Compare each file with the CRC-32 that its archive stated when it was unpacked; nothing is changed.

    A copy that was unpacked by other means has no such list. Its files are then counted and held to the
    set's own lists, and the report says that they were not checked. The lists of the four folds are read in
    either case, as a training would.

    Args:
        folder: see `tut2016_folder`.
    """
    report = SceneReport(tut2016_folder(folder), "tut2016")
    for archive in read_digests(fetching.TUT2016_DIGESTS):
        _compare(report, fetching.unpacked_files(report.folder, archive) or {}, crc32)
    known = {*report.whole, *report.missing, *report.corrupt}
    listed: set[str] = set()
    try:
        listed = {
            path.relative_to(report.folder).as_posix() for r in tut2016(report.folder) if (path := r.path)
        }
        for fold in FOLDS:
            published_fold(fold, report.folder)
    except RecordingError as error:
        report.fault = str(error)
    report.unchecked += sorted(listed - known)
    report.extra += _others(report.folder, ("audio",), known | listed)
    return report


def _compare(report: SceneReport, digests: dict, digest_of: Callable[[Path], object]) -> None:
    """Sort files by what has become of them."""
    for name, digest in digests.items():
        path = report.folder / name
        if not path.is_file():
            report.missing.append(name)
        else:
            (report.whole if digest_of(path) == digest else report.corrupt).append(name)


def _others(folder: Path, below: tuple[str, ...], known: set[str]) -> list[str]:
    """Files in some folders of a set that nobody named."""
    there = (path for name in below for path in (folder / name).glob("[!.]*"))
    return sorted({path.relative_to(folder).as_posix() for path in there} - known)
