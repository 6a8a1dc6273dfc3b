"""Check a copy of the set, file by file, against what PhysioNet published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass
class Report:
    """What a copy of the set has and lacks; printed, it says so in words.

    Attributes:
        folder: the copy.
        whole: files that hold what PhysioNet published.
        missing: files that must be there and are not.
        corrupt: files that hold something else.
        side_files: files of the published set that the book does without, and that are not there.
        extra: files that no list of checksums names.
        absent_subsets: letters of subsets of which nothing is there.
        unchecked_subsets: letters of subsets whose list of checksums is missing or not the published one.
    """

    folder: Path
    whole: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    side_files: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    absent_subsets: str = ""
    unchecked_subsets: str = ""

    @property
    def ok(self) -> bool:
        """Whether the book can use the copy as it is."""
        return bool(self.whole) and not (self.missing or self.corrupt or self.absent_subsets)

    def __str__(self) -> str:
        lines = [f"{self.folder}: {len(self.whole)} files are as PhysioNet published them"]
        lines += [f"training-{subset} is missing altogether" for subset in self.absent_subsets]
        for names, what in (
            (self.missing, "missing"),
            (self.corrupt, "not as published"),
            (self.extra, "on no list of checksums (left alone)"),
            (self.side_files, "not in this copy, and not needed"),
        ):
            if names:
                lines.append(f"{len(names)} {what}: {_some(names)}")
        lines += [
            f"training-{subset} was not checked: its SHA256SUMS is not the published one"
            for subset in self.unchecked_subsets
        ]
        lines.append("all is well" if self.ok else "repair it with `spectnet fetch physionet2016`")
        return "\n".join(lines)


def verify(folder: Path | str | None = None, *, subsets: str = SUBSETS) -> Report:
    """Compare every file with its published checksum; nothing is changed.

    Side files (``.hea``, ``.dat``) and beats that a copy lacks are listed, and are no fault.

    Args:
        folder: see `set_folder`.
        subsets: the letters of those to check.
    """
    check_subsets(subsets)
    report = Report(set_folder(folder))
    for subset in subsets:
        _verify_subset(report, subset)
    return report


def _verify_subset(report: Report, subset: str) -> None:
    subset_folder = report.folder / f"training-{subset}"
    if not subset_folder.is_dir() or not any(subset_folder.iterdir()):
        report.absent_subsets += subset
        return
    known = committed_digests(subset)
    _compare(report, known)
    if f"training-{subset}/SHA256SUMS" not in report.whole:
        report.unchecked_subsets += subset
        return
    published = published_digests(report.folder, subset)
    beats = annotation_digests(subset)
    _compare(report, published)
    _compare(report, beats, optional=True)
    there = [
        *subset_folder.iterdir(),
        *(report.folder / ANNOTATIONS / f"training-{subset}_StateAns").glob("*"),
    ]
    names = (path.relative_to(report.folder).as_posix() for path in there if not path.name.startswith("."))
    report.extra += sorted(set(names) - known.keys() - published.keys() - beats.keys())


def _compare(report: Report, digests: dict[str, str], optional: bool = False) -> None:
    """Sort files by what has become of them."""
    for name, digest in digests.items():
        path = report.folder / name
        if not path.is_file():
            absent = report.side_files if optional or is_side_file(name) else report.missing
            absent.append(name)
        else:
            (report.whole if sha256(path) == digest else report.corrupt).append(name)


def _some(names: Sequence[str]) -> str:
    """The first names of a list that may be long."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
