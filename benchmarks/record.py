"""What stands beside every number: machine, versions, commit; and how rows reach their file."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

from spectnet import results

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "results" / "benchmark-frontend.json"
CHANGED = "-changed"
_PACKAGES = (
    "torch", "numpy", "scipy", "numba", "torchaudio", "nnaudio", "speechbrain", "asteroid-filterbanks",
)  # fmt: skip
_KEY = ("workload", "initialisation", "contestant", "pass", "threads")


def commit() -> str:
    """Hash of the checked-out commit, with ``-changed`` behind it if package or benchmarks differ from it."""
    head = results.current_commit(ROOT)
    if head == "unknown" or head.endswith(CHANGED):
        return head
    command = ["git", "-C", str(ROOT), "status", "--porcelain", "--", "benchmarks"]
    status = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return head + (CHANGED if status.strip() else "")


def is_final(commit: str) -> bool:
    """Whether numbers of this commit may stand in ``results/``."""
    return commit != "unknown" and not commit.endswith(CHANGED)


def machine() -> dict[str, Any]:
    """Processor, its number of logical cores, memory."""
    info = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }
    if hasattr(os, "sysconf"):
        info["memory_gb"] = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    return info


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Of Python and of every package that computes something, where installed."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def load(path: Path = RESULT) -> list[dict[str, Any]]:
    """The rows on record; none where there is no file."""
    return json.loads(path.read_text()) if path.is_file() else []


def merge(path: Path, rows: list[dict[str, Any]], key: tuple[str, ...] = _KEY) -> None:
    """Put `rows` into the file in the place of older ones of the same key, all at once or not at all."""
    new = {tuple(row[field] for field in key): row for row in rows}
    old = {tuple(row[field] for field in key): row for row in load(path)}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    lines = [json.dumps(row, allow_nan=False) for row in (old | new).values()]
    part.write_text("[\n" + ",\n".join(lines) + "\n]\n")
    part.replace(path)
