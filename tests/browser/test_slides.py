"""A deck in a lecture room: no network, a keyboard, every slide whole, light or dark, and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Watch, violations
from tools.slides.__main__ import chapters, make_slides

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SCREEN = {"width": 1280, "height": 720}
WITH_EXPLORER = "gammatone-filters"
SLIDE = """() => {
  const slide = Reveal.getCurrentSlide(), body = slide.querySelector(".body");
  const boxes = body ? [body, ...body.querySelectorAll("div.math")] : [];
  const narrow = boxes.every((box) => box.scrollWidth <= box.clientWidth + 1);
  const below = [...slide.querySelectorAll(".frame > *")].map((one) => one.getBoundingClientRect().bottom);
  return {
    id: slide.id,
    inside: Math.max(...below, document.documentElement.scrollHeight) <= innerHeight,
    whole: !body || (body.scrollHeight <= body.clientHeight + 1 && narrow),
    letters: body ? parseFloat(getComputedStyle(body).fontSize) : 99,
    scrolls: body?.tabIndex === 0,
    long: Boolean(slide.querySelector(".explorer, tr:nth-child(16)")),
    last: Reveal.isLastSlide(),
  };
}"""


@pytest.fixture(scope="module")
def slides(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every deck, made from the built book."""
    folder = tmp_path_factory.mktemp("slides")
    make_slides(site, folder, chapters())
    return folder


def open_deck(
    browser: Browser, folder: Path, name: str, scheme: str = "light", asked: str = ""
) -> tuple[Page, Watch]:
    """A deck from its folder, in a browser without a network."""
    context = browser.new_context(color_scheme=scheme, viewport=SCREEN, offline=True)
    watch = Watch()
    page = watch.over(context, (folder.as_uri(),))
    page.goto(f"{folder.as_uri()}/{name}.html{asked}")
    page.wait_for_selector("html.ready")
    return page, watch


@pytest.fixture(scope="module")
def deck(browser: Browser, slides: Path) -> Iterator[tuple[Page, Watch]]:
    """A deck with sounds, formulas, figures and an explorer."""
    page, watch = open_deck(browser, slides, WITH_EXPLORER)
    yield page, watch
    page.context.close()


@pytest.mark.parametrize("name", chapters())
def test_every_slide_is_whole_and_the_keyboard_reaches_the_last(
    browser: Browser, slides: Path, name: str
) -> None:
    page, watch = open_deck(browser, slides, name)
    seen = []
    while not seen or not seen[-1]["last"]:
        if seen:
            page.keyboard.press("Space")
            page.wait_for_timeout(60)
        seen.append(page.evaluate(SLIDE))
        assert len(seen) < 100
    page.context.close()
    assert len({slide["id"] for slide in seen}) == len(seen)
    assert [s["id"] for s in seen if not s["inside"]] == []
    assert [s["id"] for s in seen if not s["whole"] and not s["scrolls"]] == []
    assert [s["id"] for s in seen if s["scrolls"] and not s["long"]] == []
    assert min(slide["letters"] for slide in seen) >= 16
    assert watch.outside == []
    assert watch.errors == []


def at(page: Page, place: str) -> None:
    """Go to a slide by its name."""
    page.evaluate("place => { location.hash = `/${place}` }", place)
    page.wait_for_function("place => Reveal.getCurrentSlide().id === place", arg=place)
    page.wait_for_timeout(200)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_slide(browser: Browser, slides: Path, scheme: str) -> None:
    page, _ = open_deck(browser, slides, WITH_EXPLORER, scheme)
    found = violations(page)
    for place in ("hear-it-first-1", "the-formula-1", "the-formula-2", "the-trap-the-filters-of-the-paper-1"):
        at(page, place)
        found += violations(page)
    page.context.close()
    assert found == []


def test_formulas_are_set(deck: tuple[Page, Watch]) -> None:
    page, _ = deck
    at(page, "the-formula-1")
    assert page.locator("section section.present mjx-container[display=true]").bounding_box()["height"] > 20
    assert "\\(" not in page.locator("section section.present .frame").inner_text()


def test_explorer_is_alive_and_keeps_its_keys(deck: tuple[Page, Watch]) -> None:
    page, _ = deck
    at(page, "play-a-bank-under-your-hand-1")
    slider = page.locator("section section.present .sn-explorer input[type=range]").first
    slider.focus()
    before = slider.input_value(), page.url
    page.keyboard.press("ArrowRight")
    assert slider.input_value() != before[0]
    assert page.url == before[1]


def test_solution_opens_and_shuts_by_keyboard(deck: tuple[Page, Watch]) -> None:
    page, _ = deck
    at(page, "exercises-1")
    solution = page.locator("section section.present .panel-body")
    assert not solution.is_visible()
    page.keyboard.press("c")
    assert solution.is_visible()
    assert solution.evaluate("panel => panel === document.activeElement")
    box = solution.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= SCREEN["height"]
    page.keyboard.press("Escape")
    assert not solution.is_visible()


def test_a_key_turns_the_light_off(deck: tuple[Page, Watch]) -> None:
    page, _ = deck
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("d")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("d")
    assert light == "rgb(255, 255, 255)"
    assert dark != light


def test_speaker_reads_the_page(deck: tuple[Page, Watch]) -> None:
    page, _ = deck
    at(page, "what-it-does-to-every-tone-1")
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    speaker = opened.value
    speaker.wait_for_selector(".speaker-controls-notes .value mjx-container")
    assert "One takes the Fourier transform" in speaker.locator(".speaker-controls-notes").inner_text()
    speaker.close()


def test_paper_has_a_sheet_for_each_slide(browser: Browser, slides: Path) -> None:
    page, watch = open_deck(browser, slides, WITH_EXPLORER, "dark", "?print-pdf")
    page.wait_for_selector(".pdf-page")
    sheets, slides_told = page.evaluate(
        "[document.querySelectorAll('.pdf-page').length, Reveal.getTotalSlides()]"
    )
    assert sheets == slides_told
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".only-print").first.is_visible()
    assert not page.locator(".explorer").first.is_visible()
    page.context.close()
    assert watch.outside == []
