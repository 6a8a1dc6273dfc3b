"""A page of a grading's findings: plain HTML that runs nothing and loads nothing.

Taught in *For the teacher*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

_STYLE = """
:root { color-scheme: light dark; --line: #8888; --good: #0a7a3d; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --good: #6fd08c; --bad: #ff9d94; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
caption { text-align: left; font-weight: bold; padding-bottom: .4rem; }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { border: 1px solid var(--line); padding: .6rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); }
"""
# Whatever slips through as markup: no script, no picture, no frame and no form of it does anything.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(title: str, body: Iterable[str]) -> str:
    """A whole page; `body` holds HTML, the title is text."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{text(title)}</h1>\n" + "\n".join(body) + "\n</main>\n</body>\n</html>\n"
    )


def text(value: object) -> str:
    """Anything as text that no browser takes for markup; letters that turn the reading round become visible.

    >>> text("<b>")
    '&lt;b&gt;'
    """
    return escape("".join(c if c.isprintable() or c in "\n\t" else f"\\u{ord(c):04x}" for c in str(value)))


def paragraph(words: object) -> str:
    """A paragraph of text."""
    return f"<p>{text(words)}</p>"


def listing(items: Iterable[object]) -> str:
    """A list of text; nothing if there are no items."""
    lines = "".join(f"<li>{text(item)}</li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table of text, with numbers to the right; the first cell of a row names it."""
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in heads)
    lines = "".join(f"<tr>{_row(row)}</tr>\n" for row in rows)
    return (
        f"<table>\n<caption>{text(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{lines}</tbody>\n</table>"
    )


def _row(row: Sequence[object]) -> str:
    first, *others = row
    return f'<th scope="row">{text(first)}</th>' + "".join(map(_cell, others))


def _cell(value: object) -> str:
    if isinstance(value, (int, float)):
        return f'<td class="number">{value:g}</td>'
    return f"<td>{text(value)}</td>"
