"""Every page in a browser: alone with its site, without an error, readable by everyone, on any screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.book.pages import pages
from tests.browser.conftest import DESKTOP, Watch, settle, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PHONE = {"width": 390, "height": 844}
EXTRA = ["search", "genindex"]
SCHEMES = ["light", "dark"]


@pytest.fixture(scope="module", params=[(page, scheme) for page in pages() + EXTRA for scheme in SCHEMES])
def visit(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[tuple[Page, Watch]]:
    """One page in one colour scheme, loaded once for all claims about it."""
    name, scheme = request.param
    watch = Watch()
    context = browser.new_context(color_scheme=scheme, viewport=DESKTOP)
    page = watch.over(context, (address,))
    page.goto(f"{address}/{name}.html")
    settle(page)
    yield page, watch
    context.close()


def test_page_asks_nothing_of_the_network(visit: tuple[Page, Watch]) -> None:
    page, watch = visit
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    settle(page)
    assert watch.outside == []


def test_page_raises_no_error(visit: tuple[Page, Watch]) -> None:
    assert visit[1].errors == []


def test_axe_finds_nothing(visit: tuple[Page, Watch]) -> None:
    assert violations(visit[0]) == []


def test_page_fits_a_phone(visit: tuple[Page, Watch]) -> None:
    page, _ = visit
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(600)  # the theme looks for scrolling boxes 300 ms after a resize
    too_wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(too_wide) <= 0
    assert violations(page, contrast=False) == []


@pytest.mark.parametrize("name", pages())
def test_page_works_from_a_folder_without_a_server(browser: Browser, site: Path, name: str) -> None:
    watch = Watch()
    context = browser.new_context(viewport=DESKTOP)
    page = watch.over(context, (site.as_uri(),))
    page.goto(f"{site.as_uri()}/{name}.html")
    settle(page)
    context.close()
    assert watch.outside == []
    assert watch.errors == []


def test_search_finds_a_word_of_the_book(browser: Browser, address: str) -> None:
    watch = Watch()
    page = watch.over(browser.new_context(), (address,))
    page.goto(f"{address}/search.html?q=gammatone")
    page.wait_for_selector("ul.search li a")
    assert page.locator("ul.search li a", has_text="Glossary").count() >= 1
    assert watch.outside == []
    page.context.close()
