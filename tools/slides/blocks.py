"""What a page holds, in its order: what a block shows, what a speaker says of it, how much room it takes."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from bs4 import Tag

from tools.slides import prose

FIGURE = 0.72
SOUND = 0.16  # of which two stand side by side
LINE = 0.07  # of a slide's height, at the size of letters that a slide starts with
CODE_LINE = 0.05
SOUND_OPENS = '<div class="sound">'
ONWARD = "Where to go from here"
SHORT_CODE = 10  # lines that a room can read


@dataclass(frozen=True)
class Block:
    """A part of a slide.

    Attributes:
        html: what is shown; nothing if it is only said.
        room: the share of a slide's height that it takes.
        said: what goes into the speaker's notes.
        code: shown on demand.
        title: begins a slide of this name.
        alone: shares its slide with nothing that comes before or after it.
    """

    html: str = ""
    room: float = 0.0
    said: str = ""
    code: str = ""
    title: str = ""
    alone: bool = False


def blocks(parent: Tag) -> Iterator[Block]:
    """The blocks of an element of a page, without its sections and headings."""
    for child in parent.find_all(recursive=False):
        yield from _block(child)


def _block(element: Tag) -> Iterator[Block]:
    kinds = set(element.get("class") or [])
    if element.name == "section" or element.name.startswith("h"):
        return  # a section deals out its own slides, whatever is in it
    if element.name == "p":
        if not kinds & {"page-facts", "page-stamp"}:
            yield _paragraph(element)
    elif element.name in ("ul", "ol"):
        yield _list(element)
    elif "cell" in kinds:
        yield from _cell(element, kinds)
    elif "math" in kinds:
        yield Block(str(element), 0.15 + LINE * str(element).count(r"\\"))
    elif "exercise" in kinds:
        yield _exercise(element)
    elif "solution" in kinds:
        yield Block(code=_details("Solution", element, skip="admonition-title"))
    elif "admonition" in kinds:
        yield Block(str(_titled(element)), 0.12 + LINE * (1 + prose.length(element) // 70))
    elif element.name == "figure":
        yield Block(str(element), FIGURE)
    elif "pst-scrollable-table-container" in kinds:
        yield Block(str(element), LINE * (1 + len(element.find_all("tr"))))
    elif element.name == "audio" or element.find("audio"):
        yield Block(f"{SOUND_OPENS}{element}</div>", SOUND / 2 * max(1, len(element.find_all("audio"))))
    elif _is_code(element):
        yield Block(str(element), LINE + CODE_LINE * _lines(element))
    else:
        yield from blocks(element)


def _is_code(element: Tag) -> bool:
    return any(name.startswith("highlight-") for name in element.get("class") or [])


def _lines(code: Tag) -> int:
    return code.get_text().strip("\n").count("\n") + 1


def _paragraph(element: Tag) -> Block:
    title = prose.run_in_heading(element)
    rest = copy.copy(element)
    if element.get_text().startswith(ONWARD):
        return Block(str(element), LINE * (1 + prose.length(element) // 80), title=ONWARD)
    if title:
        rest.strong.extract()
    shown = prose.point(rest) if rest.get_text(strip=True) else None
    whole = shown is not None and len(shown.get_text()) == len(rest.get_text())
    said = "" if whole else str(element)
    if shown is None:
        return Block(said=said, title=title)
    return Block(str(shown), LINE * (1 + prose.length(shown) // 85), said, title=title)


def _list(element: Tag) -> Block:
    shown, shortened = copy.copy(element), False
    lines = 0
    for item in shown.find_all("li", recursive=False):
        (text,) = item.find_all("p", recursive=False)[:1] or [item]
        if (short := prose.point(text)) is None:
            short = prose.shortened(text)
        shortened = shortened or len(short.get_text()) < len(item.get_text())
        lines += 1 + prose.length(short) // 80
        text.replace_with(short)
    return Block(str(shown), LINE * lines, str(element) if shortened else "")


def _exercise(element: Tag) -> Block:
    heading = copy.copy(element.find(class_="admonition-title"))
    heading.span.unwrap()  # the number
    title = re.sub(r"\s+\((.*)\)$", r": \1", heading.decode_contents().strip())
    body = copy.copy(element)
    body.find(class_="admonition-title").decompose()
    _flatten(body)
    room = sum(LINE * (1 + prose.length(part) // 80) for part in body.find_all(recursive=False))
    return Block(body.decode_contents(), room, title=title)


def _titled(element: Tag) -> Tag:
    """An admonition whose title is no heading of the page."""
    shown = copy.copy(element)
    _flatten(shown)
    return shown


def _flatten(root: Tag) -> None:
    """A section within a slide would be a slide to reveal.js."""
    for section in root.find_all("section"):
        section.unwrap()


def _cell(cell: Tag, kinds: set[str]) -> Iterator[Block]:
    source, output = cell.select_one(".cell_input"), cell.select_one(".cell_output")
    if "tag_explorer" in kinds:
        yield Block(f'<div class="explorer">{output}</div>', 1.0, code=_code(source), alone=True)
        return
    if "tag_still" in kinds:
        yield Block(f'<div class="only-print">{output.decode_contents()}</div>', code=_code(source))
        return
    if "tag_hide-output" in kinds and output is not None:
        yield Block(code=_details("Output", output))
        output = None
    shown = [] if output is None else list(blocks(output))
    if source is not None and _readable(source, shown) and "tag_hide-input" not in kinds:
        code = f'<div class="code">{source}</div>'
        room = LINE + CODE_LINE * _lines(source) + sum(block.room for block in shown)
        yield Block(code + "".join(block.html for block in shown), room)
        return
    yield Block(code=_code(source))
    yield from shown


def _readable(source: Tag, shown: list[Block]) -> bool:
    """Whether a room can read a cell: it is short, prints at most text, and is no bookkeeping of the page."""
    plain = all("<pre>" in block.html for block in shown)
    return plain and _lines(source) <= SHORT_CODE and "glue" not in source.get_text()


def _code(source: Tag | None) -> str:
    return "" if source is None else _details("Code", source)


def _details(name: str, content: Tag, skip: str = "") -> str:
    """A button that opens a panel over the slide."""
    inside = copy.copy(content)
    _flatten(inside)
    for unwanted in inside.find_all(class_=skip) if skip else []:
        unwanted.decompose()
    for image in inside.find_all("img"):
        image["loading"] = "lazy"
    label = escape(name)
    return (
        f'<details class="panel"><summary>{label}</summary>'
        f'<div class="panel-body" tabindex="0" role="region" aria-label="{label}">'
        f"{inside.decode_contents()}</div></details>"
    )
