"""The built site: every page is there, says what it was made from, and can be taken along."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest

from tests.book.pages import ROOT, executable, pages
from tools.build_book import SECONDS_TOLERATED

ALL = pages()
EXECUTABLE = [page for page in ALL if executable(page)]


def read(site: Path, page: str) -> str:
    return (site / f"{page}.html").read_text(encoding="utf-8")


def lines_of(html: str, kind: str) -> list[str]:
    """The text of each paragraph of a class, without its markup."""
    found = re.findall(rf'<p class="{kind}">(.*?)</p>', html, flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", line).split()) for line in found]


def test_contents_list_every_page_that_is_written() -> None:
    found = [path.relative_to(ROOT / "book") for path in (ROOT / "book").rglob("*.md")]
    written = {path.with_suffix("").as_posix() for path in found if path.parts[0][0] not in "._"}
    assert written == set(ALL)


@pytest.mark.parametrize("page", ALL)
def test_page_is_there_and_no_older_than_its_source(site: Path, page: str) -> None:
    built, source = site / f"{page}.html", ROOT / "book" / f"{page}.md"
    assert built.is_file(), "run `make book`"
    assert built.stat().st_mtime >= source.stat().st_mtime, "the site is stale: run `make book`"


@pytest.mark.parametrize("page", ALL)
def test_page_ends_with_what_it_was_made_from(site: Path, page: str) -> None:
    [stamp] = lines_of(read(site, page), "page-stamp")
    assert re.match(r"Commit ([0-9a-f]{7,}|not committed)", stamp)
    if page in EXECUTABLE:
        assert re.search(r"Data \S.* Seed \S.* Device \S.* Ran in \d+\.\d s$", stamp)


@pytest.mark.parametrize("page", ALL)
def test_page_says_how_long_it_takes(site: Path, page: str) -> None:
    [facts] = lines_of(read(site, page), "page-facts")
    assert re.match(r"Reading: \S", facts)
    assert (re.search(r"Running: \d", facts) is not None) == (page in EXECUTABLE)


@pytest.mark.parametrize("page", EXECUTABLE)
def test_page_ran_in_the_time_a_page_may_take(site: Path, page: str) -> None:
    seconds = json.loads((site.parent / "seconds.json").read_text())
    assert 0 < seconds[page] < SECONDS_TOLERATED


@pytest.mark.parametrize("page", EXECUTABLE)
def test_page_is_offered_as_the_notebook_that_ran(site: Path, page: str) -> None:
    assert f'href="notebooks/{page}.ipynb"' in read(site, page)
    notebook = json.loads((site / "notebooks" / f"{page}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert any(cell["outputs"] for cell in code)
    assert not any(output["output_type"] == "error" for cell in code for output in cell["outputs"])


def test_archive_holds_every_notebook(site: Path) -> None:
    with zipfile.ZipFile(site / "notebooks" / "spectnet-notebooks.zip") as archive:
        assert sorted(archive.namelist()) == sorted(f"{page}.ipynb" for page in EXECUTABLE)


@pytest.mark.parametrize("page", ALL)
def test_page_names_nothing_outside_to_load(site: Path, page: str) -> None:
    html = read(site, page)
    loaded = re.findall(r"<(?:script|img|audio|source|iframe|link)\b[^>]*?(?:src|href)=\"([^\"]+)\"", html)
    assert [address for address in loaded if address.startswith(("http:", "https:", "//"))] == []
    assert "thebe" not in html.lower()


@pytest.mark.parametrize("page", EXECUTABLE)
def test_source_holds_no_outputs_and_a_complete_header(page: str) -> None:
    source = (ROOT / "book" / f"{page}.md").read_text(encoding="utf-8")
    header = source.split("---\n")[1]
    for key in ("jupytext:", "kernelspec:", "spectnet:", "data:", "seed:", "read:", "run:"):
        assert key in header
    assert "{output}" not in source
