"""The pages of the book, as its table of contents lists them."""

from pathlib import Path

from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[2]


def pages() -> list[str]:
    """Names of all pages, in order."""
    return list(parse_toc_yaml(ROOT / "book" / "_toc.yml").keys())


def executable(page: str) -> bool:
    """Whether a page has cells that run."""
    return "```{code-cell}" in (ROOT / "book" / f"{page}.md").read_text(encoding="utf-8")
