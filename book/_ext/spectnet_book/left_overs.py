"""What Jupyter Book and its theme leave in a page that this book does not want there."""

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# The theme brings its icons twice, as a font and as a script of 1.5 MB: the font will do, and needs no
# preloading (over file:// that is an error). Thebe's settings are of no use without thebe.
LEFT_OVERS = re.compile(
    r'<link rel="preload" as="font"[^>]*>\s*'
    r'|<script src="[^"]*/fontawesome/[^"]*"></script>\s*'
    r'|<script type="text/x-thebe-config">.*?</script>\s*<script>kernelName = .*?</script>',
    re.DOTALL,
)
# Sphinx sets a long signature as a list of descriptions without terms, inside a term.
SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)
PART = re.compile(r"<(/?)(dl|dd)>")
# The arrow beside a page in the list of contents has no words of its own.
OPENER = "Show or hide the pages of this part"


def drop_thebe(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Jupyter Book loads sphinx-thebe even where it is off, and its script then fails: leave it out."""
    for kind in ("script_files", "css_files"):
        context[kind] = [file for file in context.get(kind, []) if not is_thebe(file)]


def is_thebe(file: Any) -> bool:
    """Whether a script or style belongs to sphinx-thebe, as a file or inline."""
    text = f"{getattr(file, 'filename', file)} {getattr(file, 'attributes', {}).get('body', '')}"
    return "thebe" in text.lower()


def tidied(html: str) -> str:
    """A written page without what no template lets us leave out, with roles a screen reader knows."""
    html = LEFT_OVERS.sub("", html).replace('role="doc-biblioentry"', 'role="listitem"')
    html = html.replace("<summary><span", f'<summary aria-label="{OPENER}"><span')
    return SIGNATURE.sub(lambda signature: PART.sub(as_span, signature[0]), html)


def as_span(part: re.Match[str]) -> str:
    """The tag of a list as that of a span, its name kept as a class."""
    closing, name = part.groups()
    return "</span>" if closing else f'<span class="sig-{name}">'


def tidy(app: Sphinx, error: Exception | None) -> None:
    """Tidy every page of the site."""
    if error is not None or app.builder.name != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        html = page.read_text("utf-8")
        if (better := tidied(html)) != html:
            page.write_text(better, "utf-8")


def setup(app: Sphinx) -> None:
    """Drop thebe after everyone has added their scripts; tidy when the pages are written."""
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", tidy)
