"""Which clips came from one source. They sound alike, so an interval draws them together."""

from __future__ import annotations

import re

ESC10_NAME = re.compile(r"[1-5]-(?P<source>\d+)-?[A-Z]")  # fold, number of the source file, take


def source_of(name: str, subset: str) -> str:
    """The source that a clip shares with the clips that were cut from the same sound.

    Args:
        name: of the clip, such as ``"5-151085-A"``.
        subset: of the clip, which is its location where the name tells no source file.

    Returns:
        The number of the source file for a clip of ESC-10, else the location.

    Example:
        >>> source_of("5-151085-A", "5"), source_of("b020_90_120", "b020")
        ('151085', 'b020')
    """
    found = ESC10_NAME.fullmatch(name)
    return found["source"] if found else subset
