"""The pages as files: they survive JupyterLab, and what they tell a reader to type works."""

from __future__ import annotations

import re

import jupytext
import pytest
from jupytext.config import load_jupytext_config

from tests.book.pages import ROOT, executable, pages

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def front_matter(text: str) -> set[str]:
    return {line.strip() for line in text.split("---\n")[1].splitlines()}


@pytest.mark.parametrize("page", [page for page in pages() if executable(page)])
def test_saving_from_jupyterlab_keeps_a_page(page: str) -> None:
    path = ROOT / "book" / f"{page}.md"
    notebook = jupytext.read(path)
    saved = jupytext.writes(notebook, fmt="md:myst", config=load_jupytext_config(str(path)))
    assert front_matter(saved) == front_matter(path.read_text(encoding="utf-8"))
    again = jupytext.reads(saved, fmt="md:myst")
    assert [cell.source for cell in again.cells] == [cell.source for cell in notebook.cells]
    assert [cell.metadata for cell in again.cells] == [cell.metadata for cell in notebook.cells]


def test_first_cells_that_need_nothing_special_run(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "book" / "how-to-use.md").read_text(encoding="utf-8")
    cells = [code for language, code in FENCE.findall(text) if language == "python"]
    cells = [code for code in cells if "assert torch.cuda" not in code]
    assert len(cells) == 2
    for code in cells:
        exec(compile(code, "how-to-use.md", "exec"), {})
    assert "Python" in capsys.readouterr().out
