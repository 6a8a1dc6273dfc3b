"""Things that a hostile submission would love to reach, laid out so that touching them is noticed.

Taught in *For the teacher*.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from spectnet.classroom.graded import Graded

BAIT = ("checks.py", "gradebook.db", "secret.txt")


class Trap:
    """A folder of secrets, two sockets that listen, a secret in the environment: all made for one attack.

    Attributes:
        folder: holds a secret in each file of `BAIT`, and the socket ``agent.sock``.
        port: of this machine, where somebody listens.
        mark: a word that the attack is told, and writes on what it does.
        secret: a word that only the bait holds.

    Use it in a ``with``; an attack may be told everything but the secret.
    """

    def __init__(self) -> None:
        self.secret = secrets.token_hex(16)
        self.mark = secrets.token_hex(6)

    def __enter__(self) -> Trap:
        self.folder = Path(tempfile.mkdtemp(prefix="trap-"))
        self.folder.chmod(0o755)
        for name in BAIT:
            (self.folder / name).write_text(self.secret)
        self._network = socket.create_server(("127.0.0.1", 0))
        self.port = self._network.getsockname()[1]
        self._local = socket.socket(socket.AF_UNIX)
        self._local.bind(str(self.folder / "agent.sock"))
        self._local.listen()
        self._before = self._state()
        os.environ[f"TRAP_{self.mark}"] = self.secret
        return self

    def __exit__(self, *_: object) -> None:
        del os.environ[f"TRAP_{self.mark}"]
        self._network.close()
        self._local.close()
        shutil.rmtree(self.folder)

    def sprung(self, record: Graded) -> list[str]:
        """What the attack reached, in words; nothing if it was contained.

        Args:
            record: how it was graded.
        """
        return list(self._sprung(record))

    def _sprung(self, record: Graded) -> Iterator[str]:
        if self._state() != self._before:
            yield "files outside were changed"
        for listener in (self._network, self._local):
            listener.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                listener.accept()[0].close()
                yield "a socket outside was reached"
        if self.mark in _names_of_processes():
            yield "a process was left behind"
        if self.secret in record.model_dump_json():
            yield "a secret came out"
        if any(self.mark in result.message for result in record.results):
            yield "a student could read what the answer was asked"

    def _state(self) -> dict[str, tuple]:
        """Every file of the folder: its kind and rights, when it was changed and what it holds."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            status = path.lstat()
            holds = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[path.name] = (status.st_mode, status.st_nlink, status.st_mtime_ns, holds)
        return found


def _names_of_processes() -> set[str]:
    """What the processes of this machine call themselves."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # it has just ended
            found.add(path.read_text().strip())
    return found
