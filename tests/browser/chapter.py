"""A chapter that is open in JupyterLab: its cells, its kernel, and an explorer in it."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, Watch
from tests.browser.explorers import Explorer

PATIENCE_MS = 120_000


class Notebook:
    """A chapter, opened by a double click."""

    def __init__(self, page: Page, chapter: str) -> None:
        self.page, self.chapter = page, chapter
        file = page.locator(".jp-DirListing-item", has=page.get_by_text(f"{chapter}.md", exact=True))
        file.dblclick(timeout=PATIENCE_MS)
        page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", state="attached", timeout=PATIENCE_MS)
        page.wait_for_function(
            "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=PATIENCE_MS,
        )
        self.sources: list[str] = page.evaluate(
            "[...jupyterapp.shell.currentWidget.content.model.cells]"
            ".map((cell) => cell.type === 'code' ? cell.sharedModel.source : '')"
        )

    def close(self) -> None:
        """Close it, and its kernel."""
        self.page.evaluate(
            """async () => {
              const panel = jupyterapp.shell.currentWidget;
              await panel.sessionContext.shutdown();
              panel.dispose();
            }"""
        )

    def run(self, cells: list[int]) -> None:
        """Run these cells one after the other."""
        self.page.evaluate(
            """async (cells) => {
              const { content } = jupyterapp.shell.currentWidget;
              for (const at of cells) {
                content.deselectAll();
                content.activeCellIndex = at;
                await jupyterapp.commands.execute("notebook:run-cell");
              }
            }""",
            cells,
        )
        self.assert_ran(cells)

    def run_all(self) -> None:
        """Choose Run All Cells, and wait until the last cell has run."""
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(
            """() => {
              const cells = [...jupyterapp.shell.currentWidget.content.model.cells];
              const ran = cells.filter((cell) => cell.type === "code").map((cell) => cell.executionCount);
              return ran.length > 5 && ran.every(Boolean);
            }""",
            timeout=PATIENCE_MS,
        )
        self.assert_ran([i for i, source in enumerate(self.sources) if source])

    def assert_ran(self, cells: list[int]) -> None:
        """All of them ran, and none with an error."""
        found = self.page.evaluate(
            """(cells) => cells.map((at) => {
              const cell = jupyterapp.shell.currentWidget.content.model.cells.get(at);
              const outputs = cell.outputs.toJSON();
              return [cell.executionCount, outputs.find((o) => o.output_type === "error")?.evalue ?? null];
            })""",
            cells,
        )
        for at, (count, error) in zip(cells, found, strict=True):
            assert count, f"did not run: {self.sources[at]}"
            assert error is None, f"{error} in: {self.sources[at]}"

    def text_of_first_cell(self) -> str:
        """What a reader sees where the page begins."""
        self.page.evaluate("jupyterapp.shell.currentWidget.content.scrollToItem(0, 'start')")
        cell = self.page.locator(".jp-MarkdownCell").first
        expect(cell).to_contain_text("spectrogram", timeout=PATIENCE_MS)
        return cell.inner_text()

    def show(self, cell: int, name: str, watch: Watch) -> Explorer:
        """The explorer of a cell that ran, brought on the screen; Python calls it ``it`` from now on."""
        scroll = """async (at) => {
          const { content } = jupyterapp.shell.currentWidget;
          content.activeCellIndex = at;
          await content.scrollToItem(at, "start");
          return content.model.cells.get(at).executionCount;
        }"""
        explorer = Explorer(self.page, watch, name)
        # By its label alone: JupyterLab hides itself for a moment when its theme or layout changes.
        explorer.root = self.page.locator(f".sn-explorer[aria-label='{name}']")

        def stays() -> bool:
            # A notebook scrolls by itself while it still lays out what it shows.
            count = self.page.evaluate(scroll, cell)
            self.python(f"it = Out[{count}]")
            self.page.wait_for_timeout(700)
            return explorer.root.and_(self.page.locator("[data-redraw-ms]")).is_visible() and (
                -200 < explorer.root.bounding_box()["y"] < DESKTOP["height"]  # type: ignore[index]
            )

        eventually(self.page, stays)
        return explorer

    def python(self, code: str) -> str:
        """What the notebook's own kernel prints."""
        return self.page.evaluate(
            """async (code) => {
              const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
              const future = kernel.requestExecute({ code, store_history: false, silent: false });
              let said = "";
              future.onIOPub = (message) => {
                if (message.header.msg_type === "stream") said += message.content.text;
                if (message.header.msg_type === "error") said += message.content.evalue;
              };
              await future.done;
              return said.trim();
            }""",
            code,
        )


def eventually(page: Page, holds: Callable[[], bool]) -> None:
    """Return as soon as something holds; kernel, page and theme take their time on a busy machine."""
    started = time.monotonic()
    while not holds():
        assert time.monotonic() - started < PATIENCE_MS / 1000, "it never came to hold"
        page.wait_for_timeout(200)
