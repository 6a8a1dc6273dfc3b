"""Write decks: one HTML file a chapter, and beside them everything that they load."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from tools.slides.cut import Chapter, Slide

HERE = Path(__file__).resolve().parent
REVEAL = ("reset.css", "reveal.css", "reveal.js", "plugin/notes.js")
FROM_SITE = ("pygments.css", "book", "packages/mathjax", "packages/fonts")
WIDGETS = '<script src="assets/book/widgets.js"></script>'
_IMAGE = re.compile(r'src="_images/([^"]+)"')


def write_deck(chapter: Chapter, out: Path) -> Path:
    """Write a chapter's deck; its pictures are those of the site, see `copy_assets`."""
    fields = {
        "title": escape(chapter.title),
        "first": chapter.first,
        "stamp": escape(chapter.stamp),
        "slides": "\n".join(_row(place, row) for place, row in chapter.rows),
        "states": chapter.states,
        "widgets": WIDGETS if chapter.states else "",
    }
    text = Template((HERE / "deck.html").read_text("utf-8")).substitute(fields)
    path = out / f"{chapter.name}.html"
    path.write_text(_IMAGE.sub(r'src="assets/images/\1"', text), "utf-8")
    return path


def write_index(chapters: Sequence[Chapter], out: Path) -> None:
    """A page that leads to every deck."""
    rows = [
        f'<li><a href="{c.name}.html">{escape(c.title)}</a> {len(c.slides) + 1} slides</li>' for c in chapters
    ]
    text = Template((HERE / "index.html").read_text("utf-8")).substitute(decks="\n".join(rows))
    (out / "index.html").write_text(text, "utf-8")


def copy_assets(site: Path, packages: Path, out: Path) -> None:
    """Copy what decks load: reveal.js, MathJax, letters, colours and the pictures of the chapters.

    Raises:
        FileNotFoundError: the site, or reveal.js, is not there.
    """
    assets = out / "assets"
    for name in REVEAL:
        _copy(packages / "reveal.js" / "dist" / name, assets / "reveal" / name)
    for name in FROM_SITE:
        _copy(site / "_static" / name, assets / name.removeprefix("packages/"))
    for name in ("slides.css", "slides.js"):
        _copy(HERE / name, assets / name)
    decks = "".join(path.read_text("utf-8") for path in out.glob("*.html"))
    for image in sorted(set(re.findall(r'src="assets/images/([^"]+)"', decks))):
        _copy(site / "_images" / image, assets / "images" / image)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def _row(place: str, slides: Sequence[Slide]) -> str:
    below = "\n".join(_slide(slide, f"{place}-{number}") for number, slide in enumerate(slides, 1))
    return f'<section id="{place}">\n{below}\n</section>'


def _slide(slide: Slide, place: str) -> str:
    above = f'<p class="above">{slide.above}</p>' if slide.above else ""
    notes = f'<aside class="notes">{"".join(slide.notes)}</aside>' if slide.notes else ""
    panels = f'<div class="panels">{"".join(slide.panels)}</div>' if slide.panels else ""
    return (
        f'<section id="{place}"><div class="frame">{above}<h2>{slide.title}</h2>\n'
        f'<div class="body">{"".join(slide.parts)}</div>\n{panels}</div>{notes}</section>'
    )
