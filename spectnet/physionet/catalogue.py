"""From the unpacked set to a list of `Recording`: label, subset, signal quality, beats.

No sound is read here: names and labels come from small CSV files, and a recording's beats
are read when they are first asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from spectnet.physionet.annotations import AnnotationFile
from spectnet.physionet.checksums import ANNOTATIONS, SUBSETS, check_subsets, set_folder
from spectnet.recordings import ABNORMAL, NORMAL, Recording, RecordingError

FETCH = "repair it with `spectnet fetch physionet2016`"
LABELS = {"-1": NORMAL, "1": ABNORMAL}
QUALITIES = {"0": False, "1": True}
Meaning = TypeVar("Meaning")


def index(
    folder: Path | str | None = None, *, subsets: str = SUBSETS, annotations: bool = True
) -> list[Recording]:
    """List every recording of the set, in the order of their names.

    Args:
        folder: see `set_folder`.
        subsets: the letters of those wanted; every one of them must be there.
        annotations: attach the hand-corrected beats where they are unpacked.

    Raises:
        RecordingError: the set or a subset is not there, or files and labels do not match.
        ValueError: `subsets` holds a letter outside a to f.

    Taught in *What a heart sounds like*; the set is by Liu et al. (2016).
    """
    check_subsets(subsets)
    folder = set_folder(folder)
    present = [subset for subset in subsets if (folder / f"training-{subset}").is_dir()]
    if not present:
        raise RecordingError(
            f"no recordings in {folder}; get them with `spectnet fetch physionet2016`, "
            "or set SPECTNET_DATA to the folder that has them"
        )
    if missing := sorted(set(subsets) - set(present)):
        raise RecordingError(
            f"{folder} lacks training-{', training-'.join(missing)}; get the rest with "
            f'`spectnet fetch physionet2016`, or ask for subsets="{"".join(present)}" only'
        )
    recordings = [r for subset in subsets for r in _index_subset(folder, subset, annotations)]
    return sorted(recordings, key=lambda recording: recording.name)


def _index_subset(folder: Path, subset: str, annotations: bool) -> list[Recording]:
    """The recordings of one ``training-`` folder."""
    subset_folder = folder / f"training-{subset}"
    sounds = {path.stem: path for path in subset_folder.glob("*.wav")}
    labels = _read_column(subset_folder / "REFERENCE.csv", 1, LABELS)
    qualities = _read_column(subset_folder / "REFERENCE-SQI.csv", 2, QUALITIES)
    _check_names(set(sounds), set(labels), set(qualities), subset_folder)
    beats_folder = folder / ANNOTATIONS / f"training-{subset}_StateAns"
    beats = {p.stem.removesuffix("_StateAns"): p for p in beats_folder.glob("*.mat")} if annotations else {}
    return [
        Recording(
            name=name,
            label=label,
            subset=subset,
            good_quality=qualities[name],
            path=sounds[name],
            states=AnnotationFile(beats[name]) if name in beats else None,
        )
        for name, label in labels.items()
    ]


def _read_column(path: Path, column: int, meaning: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """What each name has in `column` of a table without a head, translated by `meaning`."""
    if not path.is_file():
        raise RecordingError(f"{path} is missing; {FETCH}")
    rows = [line.strip().split(",") for line in path.read_text().splitlines() if line.strip()]
    for number, row in enumerate(rows, start=1):
        if len(row) <= column or row[column].strip() not in meaning:
            raise RecordingError(
                f"{path}, line {number}: expected a name and {' or '.join(meaning)} in column {column + 1}, "
                f"got {','.join(row)!r}; {FETCH}"
            )
    if repeated := [name for name, n in Counter(row[0] for row in rows).items() if n > 1]:
        raise RecordingError(f"{path} lists {_some(repeated)} more than once; {FETCH}")
    return {row[0]: meaning[row[column].strip()] for row in rows}


def _check_names(sounds: set[str], labels: set[str], qualities: set[str], folder: Path) -> None:
    """Every sound has a label and a quality, and every label a sound."""
    for names, lacking in (
        (sounds - labels, "a sound but no label in REFERENCE.csv; take away what is not of the set, or"),
        (labels - qualities, "no signal quality in REFERENCE-SQI.csv;"),
        (labels - sounds, "no sound;"),
    ):
        if names:
            raise RecordingError(f"{folder}: {_some(sorted(names))} has {lacking} {FETCH}")


def _some(names: list[str]) -> str:
    """The first names of a list that may be long."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
