"""What a page makes a reader load: everything of it, from an empty cache, is under 6 MB."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.book.pages import pages
from tests.browser.conftest import DESKTOP, Watch, settle

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

MOST_BYTES = 6_000_000


@pytest.mark.parametrize("name", pages())
def test_page_with_everything_it_loads_is_under_6_mb(browser: Browser, address: str, name: str) -> None:
    context, answers = browser.new_context(viewport=DESKTOP), []
    page = Watch().over(context, (address,))
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{address}/{name}.html")
    settle(page)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    settle(page)
    size = {answer.url: len(answer.body()) for answer in answers if answer.url.startswith(address)}
    context.close()
    assert size[f"{address}/{name}.html"] > 1000, "the page itself counts"
    heaviest = sorted(size.items(), key=lambda item: -item[1])[:5]
    assert sum(size.values()) < MOST_BYTES, heaviest
