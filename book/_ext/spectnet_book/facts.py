"""The line at the top of a page (how long to read and to run) and the stamp at its end.

A page declares what only its author knows, in its front matter; the build adds what it measured.

    spectnet:
      data: synthetic hearts
      seed: 0
      read: 15 min
      run: 20 s
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from spectnet_book import notebooks, provenance

LOGGER = logging.getLogger(__name__)
KEYS = ("data", "seed", "read", "run")


def declared(app: Sphinx, docname: str) -> dict[str, str]:
    """The `spectnet:` block of a page's front matter; a page that runs must have one, complete."""
    block = app.env.metadata[docname].get("spectnet", {})
    block = json.loads(block) if isinstance(block, str) else block
    unknown = set(block) - set(KEYS)
    missing = set(KEYS) - set(block) if seconds(app, docname) is not None else {"read"} - set(block)
    for problem, keys in (("unknown", unknown), ("missing", missing)):
        if keys:
            message = "front matter `spectnet:` has %s keys: %s"
            LOGGER.warning(message, problem, ", ".join(sorted(keys)), location=docname)
    return {key: str(value) for key, value in block.items()}


def seconds(app: Sphinx, docname: str) -> float | None:
    """How long the page's cells took when they last ran; None for a page that runs nothing."""
    run = getattr(app.env, "nb_metadata", {}).get(docname, {}).get("exec_data")
    return run["runtime"] if run else None


def line(classes: str, parts: list[tuple[str, str]]) -> nodes.paragraph:
    """One line of `label value` pairs."""
    paragraph = nodes.paragraph(classes=[classes])
    for label, value in parts:
        pair = nodes.inline(classes=["fact"])
        pair += [nodes.strong(text=label), nodes.Text(f" {value}")]
        paragraph += [pair, nodes.Text(" ")]
    return paragraph


def top(app: Sphinx, docname: str, block: dict[str, str]) -> nodes.paragraph:
    """How long the page takes, and its executed notebook to download."""
    parts = [("Reading:", block["read"])] if "read" in block else []
    if seconds(app, docname) is None:
        return line("page-facts", parts)
    paragraph = line("page-facts", [*parts, ("Running:", block.get("run", "unknown"))])
    address = app.builder.get_relative_uri(docname, "index").rpartition("/")[0]
    target = f"{address}/{notebooks.path(docname)}" if address else notebooks.path(docname)
    paragraph += nodes.reference(
        "", "Executed notebook (.ipynb)", refuri=target, internal=True, classes=["fact"]
    )
    return paragraph


def stamp(app: Sphinx, docname: str, block: dict[str, str]) -> nodes.paragraph:
    """What the page was made from."""
    page = app.env.doc2path(docname, base=False)
    made = ("Commit", provenance.commit(provenance.root(app), f"{app.srcdir.name}/{page}"))
    ran = seconds(app, docname)
    if ran is None:
        return line("page-stamp", [made, ("Runs", "nothing")])
    return line(
        "page-stamp",
        [
            made,
            ("Data", block.get("data", "undeclared")),
            ("Seed", block.get("seed", "undeclared")),
            ("Device", provenance.device()),
            ("Ran in", f"{ran:.1f} s"),
        ],
    )


def add(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the top line under the page's title and the stamp after everything else."""
    title = next(doctree.findall(nodes.title), None)
    if title is None:
        LOGGER.warning("the page has no title", location=docname)
        return
    block = declared(app, docname)
    title.parent.insert(title.parent.index(title) + 1, top(app, docname, block))
    title.parent += stamp(app, docname, block)


def report(app: Sphinx, error: Exception | None) -> None:
    """Leave every page's seconds beside the site, for whoever built it."""
    took = {page: ran for page in sorted(app.env.found_docs) if (ran := seconds(app, page)) is not None}
    (Path(app.outdir).parent / "seconds.json").write_text(json.dumps(took, indent=1) + "\n")


def setup(app: Sphinx) -> None:
    """Add both lines when a page is written; report when all are."""
    app.connect("doctree-resolved", add)
    app.connect("build-finished", report)
