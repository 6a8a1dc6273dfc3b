"""What a stranger's code may see: Python, its packages, this package without the answers, and the data.

A list of what is let in, not of what is kept out: no home, no repository, no other submission, no socket.

Taught in *For the teacher*.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import spectnet

PACKAGE = Path(spectnet.__file__).resolve().parent
INSIDE = {Path("classroom/__init__.py"), Path("classroom/channel.py"), Path("classroom/runner.py")}
"""All that the sandbox gets of the grading itself."""
SCRATCH = "/tmp"
"""Where a student's code stands: its only place to write, with the data beside it."""
SYSTEM = ("/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/proc/cpuinfo", "/sys/devices/system/cpu")
"""Shared libraries, and what torch reads to choose its fastest code."""


@dataclass(frozen=True)
class View:
    """What is seen inside.

    Attributes:
        binds: what lies where, as (path outside, path inside); everything read-only.
        links: symbolic links, as (target, path inside).
        python: the interpreter, as a path inside.
        search: where it looks for modules, after its own library.
        libraries: where its shared libraries lie.
        masked: modules of the package that are hidden.
        hidden: folders that lie in what is let in, and are empty inside.
    """

    binds: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    python: str
    search: tuple[str, ...]
    libraries: str
    masked: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()

    @property
    def folders(self) -> list[str]:
        """The folders that have to be made for `binds`, parents first."""
        parents = {str(parent) for _, inside in self.binds for parent in Path(inside).parents}
        return sorted(parents - {"/", SCRATCH} | {"/dev"})


def view(mounts: Mapping[str, Path], masked: Sequence[str]) -> View:
    """What a submission of one assignment sees.

    Args:
        mounts: an assignment's own files and folders, by the name they have beside the notebook.
        masked: modules of the package to hide, such as ``"spectnet.gammatone"``.

    Raises:
        ValueError: a mount is missing, or its name is no plain name.
    """
    base, home = Path(sys.base_prefix).resolve(), _home()
    executable = Path(os.path.realpath(sys.executable)).relative_to(base)
    packages = {path: f"/packages/{i}" for i, path in enumerate(_packages())}
    binds = [(path, path) for path in SYSTEM if os.path.exists(path)]
    if home != Path("/usr"):
        binds += [(str(base / lib), str(home / lib)) for lib in ("lib", "lib64") if (base / lib).is_dir()]
    binds += [(str(base / executable), str(home / executable)), *packages.items()]
    binds += [(str(path), f"/book/spectnet/{path.relative_to(PACKAGE)}") for path in _shown(masked)]
    links = tuple(_links())
    binds += [(path, path) for path in ("/lib", "/lib64") if os.path.isdir(path) and not os.path.islink(path)]
    return View(
        (*binds, *_beside(mounts)),
        links,
        str(home / executable),
        ("/book", *packages.values()),
        str(home / "lib"),
        tuple(masked),
        tuple(f"{inside}/spectnet" for path, inside in packages.items() if Path(path, "spectnet").is_dir()),
    )


def _home() -> Path:
    """Where Python lies inside: where it lies outside, unless that could be somebody's home."""
    base = Path(sys.base_prefix).resolve()
    return base if base in (Path("/usr"), Path("/usr/local")) else Path("/python")


def _packages() -> list[str]:
    """The folders of installed packages that this interpreter uses."""
    found = [Path(path) for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    return list(dict.fromkeys(str(path.resolve()) for path in found if path.is_dir()))


def _links() -> Iterator[tuple[str, str]]:
    for path in ("/lib", "/lib64"):
        if os.path.islink(path):
            yield os.readlink(path), path
    yield SCRATCH, "/dev/shm"


def _shown(masked: Sequence[str]) -> Iterator[Path]:
    """The package's files, one by one, without caches, masked modules and the grading."""
    hidden = [Path(*name.split(".")[1:]) for name in masked]
    for path in sorted(PACKAGE.rglob("*")):
        inside = path.relative_to(PACKAGE)
        if "__pycache__" in inside.parts or not path.is_file():
            continue
        if inside.parts[0] == "classroom" and inside not in INSIDE:
            continue
        if not any(inside.with_suffix("") == name or name in inside.parents for name in hidden):
            yield path


def _beside(mounts: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    for name, path in mounts.items():
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise ValueError(f"a mount is called by a plain file name, got {name!r}")
        if not path.exists():
            raise ValueError(f"{path}, which is to lie beside the notebook as {name!r}, does not exist")
        if os.geteuid() == 0 and (closed := next(_closed_to_others(path), None)):
            raise ValueError(f"{closed} must be open to all, for root grades as nobody: chmod -R a+rX {path}")
        yield str(path.resolve()), f"{SCRATCH}/{name}"


def _closed_to_others(path: Path) -> Iterator[Path]:
    """Files and folders, from `path` on, that only their owner may read."""
    for found in (path, *path.rglob("*")):
        wanted = 0o005 if found.is_dir() else 0o004
        if found.stat().st_mode & wanted != wanted:
            yield found
