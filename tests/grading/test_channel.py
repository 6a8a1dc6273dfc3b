"""What crosses the wall is plain data: it comes through whole, and nothing else comes through."""

from __future__ import annotations

import json
import math
import os
import pickle
import struct
import threading
import time

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spectnet.classroom import channel
from spectnet.classroom.channel import Garbled, Late, NotPlain, decode, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def message(said: object, body: bytes = b"") -> bytes:
    """A message as somebody could write it by hand."""
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return struct.pack(">II", len(text), len(body)) + text + body


@given(PLAIN)
def test_plain_data_comes_through_whole(value):
    assert decode(encode(value)) == value


@pytest.mark.parametrize(
    "dtype", ["bool", "int16", "int64", "uint8", "float16", "float32", "float64", "complex128"]
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_arrays_come_through_whole(dtype, shape):
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    came = decode(encode({"x": [array, array.T]}))["x"]
    for given_array, wanted in zip(came, (array, array.T), strict=True):
        assert given_array.dtype == wanted.dtype
        assert given_array.shape == wanted.shape
        np.testing.assert_array_equal(given_array, wanted)


def test_an_array_of_either_byte_order_keeps_its_values():
    np.testing.assert_array_equal(decode(encode(np.arange(3, dtype=">f8"))), np.arange(3.0))


def test_a_tensor_arrives_as_one_only_where_that_is_asked_for():
    sent = encode(torch.arange(3.0, requires_grad=True))
    assert type(decode(sent)) is np.ndarray
    assert torch.equal(decode(sent, tensors=True), torch.arange(3.0))
    assert type(decode(encode(np.zeros(2)), tensors=True)) is np.ndarray


@pytest.mark.parametrize(
    "value",
    [
        object(), {1, 2}, b"bytes", lambda: 0, {1: "a"}, np.array([object()]), np.array(["text"]), [[{1}]],
        np.zeros(2, dtype="M8[s]"), torch.zeros(2).to_sparse(), "\ud800", int, 1 << 20_000,
        "x" * channel.TEXT_BYTES,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_not_plain_does_not_go_out(value):
    with pytest.raises(NotPlain):
        encode(value)


def test_a_list_that_holds_itself_does_not_go_out():
    knot: list = []
    knot.append(knot)
    with pytest.raises(NotPlain):
        encode(knot)


@pytest.mark.parametrize(
    "forged",
    [
        message(b"no json"),
        message(b"\xff\xfe"),
        message(b"[" * 100_000),
        message(b"9" * 10_000),
        message({"unknown": 1}),
        message({"dict": [["a", 1]], "more": 1}),
        message({"dict": [[1, 1]]}),
        message({"dict": [["a"]]}),
        message(b'"\\ud800"'),
        message({"array": ["|O", [1], False]}, bytes(8)),
        message({"array": ["<U1", [1], False]}, bytes(4)),
        message({"array": ["<f8", [1 << 40], False]}, bytes(8)),
        message({"array": ["<f8", [1 << 30, 1 << 30], False]}, bytes(8)),
        message({"array": ["<f8", [-1, -1], False]}, bytes(8)),
        message({"array": ["<f8", [True], False]}, bytes(8)),
        message({"array": ["<f8", [1.0], False]}, bytes(8)),
        message({"array": ["<f8", [1] * 40, False]}, bytes(8)),
        message({"array": ["<f8", [2], False]}, bytes(8)),
        message({"array": ["<f8", [1], "yes"]}, bytes(8)),
        message(1, b"left over"),
        message(1)[:-1],
        message(1) + b"1",
        pickle.dumps([1, 2, 3]),
        struct.pack(">II", 0xFFFFFFFF, 0xFFFFFFFF),
    ],
    ids=lambda forged: repr(forged[:48]),
)  # fmt: skip
def test_a_forged_message_is_garbled_and_nothing_worse(forged):
    with pytest.raises(Garbled):
        decode(forged, 1 << 20)


@given(st.binary(max_size=64))
def test_no_bytes_do_anything_but_mean_something_or_be_garbled(text):
    try:
        meaning = decode(message(text), 1000)
    except Garbled:
        return
    assert type(meaning) in (type(None), bool, int, float, str, list, dict)


def test_a_message_over_the_limit_is_refused_before_it_is_read():
    reading, writing = os.pipe()
    os.write(writing, struct.pack(">II", 10, 1 << 31))
    with pytest.raises(Garbled, match="where 1000 are allowed"):
        channel.receive(reading, 1000, time.monotonic() + 5)
    os.close(reading)
    os.close(writing)


def test_whoever_says_nothing_is_late_and_whoever_left_is_gone():
    reading, writing = os.pipe()
    with pytest.raises(Late):
        channel.receive(reading, 1000, time.monotonic() + 0.05)
    os.write(writing, b"\0")  # begins, and stops
    with pytest.raises(Late):
        channel.receive(reading, 1000, time.monotonic() + 0.05)
    os.close(writing)
    with pytest.raises(EOFError):
        channel.receive(reading, 1000, time.monotonic() + 5)
    os.close(reading)


def test_whoever_takes_nothing_is_late():
    reading, writing = os.pipe()
    with pytest.raises(Late):
        channel.send(writing, bytes(1 << 20), time.monotonic() + 0.05)
    os.close(reading)
    os.close(writing)


def test_a_long_message_comes_through_a_pipe():
    reading, writing = os.pipe()
    sent = np.arange(300_000.0)
    sender = threading.Thread(target=channel.send, args=(writing, encode(sent), time.monotonic() + 20))
    sender.start()
    np.testing.assert_array_equal(channel.receive(reading, 1 << 24, time.monotonic() + 20), sent)
    sender.join()
    os.close(reading)
    os.close(writing)
