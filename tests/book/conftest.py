"""A book of two pages to build, break and build again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

HEADER = """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {name: python3, display_name: Python 3}
spectnet: {data: none, seed: 0, read: 1 min, run: 1 s}
---
"""
HOME = "---\nspectnet: {read: 1 min}\n---\n# Home\n\nNothing runs here.\n"
# Each run leaves a line, so that a test can count them.
PAGE = """\
# A page

```{code-cell} ipython3
from pathlib import Path
import spectnet
with open(Path.cwd().parent / "runs.txt", "a") as file:
    file.write("run\\n")
print(f"The package says {spectnet.WORD}.")
```
"""


@dataclass(frozen=True)
class TinyBook:
    """A book with its own package, built by the real extension, settings and tool."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        """Write a file of the book's repository."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def configure(self, change: Callable[[dict], None]) -> None:
        """Change `_config.yml`."""
        path = self.folder / "_config.yml"
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(config)
        path.write_text(yaml.safe_dump(config), encoding="utf-8")

    def build(self) -> subprocess.CompletedProcess[str]:
        """Build it as `make book` does."""
        environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
        return subprocess.run(
            [sys.executable, "tools/build_book.py"],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": str(self.folder), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def html(self, page: str) -> str:
        """A page of the built site."""
        return (self.folder / "_build" / "html" / f"{page}.html").read_text(encoding="utf-8")

    def notebook(self, page: str) -> str:
        """The executed notebook of a page, as the site offers it."""
        path = self.folder / "_build" / "html" / "notebooks" / f"{page}.ipynb"
        return path.read_text(encoding="utf-8")

    def runs(self) -> int:
        """How often the page was run."""
        return len((self.folder / "runs.txt").read_text(encoding="utf-8").splitlines())


@pytest.fixture
def tiny_book(tmp_path: Path) -> TinyBook:
    """Two pages, of which one prints a word from the package."""
    if not (ROOT / "node_modules").is_dir():
        pytest.fail("no node_modules: build the book first (make book)", pytrace=False)
    book = TinyBook(tmp_path)
    for folder in ("book/_ext", "book/_assets", "book/_templates", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules", target_is_directory=True)
    shutil.copy(ROOT / "package-lock.json", tmp_path)
    book.write("book/references.bib", "")
    book.write("book/_toc.yml", "format: jb-book\nroot: index\nchapters:\n- file: page\n")
    book.write("book/index.md", HOME)
    book.write("book/page.md", HEADER + PAGE)
    book.write("spectnet/__init__.py", 'WORD = "first"\n')
    return book
