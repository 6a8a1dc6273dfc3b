"""Watches from outside what a submission uses, and ends it when that is too much.

A process can be held to a limit of its own; only this counts what a whole family of them holds.

Taught in *For the teacher*.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

EVERY_S = 0.05
COUNTED = ("RssAnon", "RssShmem", "VmSwap", "VmPTE")
"""Memory of a process that is its own: files it has mapped can be dropped and read again."""
SHARED_OUT = ("Pss_Anon", "Pss_Shmem", "SwapPss")
"""The same, each page divided by the number of processes that hold it."""
MOST_FILES = 20_000
"""Files in the scratch: each takes about a kilobyte of the kernel's memory, even an empty one."""


class Watch:
    """Ends a family of processes that holds too much.

    Attributes:
        excess: ``"memory"`` or ``"disk"``; empty as long as nothing was too much.
        reason: the same in words.

    Args:
        first: number of the first process of a namespace of its own, the ancestor of all others in it.
        memory_mb: what all of them may hold.
        scratch: the folder they write to, as they see it.
        end: ends them all.
    """

    def __init__(self, first: int, memory_mb: int, scratch: str, end: Callable[[], object]) -> None:
        self.excess = self.reason = ""
        self._family, self._limit_mb, self._end = Family(first), memory_mb, end
        self._scratch = f"/proc/{first}/root{scratch}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._thread.start()

    @property
    def sees(self) -> bool:
        """Whether it can see the processes; where it cannot, it would let everything pass."""
        return bool(self._family.members())

    def stop(self) -> None:
        """Look away."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = EVERY_S
        while not (self.excess or self._stop.wait(pause)):
            began = time.monotonic()
            self._look()
            pause = max(EVERY_S, 4 * (time.monotonic() - began))  # a look that takes long comes less often

    def _look(self) -> None:
        if (held := self._family.memory_mb(self._limit_mb)) > self._limit_mb:
            self.reason = f"the notebook held {held:.0f} MB of memory, where {self._limit_mb} MB are allowed"
            self.excess = "memory"
        elif (files := _files(self._scratch)) > MOST_FILES:
            self.reason = f"the notebook wrote {files} files, where {MOST_FILES} are allowed"
            self.excess = "disk"
        if self.excess:
            self._end()


class Family:
    """The processes in one namespace, as seen from outside.

    Args:
        first: number of any of them.
    """

    def __init__(self, first: int) -> None:
        self._space = _space(first)
        self._others: set[int] = set()  # so that nobody's process is asked twice

    def members(self) -> set[int]:
        """Numbers of those that run now."""
        running = {int(name) for name in os.listdir("/proc") if name.isdecimal()}
        self._others &= running
        found = {process for process in running - self._others if self._space == _space(process)}
        self._others |= running - found
        return found if self._space else set()

    def memory_mb(self, enough: float = 0) -> float:
        """Memory that they hold.

        Args:
            enough: as long as less is held, a page that several share after a fork may count for each of
                them, which is quicker to say.
        """
        members = self.members()
        held = sum(_sum_kb(f"/proc/{process}/status", COUNTED) for process in members) / 1024
        if held <= enough:
            return held
        return sum(_sum_kb(f"/proc/{process}/smaps_rollup", SHARED_OUT) for process in members) / 1024


def _space(process: int) -> str:
    """The namespace of a process; empty where it is gone or another user's."""
    try:
        return os.readlink(f"/proc/{process}/ns/pid")
    except OSError:
        return ""


def _sum_kb(path: str, names: tuple[str, ...]) -> int:
    """Sum of some fields of a file of the kernel's about a process."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith(names))


def _files(folder: str) -> int:
    try:
        counted = os.statvfs(folder)
    except OSError:  # it has just ended
        return 0
    return counted.f_files - counted.f_ffree
