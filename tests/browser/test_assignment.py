"""An assignment in JupyterLab, with the extension that nbgrader brings: it fails, is mended, and passes."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from spectnet.classroom import release, source
from spectnet.classroom.wrong import with_mistake, wrong_answers
from tests.browser.conftest import DESKTOP, Watch
from tests.browser.server import jupyterlab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

PATIENCE_MS = 150_000
NAME, QUESTION, MISTAKE = "assignment-2", "impulse-response", "one_tap_late"
HINT = "where does your time start?"


def validate(page: Page) -> Locator:
    """Press Validate, and wait for what it says; it saves the notebook and runs all of it."""
    page.locator(".validate-button").get_by_text("Validate", exact=True).click()
    dialog = page.locator(".jp-Dialog", has_text="Validation Results")
    expect(dialog).to_be_visible(timeout=PATIENCE_MS)
    return dialog


def type_answer(page: Page, answer: str) -> None:
    """Go to the question's cell, and type over what stands there."""
    page.evaluate(
        """async (name) => {
          const { content } = jupyterapp.shell.currentWidget;
          const cells = [...content.model.cells];
          const at = cells.findIndex((cell) => cell.getMetadata("nbgrader")?.grade_id === name);
          content.activeCellIndex = at;
          await content.scrollToItem(at, "start");
          content.mode = "edit";
          content.activeCell.editor.focus();
        }""",
        QUESTION,
    )
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(answer)


@pytest.fixture
def handed_out(tmp_path: Path) -> Path:
    """A student's notebook: all is answered, and one answer is wrong."""
    assignment = source.load(NAME)
    (wrong,) = (one for one in wrong_answers(assignment) if one.name == MISTAKE)
    notebook = with_mistake(assignment, wrong)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.metadata.nbgrader.solution:
            cell.source = "Finer in frequency, coarser in time."
    (tmp_path / "home").mkdir()
    path = tmp_path / "home" / f"{NAME}.ipynb"
    nbformat.write(notebook, path)
    return path


def test_a_wrong_answer_reads_its_hint_and_the_right_one_validates(
    browser: Browser, handed_out: Path, tmp_path: Path
) -> None:
    solved = {cell.id: cell.source for cell in release.solved(source.load(NAME)).cells}
    watch = Watch()
    with jupyterlab(tmp_path, handed_out.parent) as lab:
        context = browser.new_context(viewport=DESKTOP)
        page = watch.over(context, (lab, lab.replace("http", "ws")))
        page.goto(f"{lab}/lab/tree/{handed_out.name}?reset")
        page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", state="attached", timeout=PATIENCE_MS)
        failed = validate(page)
        expect(failed).to_contain_text(HINT)
        failed.get_by_role("button", name="OK").click()
        type_answer(page, solved[QUESTION])
        expect(validate(page)).to_contain_text("Success! Your notebook passes all the tests.")
        context.close()
    saved = {cell.id: cell.source for cell in nbformat.read(handed_out, 4).cells}
    assert saved[QUESTION] == solved[QUESTION]
    assert watch.outside == []
