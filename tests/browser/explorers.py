"""An explorer on an open page: its controls, its pictures, and what it says; for the tests of them all."""

from __future__ import annotations

import re

import anywidget
import numpy as np
from playwright.sync_api import Browser, Locator, Page

from benchmarks.explorer_page import explorer_page
from tests.browser.conftest import DESKTOP, Watch

# Counts what is played; nothing of the explorer knows.
LISTEN = """
window.played = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function () {
  const { buffer, playbackRate } = this;
  played.push({ seconds: buffer.duration, speed: playbackRate.value, samples: buffer.getChannelData(0) });
  start.call(this);
};
"""
VALUES = "root => [...root.querySelectorAll('input, select')].map((node) => node.value)"
# Twice, since a control may hold back or move another; with a frame between, in which they follow.
PUT_BACK = """async (root, values) => {
  for (let again = 0; again < 2; again++)
    for (const [i, node] of [...root.querySelectorAll("input, select")].entries()) {
      if (node.value === values[i]) continue;
      node.value = values[i];
      node.dispatchEvent(new Event(node.tagName === "SELECT" ? "change" : "input"));
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
}"""
PIXEL = """(canvas, [x, y]) => {
  const ratio = canvas.width / canvas.getBoundingClientRect().width;
  return [...canvas.getContext("2d").getImageData(x * ratio, y * ratio, 1, 1).data].slice(0, 3);
}"""

# A redraw comes with the next frame, its line a quarter of a second later. Timers keep their order, however
# busy the machine.
CAUGHT_UP = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => setTimeout(done, 20), 260))))"""


class Explorer:
    """The explorer of this name on an open page, and what it says and shows."""

    def __init__(self, page: Page, watch: Watch, name: str) -> None:
        self.page, self.watch = page, watch
        self.root = page.get_by_role("group", name=name, exact=True)
        self.values: list[str] = []

    def ready(self) -> Explorer:
        """Wait for the first drawing, and remember where the controls stand."""
        self.root.and_(self.page.locator("[data-redraw-ms]")).wait_for(timeout=30_000)
        self.values = self.root.evaluate(VALUES)
        return self

    def reset(self) -> None:
        """Put every slider and list back to where the page has it at first, and forget what was played."""
        self.root.evaluate(PUT_BACK, self.values)
        self.page.evaluate("played.length = 0")

    def control(self, name: str) -> Locator:
        """A slider or a list by its label."""
        return self.root.get_by_label(name, exact=True)

    def button(self, name: str) -> Locator:
        """A button by what it says."""
        return self.root.get_by_role("button", name=name)

    def press(self, name: str, *keys: str) -> None:
        """Move the control of this label from the keyboard."""
        self.control(name).focus()
        for key in keys:
            self.page.keyboard.press(key)

    def drag(self, name: str, start: float, end: float) -> None:
        """Drag a slider by the mouse, between shares of its width."""
        slider = self.control(name)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box
        middle = box["y"] + box["height"] / 2
        left, long = box["x"] + 8, box["width"] - 16  # the thumb's middle never reaches the ends
        self.page.mouse.move(left + start * long, middle)
        self.page.mouse.down()
        self.page.mouse.move(left + end * long, middle, steps=4)
        self.page.mouse.up()

    def canvas(self, title: str) -> Locator:
        """A picture by its title."""
        return self.root.get_by_role("img", name=re.compile(f"^{re.escape(title)}"))

    def size(self, title: str) -> tuple[float, float]:
        """Width and height of a picture in CSS pixels."""
        box = self.canvas(title).bounding_box()
        assert box
        return box["width"], box["height"]

    def label(self, title: str) -> str:
        """What a picture is said to show."""
        return self.canvas(title).get_attribute("aria-label") or ""

    def picture(self, title: str) -> str:
        """All pixels of a canvas, to compare with another state's."""
        return self.canvas(title).evaluate("canvas => canvas.toDataURL()")

    def pixel(self, title: str, x: float, y: float) -> list[int]:
        """Colour at a place of a canvas, in CSS pixels."""
        return self.canvas(title).evaluate(PIXEL, [x, y])

    def accent(self) -> np.ndarray:
        """The colour of what is chosen, as the page has it."""
        shown = self.root.evaluate(
            """root => {
              const probe = root.appendChild(document.createElement("i"));
              probe.style.color = "var(--sn-accent)";
              const { color } = getComputedStyle(probe);
              return (probe.remove(), color);
            }"""
        )
        return rgb(shown)

    def said(self) -> str:
        """The line for screen readers, when it has caught up with the controls."""
        self.page.evaluate(CAUGHT_UP)
        return self.root.get_by_role("status").inner_text()

    def rows(self, title: str | None = None) -> list[list[str]]:
        """The cells of the table of this title (or of the only one), unfolded."""
        details = self.root.locator("details")
        if title is not None:
            details = details.filter(has=self.page.locator("summary", has_text=title))
        if not details.evaluate("node => node.open"):
            details.locator("summary").click()
        self.said()
        return [row.split("\t") for row in details.locator("tbody tr").all_inner_texts()]

    def table(self, title: str | None = None) -> np.ndarray:
        """The same as numbers, without the first cell, which names its row."""
        return np.array([[float(cell.replace("−", "-")) for cell in row[1:]] for row in self.rows(title)])

    def played(self) -> list[dict]:
        """Every sound since the last reset: its seconds, speed and samples."""
        return self.page.evaluate("played.map((s) => ({ ...s, samples: [...s.samples] }))")

    def assert_clean(self) -> None:
        """The page raised no error and asked nothing of the network."""
        assert self.watch.errors == []
        assert self.watch.outside == []

    def close(self) -> None:
        """Close the page."""
        self.page.context.close()


def rgb(color: str) -> np.ndarray:
    """Red, green and blue of a computed style."""
    return np.array([int(value) for value in re.findall(r"\d+", color)[:3]])


def open_explorer(
    browser: Browser, address: str, page_name: str, explorer_name: str, **settings: object
) -> Explorer:
    """Open a page of the built book with the network cut; what reaches for it, and every error, is noted."""
    context = browser.new_context(**{"viewport": DESKTOP} | settings)  # type: ignore[arg-type]
    context.add_init_script(LISTEN)
    watch = Watch()
    page = watch.over(context, (address,))
    page.goto(f"{address}/{page_name}.html")
    explorer = Explorer(page, watch, explorer_name)
    return explorer.ready() if settings.get("java_script_enabled", True) else explorer


def open_alone(
    browser: Browser, widget: anywidget.AnyWidget, explorer_name: str, **settings: object
) -> Explorer:
    """Open `widget` on a page of its own, for what the book does not show; no book has to be built."""
    context = browser.new_context(**{"viewport": DESKTOP} | settings)  # type: ignore[arg-type]
    context.add_init_script(LISTEN)
    watch = Watch()
    page = watch.over(context, ())
    page.set_content(explorer_page(widget))
    return Explorer(page, watch, explorer_name).ready()
