"""A file is written whole or not at all, whatever happens meanwhile: a full disk, a kill, a power cut.

Taught in *Training on a GPU*.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_ENDING = ".part"


@contextmanager
def replacing(path: Path | str) -> Iterator[IO[bytes]]:
    """A file to write to, which takes the place of `path` when all of it is on disk.

    Args:
        path: to be replaced; its folder is made if need be.

    Raises:
        OSError: it could not be written; what `path` held before is still there.
    """
    path = Path(path)
    # Beside it, since only within one file system is renaming a single step; another process has another.
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_ENDING}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else the new name could reach the disk before what it names
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(f"{path} could not be written ({reason}); what it held before is kept") from error
    finally:
        with suppress(OSError):  # the first one said what is wrong
            temporary.unlink(missing_ok=True)


def remove_halves(folder: Path | str, *, idle_s: float = 0.0) -> None:
    """Remove what a process left in `folder` that was killed while it wrote.

    Args:
        folder: where it may lie; it need not be there.
        idle_s: spare what was written to within so many seconds. With 0, nobody may be writing there.
    """
    for half in Path(folder).glob(f".*{_ENDING}"):
        with suppress(FileNotFoundError):  # its writer, or another cleaner, was faster
            if not idle_s or time.time() - half.stat().st_mtime > idle_s:
                half.unlink()


def write(path: Path | str, content: bytes | str) -> None:
    """Put `content` in the place of what `path` held.

    Raises:
        OSError: it could not be written; what `path` held before is still there.
    """
    with replacing(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
