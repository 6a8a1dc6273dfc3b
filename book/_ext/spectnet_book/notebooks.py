"""Each chapter as an executed notebook: one file a page, and one archive of all."""

import contextlib
import zipfile
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from sphinx.application import Sphinx

from spectnet_book import launch

FOLDER = "notebooks"
ARCHIVE = "spectnet-notebooks.zip"


def path(docname: str) -> str:
    """Where a page's notebook lies within the site."""
    return f"{FOLDER}/{docname}.ipynb"


def executed(app: Sphinx) -> dict[str, Path]:
    """The notebooks that myst-nb wrote, by page, for the pages that ran."""
    folder = Path(app.outdir).parent / "jupyter_execute"
    pages = sorted(name for name, data in app.env.nb_metadata.items() if "exec_data" in data)
    return {page: folder / f"{page}.ipynb" for page in pages}


def with_outputs(app: Sphinx, source: Path) -> nbformat.NotebookNode:
    """A notebook that myst-nb wrote, and what its cells gave.

    Where the outputs came from the cache, myst-nb puts them on the page but not into this file.
    """
    notebook = nbformat.read(source, as_version=4)
    cache = get_cache(app.config.nb_execution_cache_path)
    with contextlib.suppress(KeyError):  # a page that failed is not in the cache
        notebook = cache.merge_match_into_notebook(notebook)[1]
    return notebook


def publish(app: Sphinx, error: Exception | None) -> None:
    """Copy every executed notebook into the site, and pack them all."""
    if error is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for page, source in executed(app).items():
            notebook = with_outputs(app, source)
            notebook.cells = [nbformat.from_dict(cell) for cell in launch.first_cells(app)] + notebook.cells
            target = Path(app.outdir) / path(page)
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, target)
            archive.write(target, target.relative_to(folder))


def offer(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the theme's download button offer the notebook."""
    if doctree is not None and page in executed(app):
        context["ipynb_source"] = f"../{path(page)}"


def setup(app: Sphinx) -> None:
    """Offer before the theme makes its buttons; publish when the pages are written."""
    app.connect("html-page-context", offer, priority=100)
    app.connect("build-finished", publish)
