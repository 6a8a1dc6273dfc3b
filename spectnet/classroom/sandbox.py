"""A closed room for a stranger's code: bubblewrap, an allow-list of mounts, and limits.

No network, no file of its own but a small scratch in memory, no process beside its own. Started by root, it
runs as a user that exists nowhere, for root is exempt from the limit on processes.

Taught in *For the teacher*.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import platform
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import IO

from pydantic import Field

from spectnet.classroom import channel
from spectnet.classroom.syscalls import PROCESSORS, syscall_filter
from spectnet.classroom.visible import SCRATCH, View, view
from spectnet.classroom.watch import Watch
from spectnet.settings import Settings

BWRAP = "bwrap"
PATH = "/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin"
"""Where bubblewrap is looked for: never where a user may write."""
DEVICES = ("null", "zero", "full", "random", "urandom")
TRUST, TRUST_SENTENCE = "SPECTNET_WITHOUT_SANDBOX", "I trust every submission"
"""Only where this variable of the environment says just this do submissions run without a sandbox."""
START_SECONDS = 120.0
OLDEST_KERNEL = (5, 14)
"""From here on, the limit on processes counts those of one sandbox, and not all of a user's."""
FIRST_SPARE_USER = 2_000_000_000
ENVIRONMENT = {
    "HOME": "/tmp",
    "IPYTHONDIR": "/tmp/.ipython",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": "/tmp/.matplotlib",
    "NUMBA_CACHE_DIR": "/tmp/.numba",
    "OMP_NUM_THREADS": "1",
    "PATH": "/nowhere",
    "PYTHONDONTWRITEBYTECODE": "1",
    "USER": "student",
}
START = "import sys; sys.path += sys.argv[2].split(':'); from spectnet.classroom.runner import main; main()"


class SandboxError(RuntimeError):
    """The closed room could not be opened, or not be closed again: nothing is graded."""


class Limits(Settings):
    """What a submission may use.

    Attributes:
        seconds: for all cells of the notebook.
        cell_seconds: for one cell; one that takes longer is stopped, and the next one runs.
        memory_mb: for all its processes, and for any one.
        processes: processes and threads at a time.
        disk_mb: its scratch, which is memory too.
        answer_kb: the longest answer to one call.
    """

    seconds: float = Field(default=180.0, gt=0)
    cell_seconds: float = Field(default=60.0, gt=0)
    memory_mb: int = Field(default=2000, ge=200)
    processes: int = Field(default=64, ge=1)
    disk_mb: int = Field(default=200, ge=1)
    answer_kb: int = Field(default=32_000, ge=1)

    def inside(self) -> dict[str, int]:
        """What the process sets for itself before the first cell runs, by the names of `resource`."""
        return {
            "RLIMIT_DATA": self.memory_mb << 20,
            "RLIMIT_FSIZE": self.disk_mb << 20,
            "RLIMIT_NPROC": self.processes,
            "RLIMIT_NOFILE": 256,
            "RLIMIT_CORE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_SIGPENDING": 256,
        }


class Room:
    """A running sandbox: requests go to its standard input, answers come from its output.

    Attributes:
        process: bubblewrap.
        watch: what ends it from outside when it holds too much; None where nobody watches.

    Args:
        process: bubblewrap, started.
        first: number of the first process inside, whose end is the end of all others.
        memory_mb: what all of them may hold.
    """

    def __init__(self, process: subprocess.Popen, first: int, memory_mb: int) -> None:
        self.process = process
        self._first = os.pidfd_open(first)
        self.watch: Watch | None = Watch(first, memory_mb, SCRATCH, self._kill)

    def ended(self, seconds: float) -> bool:
        """Whether every process inside has ended, or does so within `seconds`."""
        return bool(select.select([self._first], [], [], seconds)[0])

    def close(self) -> None:
        """End everything inside, and wait until it has.

        Raises:
            SandboxError: something is still there after ten seconds.
        """
        self._kill()
        ended = self.ended(10)
        if self.watch:
            self.watch.stop()
        self.process.kill()
        self._close_pipes()
        os.close(self._first)
        if not ended:
            raise SandboxError("a process of a submission does not end: look for it, and end it by hand")

    def _close_pipes(self) -> None:
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._first, signal.SIGKILL)


def open_room(seen: View, limits: Limits) -> Room:
    """Start the runner in a sandbox, and wait until it takes requests.

    Raises:
        SandboxError: it does not start; `why_not` says what to do.
    """
    if os.environ.get(TRUST) == TRUST_SENTENCE:
        from spectnet.classroom.unprotected import OpenRoom

        return _ready(OpenRoom(seen))
    if reason := _lacking():
        raise SandboxError(reason)
    told, tell = os.pipe()
    with os.fdopen(told) as info, _filter() as refusals:
        room = ["--info-fd", str(tell), "--seccomp", str(refusals.fileno())]
        try:
            process = _popen(
                [*command(seen, limits, room), *_program(seen, limits)], [tell, refusals.fileno()]
            )
        finally:
            os.close(tell)
        try:
            return _ready(Room(process, int(json.loads(info.read())["child-pid"]), limits.memory_mb))
        except (ValueError, KeyError, ProcessLookupError) as error:
            process.kill()
            raise SandboxError(_said(process)) from error


