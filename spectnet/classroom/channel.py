"""Plain data across the wall between a grader and a stranger's code.

A message is a text in JSON, then the bytes of its arrays, both announced with their lengths. Nothing in it
can name a class or a function, so reading it runs nothing: pickle, which can, is never used.

Taught in *For the teacher*.
"""

from __future__ import annotations

import json
import math
import os
import select
import struct
import sys
import time
from typing import Any

import numpy as np

PREFIX = struct.Struct(">II")
TEXT_BYTES = 1 << 20
"""The most that the JSON of one message may take: a list of a hundred thousand numbers is an array."""
ARRAY_TYPES = (
    "|b1",
    "|i1",
    "|u1",
    "<i2",
    "<i4",
    "<i8",
    "<u2",
    "<u4",
    "<u8",
    "<f2",
    "<f4",
    "<f8",
    "<c8",
    "<c16",
)
DEEPEST = 20
MOST_AXES = 16


class NotPlain(TypeError):
    """A value that is not made of numbers, text, lists, dicts and arrays."""


class Garbled(ValueError):
    """Bytes that are no message."""


class Late(TimeoutError):
    """The other side was not done in time."""


def encode(value: object) -> bytes:
    """A message that holds `value`; a tuple arrives as a list.

    Args:
        value: numbers, text, None, lists, dicts with text for keys, NumPy arrays and tensors.

    Raises:
        NotPlain: it holds anything else, or is too long for one message.

    >>> decode(encode({"bands": [60.0, 400.0], "peak": np.float32(0.5)}))
    {'bands': [60.0, 400.0], 'peak': 0.5}
    """
    arrays: list[bytes] = []
    try:
        text = json.dumps(_plain(value, arrays, 0)).encode()
    except ValueError as error:  # an integer of thousands of digits
        raise NotPlain(str(error)) from error
    body = b"".join(arrays)
    if len(text) > TEXT_BYTES or len(body) >= 1 << 32:
        raise NotPlain("the value is too long for one message: give numbers as an array")
    return PREFIX.pack(len(text), len(body)) + text + body


def decode(message: bytes, limit: int = 1 << 30, *, tensors: bool = False) -> Any:
    """What `encode` was given.

    Args:
        message: one whole message.
        limit: the most bytes that it may have.
        tensors: whether what was sent as a tensor becomes one again, and not an array.

    Raises:
        Garbled: it is no message, or too long.
    """
    text, body = lengths(message[: PREFIX.size], limit)
    if len(message) != PREFIX.size + text + body:
        raise Garbled("the message is not as long as it says")
    start = PREFIX.size + text
    arrays = _Arrays(memoryview(message)[start:], tensors)
    value = _restored(_parsed(message[PREFIX.size : start]), arrays, 0)
    if arrays.at != len(arrays.body):
        raise Garbled("the message holds bytes that no array claims")
    return value


def lengths(prefix: bytes, limit: int) -> tuple[int, int]:
    """Bytes of text and of arrays that a message announces.

    Raises:
        Garbled: they are more than allowed.
    """
    text, body = PREFIX.unpack(prefix)
    if text > TEXT_BYTES or text + body > limit:
        raise Garbled(f"a message of {text + body} bytes, where {limit} are allowed")
    return text, body


def send(file: int, message: bytes, deadline: float = math.inf) -> None:
    """Write a message.

    Raises:
        Late: the other side did not take it before `deadline`, a time of `time.monotonic`.
    """
    left = memoryview(message)
    while left:
        _wait(None, file, deadline)
        left = left[os.write(file, left[: select.PIPE_BUF]) :]


def receive(file: int, limit: int, deadline: float = math.inf, *, tensors: bool = False) -> Any:
    """Read a message and give what it holds.

    Raises:
        EOFError: the other side is gone.
        Late: it was not there before `deadline`, a time of `time.monotonic`.
        Garbled: it is no message, or longer than `limit` bytes.
    """
    prefix = _exactly(file, PREFIX.size, deadline)
    return decode(prefix + _exactly(file, sum(lengths(prefix, limit)), deadline), limit, tensors=tensors)


def _exactly(file: int, size: int, deadline: float) -> bytes:
    read = bytearray()
    while len(read) < size:
        _wait(file, None, deadline)
        part = os.read(file, min(size - len(read), 1 << 20))
        if not part:
            raise EOFError("the other side is gone")
        read += part
    return bytes(read)


