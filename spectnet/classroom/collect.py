"""Lay what a learning platform downloads where grading looks for it: one folder a student.

Taught in *For the teacher*.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from spectnet import atomic
from spectnet.classroom.course import STUDENT, Course
from spectnet.classroom.handed_in import ARCHIVES, MAX_ARCHIVE, is_hidden

KINDS = (".ipynb", *ARCHIVES)
"""What may be a submission; nothing else is laid out, so that nobody hands in a time stamp of their own."""
PATTERN = r"(?P<student>[^/]+?)(?:_(?:LATE_)?(?P<number>\d+)_.*|/.*)"
"""A folder called as the student, or Moodle's and Canvas's names: ``Ada Lovelace_1234_...``."""


@dataclass(frozen=True)
class Collected:
    """What came out of a download.

    Attributes:
        students: who handed something in.
        left: files that were not laid out, each with the reason.
    """

    students: tuple[str, ...]
    left: tuple[str, ...]


def collect(course: Course, name: str, download: Path, pattern: str = PATTERN) -> Collected:
    """Lay out the submissions in a platform's archive; what a student handed in before gives way.

    No submission is opened: archives inside the archive stay as they are until grading.

    Args:
        course: the course.
        name: the assignment.
        download: the zip archive of all submissions.
        pattern: a regular expression for paths in the archive, with a group `student`.

    Raises:
        ValueError: the assignment, the archive or the pattern is none, or two people would be one.
    """
    course.load(name)
    if not zipfile.is_zipfile(download):
        raise ValueError(f"{download} is no zip archive: download all submissions as one")
    if "student" not in re.compile(pattern).groupindex:
        raise ValueError(f"the pattern needs a group (?P<student>...), got {pattern!r}")
    with zipfile.ZipFile(download) as archive:
        found, left = _sorted(archive.infolist(), pattern)
        for student, members in found.items():
            _lay_out(archive, members, course.folder / "submitted" / student / name)
    return Collected(tuple(sorted(found)), tuple(left))


def student_id(name: str) -> str:
    """A person's name as a folder and the gradebook know it; empty if no letter of it can stay.

    >>> student_id("Zoë van Dijk")
    'Zoe-van-Dijk'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._@-]+", "-", plain).strip("-._@")[:64]


def _sorted(
    members: list[zipfile.ZipInfo], pattern: str
) -> tuple[dict[str, list[zipfile.ZipInfo]], list[str]]:
    """The members of each student, and what is left with its reason."""
    found: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
    left = []
    for member in members:
        if member.is_dir() or is_hidden(member.filename):
            continue
        student = _whose(member.filename, pattern)
        if reason := _why_left(member, student):
            left.append(f"{member.filename}: {reason}")
        else:
            found[student].append(member)
    for student, theirs in found.items():
        _one_person(student, [_file_name(member) for member in theirs])
    return found, left


def _whose(path: str, pattern: str) -> str:
    match = re.fullmatch(pattern, path)
    return (student_id(match["student"]) or match.groupdict().get("number") or "") if match else ""


def _why_left(member: zipfile.ZipInfo, student: str) -> str:
    if not member.filename.lower().endswith(KINDS):
        return "neither a notebook nor an archive"
    if not STUDENT.fullmatch(student):
        return "whose it is cannot be seen from its path: say where with --pattern"
    if member.file_size > MAX_ARCHIVE:
        return f"larger than {MAX_ARCHIVE // 1_000_000} MB"
    return ""


def _one_person(student: str, files: list[str]) -> None:
    if len(set(files)) < len(files):
        raise ValueError(
            f"several files called {max(files, key=files.count)} would be {student}'s: give --pattern, "
            "a regular expression for paths with a group (?P<student>...) that tells people apart"
        )


def _lay_out(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> None:
    """Write one student's files, by their last name alone, in place of earlier ones."""
    for earlier in _submissions(folder):
        earlier.unlink()
    for member in members:
        with archive.open(member) as file:
            atomic.write(folder / _file_name(member), file.read(MAX_ARCHIVE + 1))


def _submissions(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.glob("*")) if path.name.lower().endswith(KINDS))


def _file_name(member: zipfile.ZipInfo) -> str:
    """The last part of the path, without what a platform put before it."""
    return re.sub(r"^.*_\d+_(?:\d+_)?(?:assignsubmission_file_)?", "", PurePosixPath(member.filename).name)