def _ready(room: Room) -> Room:
    """The room, once its runner has said so; before that no stranger's code has run in it."""
    assert room.process.stdout is not None
    try:
        said = channel.receive(room.process.stdout.fileno(), 1000, time.monotonic() + START_SECONDS)
        if said == {"ready": True} and (room.watch is None or room.watch.sees):
            return room
        reason = "what runs inside cannot be watched from outside"
    except EOFError:
        reason = _said(room.process)
    except (TimeoutError, channel.Garbled) as error:
        reason = str(error)
    room.close()
    raise SandboxError(reason)


def _said(process: subprocess.Popen) -> str:
    """The last words of what has ended or is about to."""
    assert process.stderr is not None
    return process.stderr.read(4000).decode(errors="replace").strip() or "it ended without a word"


def _filter() -> IO[bytes]:
    file = os.fdopen(os.memfd_create("refused"), "w+b")
    file.write(syscall_filter())
    file.flush()
    file.seek(0)
    return file


def _program(seen: View, limits: Limits) -> list[str]:
    settings = json.dumps({"limits": limits.inside(), "masked": seen.masked})
    return ["--", seen.python, "-I", "-S", "-c", START, settings, ":".join(seen.search)]


def _popen(command: Sequence[str], files: Sequence[int]) -> subprocess.Popen:
    pipe, path = subprocess.PIPE, {"PATH": PATH}
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, pass_fds=files, env=path, cwd="/"
    )


def command(seen: View, limits: Limits, more: Sequence[str] = ()) -> list[str]:
    """Bubblewrap's command line, up to the program that runs inside."""
    binds, before = seen.binds, []
    if os.geteuid() == 0:
        binds, before = tuple((inside, inside) for _, inside in binds), _as_nobody(seen)
    beside = [bind for bind in binds if bind[1].startswith(SCRATCH)]
    shown = _shown([bind for bind in binds if bind not in beside], seen)
    return [*before, BWRAP, *shown, *_scratch(limits, beside), *_closed(seen), *more]


def _as_nobody(seen: View) -> list[str]:
    """Lay out the same files where a user without any rights can reach them, and become that user.

    The way to the originals may lead through a home that is closed to all others.
    """
    user = FIRST_SPARE_USER + os.getpid()  # shares no counter or quota with anybody
    binds = [bind for bind in seen.binds if not bind[1].startswith(("/usr/", "/proc/"))]
    world = ["--bind", "/proc", "/proc", "--ro-bind", "/usr", "/usr", "--tmpfs", SCRATCH]
    rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"]
    layout = [*world, *_shown(binds, seen), *rights, "--die-with-parent"]
    return [BWRAP, *layout, "--", *become, "--bounding-set=-all", "--"]


def _shown(binds: Sequence[tuple[str, str]], seen: View) -> list[str]:
    devices = [arg for name in DEVICES for arg in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")]
    empty = [arg for folder in seen.hidden for arg in ("--tmpfs", folder, "--remount-ro", folder)]
    return [*_folders(seen), *_read_only(binds), *empty, *devices, *_links(seen)]


def _folders(seen: View) -> list[str]:
    """Made by name, for bubblewrap closes to others those that it makes by itself."""
    return [arg for folder in seen.folders for arg in ("--perms", "0755", "--dir", folder)]


def _read_only(binds: Sequence[tuple[str, str]]) -> list[str]:
    return [arg for outside, inside in binds for arg in ("--ro-bind", outside, inside)]


def _links(seen: View) -> list[str]:
    return [arg for target, inside in seen.links for arg in ("--symlink", target, inside)]


def _scratch(limits: Limits, beside: Sequence[tuple[str, str]]) -> list[str]:
    """The one place to write, then the lock on everything else."""
    size = str(limits.disk_mb << 20)
    made = ["--perms", "1777", "--size", size, "--tmpfs", SCRATCH]
    return [*made, *_read_only(beside), "--remount-ro", "/"]


def _closed(seen: View) -> list[str]:
    environment = ENVIRONMENT | {"LD_LIBRARY_PATH": seen.libraries}
    variables = [arg for name, value in environment.items() for arg in ("--setenv", name, value)]
    alone = ["--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
    ends = ["--hostname", "sandbox", "--new-session", "--die-with-parent", "--chdir", SCRATCH]
    return [*alone, *ends, "--clearenv", *variables]


def _lacking() -> str | None:
    """What this machine lacks, as far as that can be seen without opening a sandbox."""
    if sys.platform != "linux":
        return "grading needs Linux: on Windows use WSL, elsewhere a Linux machine or a virtual one"
    if platform.machine() not in PROCESSORS:
        return f"grading needs one of the processors {', '.join(PROCESSORS)}, got {platform.machine()}"
    if tuple(map(int, re.findall(r"\d+", platform.release())[:2])) < OLDEST_KERNEL:
        return f"grading needs Linux {'.'.join(map(str, OLDEST_KERNEL))} or later, got {platform.release()}"
    if shutil.which(BWRAP, path=PATH) is None:
        return "bubblewrap is missing: install it, on Debian and Ubuntu with `sudo apt install bubblewrap`"
    return None


@functools.cache
def why_not() -> str | None:
    """What keeps a sandbox from opening on this machine, and what to do; None where nothing does."""
    if os.environ.get(TRUST) == TRUST_SENTENCE and sys.platform != "win32":
        return None
    if reason := _lacking():
        return reason
    try:
        open_room(view({}, ()), Limits()).close()
    except (OSError, ValueError, SandboxError) as error:
        return (
            f"no sandbox opens here ({error}): bubblewrap must be 0.8 or later, and needs unprivileged user "
            "namespaces, which a container or the system's policy may forbid; the teacher's guide says more"
        )
    return None
