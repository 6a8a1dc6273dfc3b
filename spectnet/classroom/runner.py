"""Inside the sandbox: runs a student's cells, then answers calls until nobody asks any more.

Everything here is in a stranger's hands once the first cell has run: nothing it says is believed, and no
hidden check ever comes here. Its own limits on time are a courtesy, so that one endless loop spares the other
answers; those that count are held outside.

Taught in *For the teacher*.
"""

from __future__ import annotations

import importlib.abc
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from spectnet.classroom import channel

TEXT = 500
"""Letters of an error that are handed out."""


class OutOfTime(KeyboardInterrupt):
    """Raised in a student's code that runs too long; no ``except Exception`` swallows it."""


class Missing(NameError):
    """The notebook has no such name."""


class Masked(importlib.abc.MetaPathFinder):
    """Refuses, in words, to import the modules that an assignment asks for."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise ImportError for a masked name, and leave any other to the next finder."""
        if any(name == masked or name.startswith(f"{masked}.") for masked in self.names):
            raise ImportError(f"{name} is hidden here: it is what this assignment asks you to write")


def main() -> None:
    """Take limits and masked modules from the command line, then serve what stands on standard input."""
    import resource  # Windows has none, where students check with `Masked` all the same

    settings = json.loads(sys.argv[1])
    asked, answers = _own_files()
    for name, limit in settings["limits"].items():
        resource.setrlimit(getattr(resource, name), (limit, limit))
    sys.meta_path.insert(0, Masked(settings["masked"]))
    serve(asked, answers)


def _own_files() -> tuple[int, int]:
    """The channel, moved away from standard input and output, where a student's code would meet it."""
    files = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    return files


def serve(asked: int, answers: int) -> None:
    """Answer each request, in order, until the asking side closes."""
    shell = _shell()
    channel.send(answers, channel.encode({"ready": True}))
    while True:
        try:
            request = channel.receive(asked, 1 << 32, tensors=True)
        except EOFError:
            return
        said = {"id": request["id"], **_answer(shell, request)}
        try:
            message = channel.encode(said)
        except channel.NotPlain as error:
            message = channel.encode({"id": request["id"], "failed": "not plain", "text": _words(error)})
        channel.send(answers, message)


class Shell(InteractiveShell):
    """IPython without a window, a history or a profile."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Do nothing: figures are drawn on no screen."""


def _shell() -> Shell:
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "nocolor"
    settings.InteractiveShell.cache_size = 0
    return Shell.instance(config=settings)


def _answer(shell: Shell, request: dict) -> dict:
    tasks: dict[str, Callable[[], object]] = {
        "run": lambda: _run(shell, request["source"]),
        "call": lambda: _found(shell, request["name"])(*request["args"], **request["kwargs"]),
        "value": lambda: _found(shell, request["name"]),
    }
    try:
        with _at_most(request["seconds"]):
            return {"value": tasks[request["task"]]()}
    except OutOfTime:
        return {"failed": "timeout", "text": ""}
    except Missing:
        return {"failed": "missing", "text": ""}
    except MemoryError as error:
        return {"failed": "memory", "text": _words(error)}
    except BaseException as error:
        return {"failed": "raised", "type": type(error).__name__, "text": _words(error)}


def _run(shell: Shell, source: str) -> None:
    """Run one cell, and raise what it raised."""
    done = shell.run_cell(source, store_history=False)
    if error := done.error_before_exec or done.error_in_exec:
        raise error


def _found(shell: Shell, name: str) -> Any:
    if name not in shell.user_ns:
        raise Missing(name)
    return shell.user_ns[name]


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Raise `OutOfTime` in what runs longer, again and again until it gives in."""

    def stop(*_: object) -> None:
        raise OutOfTime

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _words(error: BaseException) -> str:
    try:
        return str(error)[:TEXT].encode(errors="replace").decode()
    except Exception:
        return ""


if __name__ == "__main__":
    main()
