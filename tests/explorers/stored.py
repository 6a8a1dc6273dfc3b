"""Vectors as they lie in a file beside the tests: written alike, and compared with what is computed now."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def rounded(value: object) -> object:
    """To 12 digits, so that the last bits of another machine's cosine do not change the file."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def write(path: Path, vectors: dict) -> None:
    """Write them in one line."""
    path.write_text(json.dumps(rounded(vectors), separators=(",", ":")) + "\n", encoding="utf-8")


def assert_current(path: Path, vectors: dict) -> None:
    """Fail where the file holds something else than `vectors`; `path` names it."""
    _assert_same(json.loads(path.read_text(encoding="utf-8")), rounded(vectors), path.name)


def _assert_same(old: object, new: object, where: str) -> None:
    if isinstance(old, dict) and isinstance(new, dict):
        assert old.keys() == new.keys(), where
        for key in old:
            _assert_same(old[key], new[key], f"{where} {key}")
    elif (
        isinstance(old, list) and isinstance(new, list) and old and not isinstance(old[0], (int, float, str))
    ):
        assert len(old) == len(new), where
        for a, b in zip(old, new, strict=True):
            _assert_same(a, b, where)
    elif isinstance(old, list) and old and not isinstance(old[0], str):
        # Another machine's cosine differs in its last bits, which count where waves cancel.
        assert new == pytest.approx(old, rel=1e-8, abs=1e-10 * max(map(abs, old))), f"{where}: write it again"
    else:
        assert new == (pytest.approx(old, rel=1e-8) if isinstance(old, float) else old), where
