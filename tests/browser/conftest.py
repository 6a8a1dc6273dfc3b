"""One Chromium and one local server for all browser tests, and what one look at a page found."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

if TYPE_CHECKING:
    from tests.browser.explorers import Explorer

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
DESKTOP = {"width": 1280, "height": 900}


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line for each."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The built book, served on this machine."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield chromium
        chromium.close()


@dataclass
class Watch:
    """What went wrong while a page was open: requests that left this machine, and errors."""

    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext, inside: tuple[str, ...]) -> Page:
        """Open a page whose every request outside `inside` is noted and refused."""

        def decide(route: Route) -> None:
            if route.request.url.startswith((*inside, "data:", "blob:")):
                route.continue_()
            else:
                self.outside.append(route.request.url)
                route.abort()

        context.route("**/*", decide)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        page.on("requestfailed", lambda request: self.errors.append(f"failed: {request.url}"))
        return page


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Explorer]:
    """The page `PAGE` with the explorer `NAME` of a test file, once for all its tests."""
    from tests.browser.explorers import open_explorer

    explorer = open_explorer(browser, address, request.module.PAGE, request.module.NAME)
    yield explorer
    explorer.close()


@pytest.fixture
def explorer(opened: Explorer) -> Iterator[Explorer]:
    """The explorer as at first; a test fails where the page broke or reached outside."""
    opened.reset()
    yield opened
    opened.assert_clean()


def settle(page: Page) -> None:
    """Wait until formulas are set, widgets are alive and nothing loads any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_function("!window.MathJax || !MathJax.startup || MathJax.startup.promise.then(() => true)")
    page.wait_for_function(
        "[...document.querySelectorAll('script[type=\"application/vnd.jupyter.widget-view+json\"]')]"
        ".every(view => view.previousElementSibling || view.nextElementSibling)"
    )
    page.wait_for_timeout(300)


def violations(page: Page, *, contrast: bool = True) -> list[str]:
    """What axe finds against WCAG A and AA, one line each; `contrast` is most of its time."""
    page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
    options = {
        "runOnly": RULES,
        "resultTypes": ["violations"],
        "preload": False,
        "rules": {"color-contrast": {"enabled": contrast}},
    }
    found = page.evaluate("options => axe.run(options)", options)
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
