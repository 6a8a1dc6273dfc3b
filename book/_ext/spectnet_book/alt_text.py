"""Every picture must say in words what it shows.

myst-nb and docutils fall back on the file's name, which a screen reader then spells out.
"""

import re
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
FILE_NAME = re.compile(r"\S*\.(png|svg|jpe?g|gif|webp|avif)|[0-9a-f]{16,}|data:\S*", re.IGNORECASE)


class Pictures(HTMLParser):
    """Collect the pictures of a page that have no description."""

    def __init__(self) -> None:
        super().__init__()
        self.undescribed: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Look at one element: `img` needs `alt`, an `svg` that is content needs a label."""
        given = dict(attributes)
        hidden = given.get("aria-hidden") == "true" or given.get("role") in ("none", "presentation")
        words = given.get("alt" if tag == "img" else "aria-label") or ""
        if tag in ("img", "svg") and not hidden and (not words.strip() or FILE_NAME.fullmatch(words.strip())):
            self.undescribed.append(f"<{tag}> {(given.get('src') or given.get('id') or '')[:80]}".strip())


def undescribed_pictures(html: str) -> list[str]:
    """Pictures in `html` whose text is missing or only a file name."""
    pictures = Pictures()
    pictures.feed(html)
    return pictures.undescribed


def check(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Warn, and so fail a strict build, for each picture of a page without a description."""
    if doctree is None:
        return
    for picture in undescribed_pictures(context.get("body", "")):
        LOGGER.warning(
            "%s has no alt text of its own; give the cell `mystnb: {image: {alt: ...}}`",
            picture,
            location=page,
        )


def setup(app: Sphinx) -> None:
    """Look at each page's finished body."""
    app.connect("html-page-context", check)
