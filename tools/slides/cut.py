"""Deal the blocks of a chapter out to slides: a section is a row, its parts go below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, Tag

from tools.slides import prose
from tools.slides.blocks import SOUND_OPENS, Block, blocks

FULL = 1.0
BESIDE_A_FIGURE = 0.16
BESIDE_AN_EXPLORER = 0.15
LEAD = 230  # characters of a title slide


@dataclass
class Slide:
    """One slide: its title, what stands above it, its parts, what the speaker says, what opens on demand."""

    title: str
    above: str = ""
    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    panels: list[str] = field(default_factory=list)
    room: float = 0.0
    alone: bool = False

    def take(self, block: Block) -> None:
        """Put a block on this slide."""
        self.room += block.room
        self.alone = self.alone or block.alone
        for place, html in ((self.parts, block.html), (self.notes, block.said), (self.panels, block.code)):
            if html and place and place[-1].startswith(SOUND_OPENS) and html.startswith(SOUND_OPENS):
                place[-1] = (
                    f"{place[-1].removesuffix('</div>')}{html.removeprefix(SOUND_OPENS)}"  # side by side
                )
            elif html:
                place.append(html)

    def has_room(self, block: Block) -> bool:
        """Whether a block still fits; what shows nothing always does."""
        if not block.html or not self.parts or "only-print" in block.html:
            return True
        if self.alone or block.alone:
            return not self.alone and "explorer" in block.html and self.room <= BESIDE_AN_EXPLORER
        figures = any("<figure" in part for part in self.parts)
        if "<figure" in block.html:
            return not figures and self.room <= BESIDE_A_FIGURE
        return self.room + block.room <= FULL


@dataclass(frozen=True)
class Chapter:
    """A page, cut.

    Attributes:
        name: of the page.
        title: its heading.
        first: what the title slide says below it.
        rows: slides side by side, each with those below it; the name of a row's place comes first.
        stamp: what the page was made from.
        states: of the explorers.
    """

    name: str
    title: str
    first: str
    rows: list[tuple[str, list[Slide]]]
    stamp: str
    states: str

    @property
    def slides(self) -> list[Slide]:
        """All of them, in order."""
        return [slide for _, row in self.rows for slide in row]


def cut(name: str, html: str) -> Chapter:
    """Cut a page of the site.

    Raises:
        ValueError: it is no chapter.
    """
    page = BeautifulSoup(html, "html.parser")
    article = page.find("article")
    body = article.find("section") if article else None
    if body is None or body.h1 is None:
        raise ValueError(f"{name}: no page with a title, so there is nothing to cut into slides")
    prose.unlink(article)
    stamp = article.find("p", class_="page-stamp")
    states = page.find("script", type="application/vnd.jupyter.widget-state+json")
    rows = [("goals", _goals(body))]
    rows += [(str(part["id"]), list(_slides(part))) for part in body.find_all("section", recursive=False)]
    opening = next((p for p in body.find_all("p", recursive=False) if not p.get("class")), None)
    return Chapter(
        name=name,
        title=body.h1.get_text(strip=True),
        first=prose.shortened(opening, LEAD).decode_contents() if opening else "",
        rows=[(place, row) for place, row in rows if row],
        stamp=" ".join(stamp.get_text(" ", strip=True).split()) if stamp else "",
        states=str(states) if states else "",
    )


def _goals(body: Tag) -> list[Slide]:
    """What a chapter sets out to teach: the first list, after words such as "you can"."""
    slide = Slide("What you will be able to do")
    for block in blocks(body):
        shown = block.html if block.html.startswith("<ul") and not slide.parts else ""
        said = block.said or ("" if shown else block.html if block.html.startswith("<p") else "")
        slide.take(Block(shown, block.room if shown else 0.0, said, block.code))
    return [slide]


def _slides(section: Tag) -> Iterator[Slide]:
    """The slides of a section, then those of the sections in it."""
    heading = section.find(["h2", "h3", "h4"], recursive=False)
    title = heading.decode_contents().strip() if heading else ""
    yield from _deal(title, blocks(section))
    for part in section.find_all("section", recursive=False):
        yield from _slides(part)


def _deal(title: str, content: Iterable[Block]) -> Iterator[Slide]:
    slide = Slide(title)
    for block in content:
        if (block.title and slide.parts) or not slide.has_room(block):
            yield slide
            slide = Slide(slide.title, slide.above)
        if block.title:
            slide.title, slide.above = block.title, title
        slide.take(block)
    if slide.notes and not slide.parts:
        slide.parts.append(slide.notes.pop(0))  # too long for a slide, but all there is
    if slide.parts or slide.panels:
        yield slide