def _wait(to_read: int | None, to_write: int | None, deadline: float) -> None:
    left = deadline - time.monotonic()
    reading, writing = ([] if file is None else [file] for file in (to_read, to_write))
    if left <= 0 or not any(select.select(reading, writing, [], None if left == math.inf else left)):
        raise Late("the other side took too long")


def _plain(value: Any, arrays: list[bytes], depth: int) -> Any:
    """`value` as JSON, with its arrays' bytes put into `arrays`."""
    if depth > DEEPEST:
        raise NotPlain(f"lists and dicts are {DEEPEST} deep at most")
    kind = type(value)
    if value is None or kind in (bool, int, float):
        return value
    if kind is str:
        if not value.isascii() and _is_broken(value):
            raise NotPlain("text that is no Unicode")
        return value
    if isinstance(value, np.generic):
        return _plain(value.item(), arrays, depth + 1)
    if kind in (list, tuple):
        return [_plain(item, arrays, depth + 1) for item in value]
    if kind is dict and all(type(key) is str for key in value):
        return {"dict": [[key, _plain(item, arrays, depth + 1)] for key, item in value.items()]}
    torch = sys.modules.get("torch")
    is_tensor = torch is not None and isinstance(value, torch.Tensor)
    if is_tensor or isinstance(value, np.ndarray):
        return _described(_as_array(value) if is_tensor else value, is_tensor, arrays)
    raise NotPlain(f"{kind.__name__} is no number, text, list, dict or array")


def _as_array(tensor: Any) -> np.ndarray:
    try:
        tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    except (RuntimeError, TypeError) as error:
        raise NotPlain(f"a tensor that is no plain array ({error})") from error


def _described(value: np.ndarray, is_tensor: bool, arrays: list[bytes]) -> dict[str, Any]:
    array = np.ascontiguousarray(np.asarray(value)).reshape(np.shape(value))
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.dtype.str not in ARRAY_TYPES:
        raise NotPlain(f"an array of {array.dtype} holds no plain numbers")
    arrays.append(array.tobytes())
    return {"array": [array.dtype.str, list(array.shape), is_tensor]}


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise Garbled("the message is no JSON") from error


class _Arrays:
    """The bytes of a message's arrays, handed out one after the other."""

    def __init__(self, body: memoryview, tensors: bool) -> None:
        self.body, self.tensors, self.at = body, tensors, 0

    def take(self, kind: str, shape: list, is_tensor: bool) -> Any:
        if kind not in ARRAY_TYPES or len(shape) > MOST_AXES:
            raise Garbled("an array of an unknown kind")
        if not all(type(n) is int and 0 <= n < 1 << 31 for n in shape):
            raise Garbled("an array of an impossible shape")
        dtype = np.dtype(kind)
        size = math.prod(shape) * dtype.itemsize
        if size > len(self.body) - self.at:
            raise Garbled("an array claims more bytes than the message holds")
        part = self.body[self.at : self.at + size]
        self.at += size
        try:
            array = np.frombuffer(part, dtype).reshape(shape).copy()
        except (ValueError, OverflowError) as error:
            raise Garbled("an array of an impossible shape") from error
        return _tensor(array) if is_tensor and self.tensors else array


def _restored(found: Any, arrays: _Arrays, depth: int) -> Any:
    if depth > 2 * DEEPEST:
        raise Garbled("the message is nested too deeply")
    match found:
        case None | bool() | int() | float():
            return found
        case str():
            return _text(found)
        case list():
            return [_restored(item, arrays, depth + 1) for item in found]
        case {"dict": list(items), **rest} if not rest:
            if not all(isinstance(item, list) and len(item) == 2 and type(item[0]) is str for item in items):
                raise Garbled("a dict whose keys are no text")
            return {_text(key): _restored(item, arrays, depth + 1) for key, item in items}
        case {"array": [str(kind), list(shape), bool(is_tensor)], **rest} if not rest:
            return arrays.take(kind, shape, is_tensor)
    raise Garbled("the message holds what no message may")


def _text(found: str) -> str:
    if not found.isascii() and _is_broken(found):
        raise Garbled("text that is no Unicode")
    return found


def _is_broken(text: str) -> bool:
    """Whether half a surrogate pair is in `text`, which nothing could print or save."""
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _tensor(array: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(array)
