"""What the pages' outputs were made from.

jupyter-cache looks at a page's cells only, and so would publish outputs of yesterday's package. Here
its folder is named after everything else a page can draw from, so that outputs are made again when
package, data, configs, results or lock changed, and only then.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

SOURCES = ("spectnet", "benchmarks", "data", "results", "configs", "requirements.lock")


def root(app: Sphinx) -> Path:
    """The repository: the folder above the book's pages."""
    return Path(app.srcdir).parent


def git(folder: Path, *arguments: str) -> str | None:
    """What git answers in `folder`, or None without git or outside a repository."""
    try:
        answer = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer.stdout.rstrip("\n")


def source_files(folder: Path) -> list[Path]:
    """Every file that pages draw from: those git knows or would add; without git, all that are there."""
    listed = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *SOURCES)
    if listed is not None:
        files = {folder / name for name in listed.split("\0") if name}
    else:
        files = {file for name in SOURCES for file in [folder / name, *(folder / name).rglob("*")]}
    return sorted(file for file in files if file.is_file() and "__pycache__" not in file.parts)


def fingerprint(folder: Path) -> str:
    """Twelve hexadecimal digits that change when a source file or the computing device does."""
    digest = hashlib.sha256(device().encode())
    for file in source_files(folder):
        digest.update(f"\0{file.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:12]


def commit(folder: Path, page: str) -> str:
    """The last commit that changed what `page` (a path within `folder`) draws from, itself included."""
    paths = ("--", *SOURCES, page)
    last = git(folder, "log", "-1", "--format=%h", *paths)
    if not last:
        return "not committed"
    return f"{last} and uncommitted changes" if git(folder, "status", "--porcelain", *paths) else last


def device() -> str:
    """Where this build computes: the GPU's name, or CPU."""
    if shutil.which("nvidia-smi") is None:  # spares the import of torch where there is no GPU
        return "CPU"
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def name_cache(app: Sphinx, config: Config) -> None:
    """Point myst-nb at the cache of these sources, and have every page re-read when they changed."""
    folder = root(app)
    cache = folder / "_build" / "cache" / fingerprint(folder)
    if cache.is_dir():
        os.utime(cache)  # in use, so not among those the tool forgets
    config.nb_execution_cache_path = str(cache)
    config.spectnet_state = f"{git(folder, 'rev-parse', 'HEAD')} {git(folder, 'status', '--porcelain')}"


def setup(app: Sphinx) -> None:
    """Register the state of the sources as a setting that every page depends on."""
    app.add_config_value("spectnet_state", "", "env", [str])
    app.connect("config-inited", name_cache)
