"""A closed room for a stranger's code: bubblewrap, an allow-list of mounts, and limits.

No network, no file of its own but a small scratch in memory, no process beside its own. Started by root, it runs
as a user that exists nowhere, for root is exempt from the limit on processes.

Taught in *For the teacher*.
"""

from __future__ import annotations

import functools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from spectnet.classroom.visible import SCRATCH, View, view
from spectnet.settings import Settings

BWRAP = "bwrap"
PATH = "/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin"
"""Where bubblewrap is looked for: never where a user may write."""
DEVICES = ("null", "zero", "full", "random", "urandom")
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
    memory_mb: int = Field(default=3000, ge=200)
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
        }


@dataclass
class Room:
    """A running sandbox.

    Attributes:
        process: bubblewrap, or the runner itself where there is no sandbox.
        inner: number of the first process inside, as seen from outside.
        handle: a file that stands for it and becomes readable when everything inside has ended.
    """

    process: subprocess.Popen
    inner: int
    handle: int

    def close(self) -> None:
        """End everything inside, and wait until it has.

        Raises:
            SandboxError: something is still there after ten seconds.
        """
        try:
            signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        except ProcessLookupError:
            pass
        gone = select.select([self.handle], [], [], 10)[0]
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()
        os.close(self.handle)
        if not gone:
            raise SandboxError(f"process {self.inner} of a submission does not end: end it by hand")


def open_room(seen: View, limits: Limits) -> Room:
    """Start the runner in a sandbox; requests go to its standard input, answers come from its output.

    Raises:
        SandboxError: it does not start; `why_not` says what to do.
    """
    told, tell = os.pipe()
    room = ["--info-fd", str(tell)]
    settings = {"limits": limits.inside(), "masked": seen.masked, "answer_bytes": limits.answer_kb << 10}
    program = [seen.python, "-I", "-S", "-c", START, json.dumps(settings), ":".join(seen.search)]
    try:
        process = _popen([*command(seen, limits, room), "--", *program], [tell])
    finally:
        os.close(tell)
    with os.fdopen(told) as info:
        return _entered(process, info.read())


def _popen(command: Sequence[str], files: Sequence[int]) -> subprocess.Popen:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, pass_fds=files, env={"PATH": PATH}, cwd="/"
    )


def _entered(process: subprocess.Popen, info: str) -> Room:
    try:
        inner = int(json.loads(info)["child-pid"])
        return Room(process, inner, os.pidfd_open(inner))
    except (ValueError, KeyError, ProcessLookupError) as error:
        process.kill()
        said = process.communicate()[1].decode(errors="replace").strip()
        raise SandboxError(f"bubblewrap does not start: {said}") from error


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
    binds = [bind for bind in seen.binds if not bind[0].startswith(("/usr/", "/proc/"))]
    world = ["--bind", "/proc", "/proc", "--ro-bind", "/usr", "/usr", "--tmpfs", "/tmp"]
    rights = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--no-new-privs"]
    return [
        BWRAP,
        *world,
        *_shown(binds, seen),
        *rights,
        "--die-with-parent",
        "--",
        *become,
        "--bounding-set=-all",
        "--",
    ]


def _shown(binds: Sequence[tuple[str, str]], seen: View) -> list[str]:
    devices = [arg for name in DEVICES for arg in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")]
    return [*_folders(seen), *_read_only(binds), *devices, *_links(seen)]


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
    made = ["--perms", "1777", "--size", size, "--tmpfs", "/tmp", "--dir", SCRATCH]
    return [*made, *_read_only(beside), "--remount-ro", "/"]


def _closed(seen: View) -> list[str]:
    environment = ENVIRONMENT | {"LD_LIBRARY_PATH": seen.libraries}
    variables = [arg for name, value in environment.items() for arg in ("--setenv", name, value)]
    alone = ["--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
    ends = ["--hostname", "sandbox", "--new-session", "--die-with-parent", "--chdir", SCRATCH]
    return [*alone, *ends, "--clearenv", *variables]


@functools.cache
def why_not() -> str | None:
    """What keeps a sandbox from opening on this machine, and what to do; None where nothing does."""
    if sys.platform != "linux":
        return "grading needs Linux: on Windows use WSL, elsewhere a Linux machine or a virtual one"
    if shutil.which(BWRAP, path=PATH) is None:
        return "bubblewrap is missing: install it, on Debian and Ubuntu with `sudo apt install bubblewrap`"
    seen = view({}, ())
    try:
        tried = subprocess.run(
            [*command(seen, Limits()), "--", seen.python, "-I", "-S", "-c", "pass"],
            env={"PATH": PATH}, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not run ({error})"
    if tried.returncode == 0:
        return None
    return (
        f"bubblewrap opens no sandbox here ({tried.stderr.strip()}): it needs unprivileged user namespaces, "
        "which a container or the system's policy may forbid; the teacher's guide says how to allow them"
    )
