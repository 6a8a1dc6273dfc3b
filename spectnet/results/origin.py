"""Where a number comes from: the commit of the code, and the machine that ran it."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import torch


def current_commit(folder: Path | None = None) -> str:
    """Hash of the checked-out commit, with ``-changed`` behind it if package or configs differ from it."""
    folder = folder or Path(__file__).parents[2]

    def git(*arguments: str) -> str:
        run = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    try:
        commit = git("rev-parse", "--short=12", "HEAD")
        return commit + ("-changed" if git("status", "--porcelain", "--", "spectnet", "configs") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine() -> dict[str, str | int]:
    """What a run ran on: processor or GPU, threads, versions."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "device": gpu or f"CPU ({platform.machine()})",
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
