"""Each chapter as an executed notebook: one file a page, and one archive of all."""

import json
import zipfile
from pathlib import Path
from typing import Any

from docutils import nodes
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


def publish(app: Sphinx, error: Exception | None) -> None:
    """Copy every executed notebook into the site, and pack them all."""
    if error is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
        for page, source in executed(app).items():
            notebook = json.loads(source.read_text("utf-8"))
            notebook["cells"] = launch.first_cells(app) + notebook["cells"]
            target = Path(app.outdir) / path(page)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
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
