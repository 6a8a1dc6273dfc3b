"""The rooms of the house: imports run one way, a module is one idea, no file knows one machine's paths."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "spectnet"

# A module may import those before it. A new module finds its place here before anything imports it.
ORDER = [
    "_torchaudio",
    "atomic",
    "settings",
    "scales",
    "recordings",
    "listen",
    "picture",
    "orders",
    "power_sums",
    "gammatone",
    "filterbank",
    "synthesis",
    "physionet",
    "scenes",
    "cache",
    "segments",
    "splits",
    "sampling",
    "sets",
    "frontend",
    "planted",
    "backbones",
    "model",
    "adversarial",
    "metrics",
    "class_metrics",
    "leakage",
    "evaluation",
    "augmentation",
    "experiment",
    "training",
    "results",
    "comparison",
    "runs",
    "plots",
    "report",
    "explorers",
    "classroom",
    "doctor",
    "cli",
    "__main__",
]
LINES_ALLOWED = 350
NO_IDEA = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
# Folders that only one machine has: a home, a workplace, a temporary folder; in any notation.
MACHINE_PATH = re.compile(r"(?<![\w.~/-])(?:/(?:home|root|Users|work|tmp|private|mnt)/\w|[A-Z]:\\+Users)")

MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """The module of the design that a file belongs to: `spectnet/frontend/x.py` to ``frontend``."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_rooms(source: str) -> Iterator[str]:
    """The modules of spectnet that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (n.name.split(".")[1] for n in node.names if n.name.startswith("spectnet."))
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            top, *rest = node.module.split(".")
            if top == "spectnet":
                yield from rest[:1] or (name.name for name in node.names if name.name != "__version__")


def tracked_files() -> list[Path]:
    """Every file of the project, as git knows it."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in filter(None, names) if (ROOT / name).is_file()]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    name = room(path)
    if name == "__init__":
        assert list(imported_rooms(path.read_text("utf-8"))) == []
        return
    assert name in ORDER, f"give {name} its place in ORDER"
    before = {*ORDER[: ORDER.index(name)], name}
    late = set(imported_rooms(path.read_text("utf-8"))) - before
    assert not late, f"{name} imports {late}, which do not stand before it"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import spectnet.cli", ["cli"]),
        ("from spectnet import scales, gammatone", ["scales", "gammatone"]),
        ("from spectnet import __version__", []),
        ("def f():\n    from spectnet.frontend.bounded import x", ["frontend"]),
        ("import spectnetless\nfrom torch import nn", []),
    ],
)
def test_every_kind_of_import_is_seen(source: str, expected: list[str]) -> None:
    assert list(imported_rooms(source)) == expected


def test_no_relative_imports() -> None:
    for path in MODULES:
        relative = [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if getattr(n, "level", 0)]
        assert not relative, f"{path}: write `from spectnet...`, which the test of the order sees"


def test_every_place_in_the_order_is_taken() -> None:
    assert set(ORDER) <= {room(path) for path in MODULES}


def test_modules_teach_one_idea() -> None:
    long = {
        str(path): n for path in MODULES if (n := len(path.read_text("utf-8").splitlines())) > LINES_ALLOWED
    }
    assert not long, f"over {LINES_ALLOWED} lines: two ideas?"
    assert not {path.stem for path in MODULES} & NO_IDEA


def test_no_file_knows_one_machines_paths() -> None:
    found = []
    for path in tracked_files():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # a picture, weights
        found += [f"{path.relative_to(ROOT)}: {hit.group()}" for hit in MACHINE_PATH.finditer(text)]
        found += [f"{path.relative_to(ROOT)}: {ROOT}"] if str(ROOT) in text else []
    assert not found


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("open('/ho" + "me/ada/data')", True),
        ("C:" + r"\Users\ada", True),
        ("https://example.org/home/page", False),
        ("results/tmp/x", False),
    ],
)
def test_machine_paths_are_told_from_addresses(text: str, is_one: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) == is_one
