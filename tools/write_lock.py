"""Write requirements.lock from what is installed: run `python tools/write_lock.py` in that environment."""

import re
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
HEAD = """\
# One exact set of versions that works, for Python 3.11 and later. `pip install -r requirements.lock`
# Ranges are in pyproject.toml; tests/test_setup.py holds the two together. To renew: see CONTRIBUTING.md.
# On Linux the torch pin brings the CUDA build, elsewhere one for the CPU or Apple; pip adds what CUDA needs.
"""
LEFT_OUT = ("pip", "spectnet")
CHOSEN_BY_PLATFORM = ("nvidia-", "triton", "cuda-", "appnope", "pywinpty", "pywin32", "colorama")
ONLY_UNIX = ("pexpect", "ptyprocess")


def locked(line: str) -> str | None:
    """One line of `pip freeze` as any machine can install it; None for one that pip chooses by platform."""
    name = line.partition("==")[0].lower()
    if name.startswith(CHOSEN_BY_PLATFORM):
        return None
    line = re.sub(r"\+[\w.]+$", "", line)  # torch==2.13.0+cpu is a build that only some index has
    return f'{line} ; sys_platform != "win32"' if name in ONLY_UNIX else line


def main() -> None:
    """Freeze, mend, write."""
    exclude = [f"--exclude={name}" for name in LEFT_OUT]
    freeze = [sys.executable, "-m", "pip", "freeze", "--all", *exclude]
    frozen = subprocess.run(freeze, capture_output=True, text=True, check=True).stdout.splitlines()
    lines = sorted(filter(None, map(locked, frozen)), key=str.lower)
    LOCK.write_text(HEAD + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
