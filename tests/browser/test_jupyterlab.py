"""A chapter in JupyterLab: it opens as a notebook, runs, and its explorer and Python follow each other."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from spectnet import scales
from tests.browser.conftest import DESKTOP, Watch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CHAPTER = Path(__file__).resolve().parents[2] / "book" / "gammatone-filters.md"
PATIENCE_MS = 120_000


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab on this machine alone, in a folder with a copy of the chapter."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "book").mkdir()
    shutil.copy(CHAPTER, folder / "book")
    address = f"http://127.0.0.1:{(port := free_port())}"
    options = [
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={folder / 'book'}",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    own = {
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
    }
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=os.environ | own, stdout=log, stderr=log
        )
        try:
            wait_for(address, server)
            yield address
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_for(address: str, server: subprocess.Popen) -> None:
    """Return when the server answers."""
    for _ in range(120):
        assert server.poll() is None, "JupyterLab did not start"
        try:
            urllib.request.urlopen(f"{address}/api", timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise TimeoutError("JupyterLab did not answer within a minute")


def in_kernel(page: Page, expression: str) -> str:
    """What the notebook's own Python says an expression is."""
    return page.evaluate(
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
        f"print({expression})",
    )


def open_and_run(page: Page, address: str) -> None:
    """Double-click the chapter, choose Run All Cells, and wait until the last cell has run."""
    page.goto(f"{address}/lab?reset")
    page.locator(".jp-DirListing-item", has_text=CHAPTER.name).dblclick(timeout=PATIENCE_MS)
    page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", state="attached", timeout=PATIENCE_MS)
    page.wait_for_function(
        "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
        timeout=PATIENCE_MS,
    )
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        """() => {
          const cells = [...jupyterapp.shell.currentWidget.content.model.cells];
          const ran = cells.filter((cell) => cell.type === "code").map((cell) => cell.executionCount);
          return ran.length > 5 && ran.every(Boolean);
        }""",
        timeout=PATIENCE_MS,
    )


def text_of_first_cell(page: Page) -> str:
    """What a reader sees where the page begins."""
    page.evaluate("jupyterapp.shell.currentWidget.content.scrollToItem(0, 'start')")
    cell = page.locator(".jp-MarkdownCell").first
    expect(cell).to_contain_text("spectrogram", timeout=PATIENCE_MS)
    return cell.inner_text()


def scroll_to_explorer(page: Page) -> None:
    """Bring the explorer's cell on the screen; JupyterLab draws only what is near."""
    page.evaluate(
        """async () => {
          const { content } = jupyterapp.shell.currentWidget;
          const cells = [...content.model.cells];
          const at = cells.findIndex((cell) => cell.sharedModel.source.includes("FilterbankExplorer()"));
          content.activeCellIndex = at;
          await content.scrollToItem(at, "start");
        }"""
    )
    page.wait_for_selector(".sn-explorer[data-redraw-ms]", timeout=PATIENCE_MS)


def test_explorer_and_python_follow_each_other(browser: Browser, lab: str) -> None:
    watch = Watch()
    context = browser.new_context(viewport=DESKTOP)
    page = watch.over(context, (lab, lab.replace("http", "ws")))
    open_and_run(page, lab)
    assert "{term}" not in text_of_first_cell(page), "roles are rendered, not shown"
    scroll_to_explorer(page)
    slider = page.locator(".sn-explorer").get_by_label("Number of filters", exact=True)
    picture = page.locator(".sn-explorer canvas").first
    before = picture.evaluate("canvas => canvas.toDataURL()")

    # From the keyboard to Python: JupyterLab's own shortcuts must not take the keys.
    slider.focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowRight"):
        page.keyboard.press(key)
    expect(slider).to_have_value("19")
    expect(page.locator(".sn-said")).to_contain_text("19 filters")
    assert picture.evaluate("canvas => canvas.toDataURL()") != before
    assert slider.evaluate("node => node === document.activeElement"), "the notebook took the focus"
    assert in_kernel(page, "explorer.n_filters, len(explorer.center_frequencies)") == "19 19"
    expected = scales.spaced_frequencies(19, 25.0, 400.0, "mel")[0].item()
    assert float(in_kernel(page, "explorer.center_frequencies[0]")) == pytest.approx(expected)

    # And from Python to the picture.
    in_kernel(page, "setattr(explorer, 'n_filters', 5)")
    expect(slider).to_have_value("5")
    expect(page.locator(".sn-said")).to_contain_text("5 filters")

    # The picture follows JupyterLab into the dark.
    light = picture.evaluate("canvas => canvas.toDataURL()")
    page.evaluate("jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })")
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    page.wait_for_timeout(500)
    ink = page.locator(".sn-explorer").evaluate("node => getComputedStyle(node).color")
    assert min(int(value) for value in re.findall(r"\d+", ink)) > 150
    assert picture.evaluate("canvas => canvas.toDataURL()") != light
    assert watch.outside == []
    context.close()
