"""Chapters in JupyterLab: each opens as a notebook, and its explorer and Python follow each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import jupytext
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.book.pages import ROOT, executable, pages
from tests.browser.chapter import PATIENCE_MS, Notebook, eventually
from tests.browser.conftest import DESKTOP, Watch
from tests.browser.explorers import Explorer, rgb
from tests.browser.notebook_slice import needed_cells
from tests.browser.server import jupyterlab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

WHOLE = "gammatone-filters"  # run from its first cell to its last; of the others only what the explorer needs
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"


@dataclass(frozen=True)
class Move:
    """A slider moved by keys, and what Python must then say of the explorer, called ``it``.

    Attributes:
        name: of the explorer, as a screen reader says it.
        slider: its label.
        keys: pressed on it, from wherever the page has it at first.
        trait: that the slider moves.
        value: of the trait after the keys.
        follows: a claim of what has to have followed in Python.
        back: a value of the trait that Python sets.
        shown: by the slider, after that.
    """

    name: str
    slider: str
    keys: tuple[str, ...]
    trait: str
    value: float
    follows: str
    back: float
    shown: str


RIGHT = "ArrowRight"
MOVES = {
    "FilterbankExplorer": Move(
        *("Filterbank explorer", "Number of filters", ("Home", RIGHT, "ArrowUp"), "n_filters", 3),
        *("len(it.center_frequencies) == 3", 5, "5"),
    ),
    "SpectrogramExplorer": Move(
        *("Spectrogram explorer", "Number of filters", ("Home", RIGHT, "ArrowUp"), "n_filters", 3),
        *("len(it.center_frequencies) == it.layer().n_filters == 3", 5, "5"),
    ),
    "LearningExplorer": Move(
        *("A filter learns", "Steps taken", ("Home", RIGHT, "ArrowUp", RIGHT), "n_steps", 3),
        *("it.center_frequency != it.start_frequency", 7, "7"),
    ),
    "SegmentExplorer": Move(
        *("Segment explorer", "Heart rate", ("Home", RIGHT, "ArrowUp"), "heart_rate", 42),
        *("abs(it.cycle[-1] - 60 / 42) < 1e-9", 90, "90"),
    ),
    "ThresholdExplorer": Move(
        *("Threshold explorer", "Threshold", ("Home", RIGHT, "ArrowUp"), "threshold", 0.02),
        *("it.true_positives + it.false_positives == sum(r['score'] >= 0.02 for r in it.recordings)", 0.75),
        "0.75",
    ),
    "TrainingPlayer": Move(
        *("Training player", "Epoch", ("Home", RIGHT, "ArrowUp"), "epoch", 2),
        *("it.validation_macc > 0 and len(it.moved) == len(it.center_frequencies)", 5, "5"),
    ),
}
EXPLORER = re.compile(r"\b(\w+Explorer|TrainingPlayer)[.(]")


def shown_explorers() -> dict[str, list[str]]:
    """Every page with explorers, and the class of each."""
    shown = {}
    for page in filter(executable, pages()):
        cells = jupytext.read(ROOT / "book" / f"{page}.md").cells
        tagged = [cell.source for cell in cells if "explorer" in cell.metadata.get("tags", [])]
        if tagged:
            shown[page] = [found for source in tagged for found in EXPLORER.findall(source)]
    return shown


SHOWN = shown_explorers()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab on this machine alone, in a folder with the chapters and what they read."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "book").mkdir()
    for page in SHOWN:
        (folder / "book" / f"{page}.md").write_bytes((ROOT / "book" / f"{page}.md").read_bytes())
    for read in ("results", "configs", "data"):
        (folder / read).symlink_to(ROOT / read)
    with jupyterlab(folder, folder / "book") as address:
        yield address


@pytest.fixture(scope="module")
def desk(browser: Browser, lab: str) -> Iterator[tuple[Page, Watch]]:
    """JupyterLab, open in the browser for all chapters."""
    watch = Watch()
    context = browser.new_context(viewport=DESKTOP)
    page = watch.over(context, (lab, lab.replace("http", "ws")))
    page.goto(f"{lab}/lab?reset")
    page.wait_for_selector(".jp-DirListing-item", timeout=PATIENCE_MS)
    yield page, watch
    context.close()


def change_theme(page: Page, theme: str) -> None:
    """Turn JupyterLab light or dark."""
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    light = str(theme == LIGHT).lower()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light, timeout=PATIENCE_MS)


@pytest.fixture
def notebook(request: pytest.FixtureRequest, desk: tuple[Page, Watch]) -> Iterator[Notebook]:
    """The chapter, open in JupyterLab's light theme; its kernel ends with the test."""
    change_theme(desk[0], LIGHT)
    opened = Notebook(desk[0], request.param)
    yield opened
    opened.close()
    assert desk[1].outside == []


@pytest.mark.parametrize("notebook", SHOWN, indirect=True)
def test_explorers_and_python_follow_each_other(notebook: Notebook, desk: tuple[Page, Watch]) -> None:
    cells = {
        shown: next(i for i, source in enumerate(notebook.sources) if shown in EXPLORER.findall(source))
        for shown in SHOWN[notebook.chapter]
    }
    if notebook.chapter == WHOLE:
        notebook.run_all()
        assert "{term}" not in notebook.text_of_first_cell(), "roles are rendered, not shown"
    else:
        notebook.run(sorted({i for cell in cells.values() for i in needed_cells(notebook.sources, cell)}))
    light = {}
    for shown, cell in cells.items():
        explorer = notebook.show(cell, MOVES[shown].name, desk[1])
        assert_keys_reach_python(notebook, explorer, MOVES[shown])
        assert_python_reaches_picture(notebook, explorer, MOVES[shown])
        light[shown] = picture(explorer)
    change_theme(notebook.page, DARK)
    for shown, cell in cells.items():
        assert_dark(notebook.show(cell, MOVES[shown].name, desk[1]), light[shown])


def assert_keys_reach_python(notebook: Notebook, explorer: Explorer, move: Move) -> None:
    """JupyterLab's own shortcuts must not take the keys."""
    seen = picture(explorer), explorer.said()
    explorer.press(move.slider, *move.keys)
    assert explorer.control(move.slider).evaluate("node => node === document.activeElement"), "focus is lost"
    eventually(explorer.page, lambda: all_changed(seen, (picture(explorer), explorer.said())))
    eventually(explorer.page, lambda: notebook.python(f"print({move.follows})") == "True")
    assert float(notebook.python(f"print(it.{move.trait})")) == pytest.approx(move.value)


def assert_python_reaches_picture(notebook: Notebook, explorer: Explorer, move: Move) -> None:
    seen = picture(explorer), explorer.said()
    assert notebook.python(f"it.{move.trait} = {move.back}") == ""
    expect(explorer.control(move.slider)).to_have_value(move.shown, timeout=PATIENCE_MS)
    eventually(explorer.page, lambda: all_changed(seen, (picture(explorer), explorer.said())))


def assert_dark(explorer: Explorer, light: list[str]) -> None:
    """The explorer is not as it was in the light."""
    ink = "node => getComputedStyle(node).color"
    eventually(explorer.page, lambda: rgb(explorer.root.evaluate(ink)).min() > 150)
    eventually(explorer.page, lambda: all_changed(tuple(light), tuple(picture(explorer))))


def all_changed(before: tuple, after: tuple) -> bool:
    return all(old != new for old, new in zip(before, after, strict=True))


def picture(explorer: Explorer) -> list[str]:
    """All pixels of all its canvases."""
    return explorer.root.locator("canvas").evaluate_all("all => all.map((canvas) => canvas.toDataURL())")
