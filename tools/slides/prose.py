"""What of a paragraph stands on a slide: its first sentences, if they are short; the rest is spoken."""

from __future__ import annotations

import copy
import re

from bs4 import NavigableString, Tag

LONGEST = 150  # characters of a sentence that can be read beside listening
_ENDS = re.compile(r"(?<!Fig)(?<! al)(?<! vs)[.?!](?=\s+[A-Z“(]|\s*$)")
_TEX = re.compile(r"\\[a-zA-Z]+|[\\{}$()]")


def length(element: Tag) -> int:
    """Characters that a reader sees; the commands of a formula do not count."""
    return len(_TEX.sub("", " ".join(element.get_text().split())))


def shortened(paragraph: Tag, longest: int = LONGEST) -> Tag:
    """A copy of a paragraph with as many first sentences as are not too long together, and at least one."""
    whole = copy.copy(paragraph)
    best = whole
    for number, _ in enumerate(_ends(paragraph), 1):
        short = _up_to(paragraph, number)
        if number == 1 or length(short) <= longest:
            best = short
    return whole if length(whole) <= longest else best


def _ends(paragraph: Tag) -> list[re.Match[str]]:
    """Where sentences end: in the paragraph's own text, not within a formula or a term."""
    return [end for text in paragraph.find_all(string=True, recursive=False) for end in _ENDS.finditer(text)]


def _up_to(paragraph: Tag, sentences: int) -> Tag:
    """A copy of a paragraph that ends with the end of that sentence, markup and formulas kept."""
    short = copy.copy(paragraph)
    for child in list(short.children):
        ends = list(_ENDS.finditer(child)) if isinstance(child, NavigableString) else []
        if sentences <= 0:
            child.extract()
        elif len(ends) >= sentences:
            child.replace_with(str(child)[: ends[sentences - 1].end()])
        sentences -= len(ends)
    return short


def point(element: Tag) -> Tag | None:
    """What stands on the slide of a paragraph or of a list's item; nothing if it takes too long to read."""
    short = shortened(element)
    return short if length(short) <= LONGEST else None


def run_in_heading(paragraph: Tag) -> str:
    """The bold words that a paragraph opens with, as in "Fault 1: time runs backwards."; else nothing."""
    first = next((child for child in paragraph.children if str(child).strip()), None)
    if not (isinstance(first, Tag) and first.name == "strong"):
        return ""
    words = first.decode_contents().strip()
    return words.rstrip(".:") if words.endswith((".", ":", "?")) else ""


def unlink(root: Tag) -> None:
    """Take out what leads to other pages of the site, and keep its words; addresses outside stay."""
    for mark in root.select("a.headerlink"):
        mark.decompose()
    for link in root.find_all("a"):
        if not str(link.get("href", "")).startswith(("http://", "https://")):
            link.unwrap()
