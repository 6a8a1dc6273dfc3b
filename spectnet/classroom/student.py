"""A student's notebook, run in a sandbox and asked from outside.

>>> with Student("submission.ipynb", masked=["spectnet.gammatone"]) as student:  # doctest: +SKIP
...     student.errors  # of each cell that failed, by its grade id
...     student.call("impulse_response", np.array([60.0]), kernel_size=200, seconds=5)
...     student.value("n_filters")

Taught in *For the teacher*.
"""

from __future__ import annotations

import builtins
import secrets
import select
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from spectnet.classroom import channel
from spectnet.classroom.sandbox import Limits, Room, SandboxError, open_room
from spectnet.classroom.visible import view

GRACE = 3.0
"""Seconds beyond a limit after which nothing is waited for any more."""


class StudentError(Exception):
    """A student's code gave no answer.

    Attributes:
        kind: ``"timeout"``, ``"memory"``, ``"disk"``, ``"crash"``, ``"raised"``, ``"not plain"``,
            ``"missing"`` or ``"forged"``.
        detail: what the code itself said, for the teacher only: it may quote a hidden input.
    """

    def __init__(self, kind: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.detail = detail


class Student:
    """The answers in one notebook, each given by a process that knows no hidden check.

    Attributes:
        errors: for each cell that failed, what it said, by its grade id, or ``"cell-3"`` where it has none.

    Args:
        notebook: path of the notebook as our intake made it, or the notebook itself.
        limits: on time, memory, processes, disk and answers.
        mounts: files and folders that lie beside the notebook, by name; they can be read only.
        masked: modules of the package that are hidden, such as ``"spectnet.gammatone"``.

    Raises:
        SandboxError: no sandbox can be opened here.

    Use it in a ``with``: leaving it ends every process of the submission.
    """

    def __init__(
        self,
        notebook: Path | str | nbformat.NotebookNode,
        limits: Limits | None = None,
        *,
        mounts: Mapping[str, Path] | None = None,
        masked: Sequence[str] = (),
    ) -> None:
        read = nbformat.read(notebook, as_version=4) if isinstance(notebook, str | Path) else notebook
        self.errors: dict[str, str] = {}
        self._cells = list(_cells(read))
        self._limits = limits or Limits()
        self._seen = view(mounts or {}, masked)
        self._broken: StudentError | None = None
        self._room: Room | None = None

    def __enter__(self) -> Student:
        self._room = open_room(self._seen, self._limits)
        try:
            self._run()
        except StudentError:
            pass  # every call will say so
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every process of the submission."""
        if self._room is not None:
            room, self._room = self._room, None
            room.close()

    @property
    def broken(self) -> bool:
        """Whether nothing will be answered any more."""
        return self._broken is not None

    def call(self, function: str, *args: Any, seconds: float = 10.0, **kwargs: Any) -> Any:
        """What the student's function returns: numbers, text, lists, dicts, NumPy arrays.

        Arguments arrive as they are given, tensors as tensors; a tensor comes back as an array.

        Raises:
            StudentError: it is missing, raises, takes too long, or returns no plain data.
        """
        return self._ask(function, seconds, task="call", name=function, args=list(args), kwargs=kwargs)

    def value(self, name: str) -> Any:
        """What the notebook holds under `name`.

        Raises:
            StudentError: it is missing or no plain data.
        """
        return self._ask(name, 10.0, task="value", name=name)

    def _run(self) -> None:
        left = self._limits.seconds
        for name, source in self._cells:
            started = time.monotonic()
            allowed = min(self._limits.cell_seconds, left)
            try:
                self._ask("the cell", allowed, task="run", source=source)
            except StudentError as error:
                self.errors[name] = f"{error}: {error.detail}" if error.detail else str(error)
                if self._broken:
                    return
            left = max(left - (time.monotonic() - started), 0.01)

    def _ask(self, what: str, seconds: float, **request: Any) -> Any:
        if self._broken:
            raise self._broken
        if self._room is None:
            raise SandboxError("ask a Student inside its `with`")
        if select.select([self._answers], [], [], 0)[0]:  # nobody asked it anything
            raise self._gone_or_forged(what)
        number = secrets.token_hex(16)
        message = channel.encode({"id": number, "seconds": seconds, **request})
        try:
            channel.send(self._requests, message, time.monotonic() + seconds + GRACE)
        except (OSError, channel.Late) as error:
            raise self._gone_or_forged(what) from error
        said = self._received(seconds + GRACE, what)
        if not isinstance(said, dict) or said.pop("id", None) != number:
            raise self._forged(what)
        if said.keys() == {"value"}:
            return said["value"]
        raise self._failed(what, seconds, said)

    @property
    def _requests(self) -> int:
        assert self._room is not None
        assert self._room.process.stdin is not None
        return self._room.process.stdin.fileno()

    @property
    def _answers(self) -> int:
        assert self._room is not None
        assert self._room.process.stdout is not None
        return self._room.process.stdout.fileno()

    def _received(self, seconds: float, what: str) -> Any:
        limit = (self._limits.answer_kb << 10) + channel.TEXT_BYTES
        try:
            return channel.receive(self._answers, limit, time.monotonic() + seconds)
        except channel.Late as error:
            raise self._give_up(_late(what, seconds - GRACE)) from error
        except EOFError as error:
            raise self._ended(f"{what} ended the whole process") from error
        except channel.Garbled as error:
            raise self._forged(what) from error

    def _gone_or_forged(self, what: str) -> StudentError:
        assert self._room is not None
        if self._room.ended(0.2):
            return self._ended(f"the process had ended before {what} was asked")
        return self._forged(what)

    def _ended(self, otherwise: str) -> StudentError:
        """The reason why nobody answers."""
        assert self._room is not None
        watch = self._room.watch
        if watch and watch.excess:
            return self._give_up(StudentError(watch.excess, watch.reason))
        return self._give_up(StudentError("crash", otherwise))

    def _forged(self, what: str) -> StudentError:
        return self._give_up(
            StudentError("forged", f"{what} gave an answer that was none, and is not believed")
        )

    def _give_up(self, error: StudentError) -> StudentError:
        """Believe nothing any more that comes from inside."""
        self._broken = error
        return error

    def _failed(self, what: str, seconds: float, said: dict) -> StudentError:
        kind, text = said.get("failed"), said.get("text", "")
        if not isinstance(kind, str) or not isinstance(text, str):
            return self._forged(what)
        detail = "".join(letter if letter.isprintable() else " " for letter in text[:500])
        match kind:
            case "timeout":
                return _late(what, seconds)
            case "missing":
                return StudentError(kind, f"the notebook defines no {what}")
            case "memory":
                return StudentError(kind, f"{what} asked for more memory than there is", detail)
            case "not plain":
                return StudentError(kind, f"{what} gave no number, text, short list, dict or array", detail)
            case "raised":
                return StudentError(kind, f"{what} raised {_error_name(said.get('type'))}", detail)
        return self._forged(what)


def _late(what: str, seconds: float) -> StudentError:
    return StudentError("timeout", f"{what} took longer than {seconds:.3g} seconds")


def _error_name(name: object) -> str:
    """Python's own name of an error; any other is a student's word, and might carry a hidden input out."""
    kind = getattr(builtins, name, None) if isinstance(name, str) else None
    is_error = isinstance(kind, type) and issubclass(kind, BaseException)
    return kind.__name__ if is_error and kind is not None else "an error of its own"


def _cells(notebook: nbformat.NotebookNode) -> Iterator[tuple[str, str]]:
    """Name and source of each cell of code."""
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            yield cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell-{i}", cell.source
