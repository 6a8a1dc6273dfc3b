"""From the unpacked TUT Acoustic Scenes 2016 to a list of `Recording`: class, location, file."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from spectnet.physionet.checksums import data_folder
from spectnet.recordings import Recording, RecordingError

TUT2016_CLASSES = (
    "beach",
    "bus",
    "cafe/restaurant",
    "car",
    "city_center",
    "forest_path",
    "grocery_store",
    "home",
    "library",
    "metro_station",
    "office",
    "park",
    "residential_area",
    "train",
    "tram",
)
"""The fifteen places as the set's own lists call them, in the order of their labels, 0 to 14."""

NAME = "TUT-acoustic-scenes-2016-development"
SEGMENTS_A_CLASS = 78  # of 30 s: 1170 in all
SEGMENT_NAME = re.compile(r"audio/(?P<location>[a-z]\d+)_\d+_\d+\.wav")  # location, first and last second
FOLDS = range(1, 5)
CHANNELS = 2  # binaural
FETCH = "repair it with `spectnet fetch tut2016`"


def tut2016_folder(folder: Path | str | None = None) -> Path:
    """The folder that holds ``audio/``, ``evaluation_setup/`` and ``meta.txt``.

    Args:
        folder: that folder itself, or the one above it; `data_folder` if None.
    """
    folder = Path(folder).expanduser() if folder is not None else data_folder()
    return folder if folder.name == NAME or (folder / "meta.txt").is_file() else folder / NAME


def tut2016(folder: Path | str | None = None) -> list[Recording]:
    """List the 1170 segments of TUT Acoustic Scenes 2016, development set, in the order of their names.

    A segment's `subset` is its location, the first part of its name (``b020_90_120`` was recorded at
    ``b020``): segments of one location sound alike and belong on one side of a split. The recordings are
    binaural; `Recording.read` averages both ears, without a warning for each file.

    Args:
        folder: see `tut2016_folder`.

    Raises:
        RecordingError: the set is not there, or is not whole, or lists and files do not match.

    Taught in *From hearts to places*; the set is by Mesaros et al. (2016).
    """
    folder = tut2016_folder(folder)
    if not (folder / "meta.txt").is_file():
        raise RecordingError(
            f"no scenes in {folder}; get them with `spectnet fetch tut2016` (9 GB), "
            f"or set SPECTNET_DATA to the folder above `{NAME}`"
        )
    labels = _read_labels(folder / "meta.txt")
    _check_files(folder, set(labels))
    return [
        Recording(
            name=Path(file).stem,
            label=TUT2016_CLASSES.index(label),
            subset=SEGMENT_NAME.fullmatch(file)["location"],  # type: ignore[index]  # matched when read
            path=folder / file,
            channels=CHANNELS,
        )
        for file, label in sorted(labels.items())
    ]


def published_fold(fold: int, folder: Path | str | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that train and names that test in one of the four folds that came with the set.

    Held to ``meta.txt``, so that the sound need not be there: both lists together name each of its segments
    once, and no location stands in both.

    Args:
        fold: 1 to 4.
        folder: see `tut2016_folder`.

    Raises:
        ValueError: another fold.
        RecordingError: a list is not there, names something that is no segment of the set, lacks a
            segment, or has a location that the other list has too.
    """
    if fold not in FOLDS:
        raise ValueError(f"fold must be 1 to 4, got {fold}")
    folder = tut2016_folder(folder)
    paths = [folder / "evaluation_setup" / f"fold{fold}_{side}.txt" for side in ("train", "test")]
    train, test = (_read_list(path) for path in paths)
    known = {Path(file).stem for file in _read_labels(folder / "meta.txt")}
    for path, names in zip(paths, (train, test), strict=True):
        if unknown := set(names) - known:
            raise RecordingError(f"{path} names {min(unknown)}, which is not in meta.txt; {FETCH}")
        if len(set(names)) < len(names):
            raise RecordingError(f"{path} names {Counter(names).most_common(1)[0][0]} twice; {FETCH}")
    if shared := {_location(name) for name in train} & {_location(name) for name in test}:
        raise RecordingError(
            f"{paths[1]} tests location {min(shared)}, which {paths[0].name} trains on; {FETCH}"
        )
    if lacking := known - {*train, *test}:
        raise RecordingError(
            f"{paths[0]} and {paths[1].name} lack {len(lacking)} segments of meta.txt, such as "
            f"{min(lacking)} of location {_location(min(lacking))}; {FETCH}"
        )
    return train, test


def _read_rows(path: Path, columns: int) -> list[list[str]]:
    """Lines of a list: a segment's file and, in some, its label behind a tab."""
    if not path.is_file():
        raise RecordingError(f"{path} is missing; {FETCH}")
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path} is no text in UTF-8 ({error.reason}); {FETCH}") from error
    rows = [line.rstrip().split("\t") for line in text.splitlines() if line.strip()]
    for number, row in enumerate(rows, start=1):
        right = len(row) >= columns and SEGMENT_NAME.fullmatch(row[0])
        if not right or (columns > 1 and row[1] not in TUT2016_CLASSES):
            wanted = "audio/<location>_<from>_<to>.wav" + (
                ", a tab and one of 15 places" if columns > 1 else ""
            )
            got = "\t".join(row)
            raise RecordingError(f"{path}, line {number}: expected {wanted}, got {got!r}; {FETCH}")
    return rows


def _location(name: str) -> str:
    """First part of a segment's name."""
    return name.partition("_")[0]


def _read_list(path: Path) -> tuple[str, ...]:
    return tuple(Path(row[0]).stem for row in _read_rows(path, columns=1))


def _read_labels(path: Path) -> dict[str, str]:
    """The place of every segment, by its file."""
    rows = _read_rows(path, columns=2)
    counts = Counter(row[1] for row in rows)
    for name in TUT2016_CLASSES:
        if counts[name] != SEGMENTS_A_CLASS:
            raise RecordingError(
                f"{path} lists {counts[name]} segments of {name} in place of {SEGMENTS_A_CLASS}; {FETCH}"
            )
    file, times = Counter(row[0] for row in rows).most_common(1)[0]
    if times > 1:
        raise RecordingError(f"{path} lists {file} {times} times; {FETCH}")
    return {row[0]: row[1] for row in rows}


def _check_files(folder: Path, listed: set[str]) -> None:
    there = {f"audio/{path.name}" for path in (folder / "audio").glob("[!.]*.wav")}
    for names, lacking in (
        (listed - there, f"are missing; {FETCH}"),
        (there - listed, "are not in meta.txt; take away what is not of the set"),
    ):
        if names:
            raise RecordingError(f"{folder}: {len(names)} segments, such as {min(names)}, {lacking}")
