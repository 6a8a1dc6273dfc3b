"""Run a submission with all the rights of whoever grades: for a teacher who trusts each student, and says so.

Nothing here protects anything. Where there is no sandbox, it lets a small class be graded all the same.

Taught in *For the teacher*.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from spectnet.classroom.sandbox import ENVIRONMENT, Room
from spectnet.classroom.visible import SCRATCH, View

START = "from spectnet.classroom.runner import main; main()"


class OpenRoom(Room):
    """A process in a folder of its own, and no walls around it.

    Args:
        seen: what is laid beside the notebook, and which modules are hidden; the rest is seen all the same.
    """

    def __init__(self, seen: View) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="unprotected-")
        for outside, inside in seen.binds:
            if inside.startswith(SCRATCH):
                os.symlink(outside, Path(self._folder.name, Path(inside).name))
        settings = json.dumps({"limits": {}, "masked": seen.masked})
        pipe, home = subprocess.PIPE, {"HOME": self._folder.name, "IPYTHONDIR": self._folder.name}
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", START, settings],
            stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, cwd=self._folder.name,
            env={**ENVIRONMENT, **home, "PATH": os.defpath}, start_new_session=True,
        )  # fmt: skip
        self.watch = None

    def ended(self, seconds: float) -> bool:
        """Whether the process has ended, or does so within `seconds`; its children may still run."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is not None

    def close(self) -> None:
        """End the process and its children, unless they went their own way."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._close_pipes()
        self._folder.cleanup()
