"""python -m tools.slides: decks of all chapters, from the built book."""

import argparse
import shutil
import sys
from pathlib import Path

import yaml

from tools.slides.cut import cut
from tools.slides.deck import copy_assets, write_deck, write_index

ROOT = Path(__file__).resolve().parents[2]


def chapters(toc: Path = ROOT / "book" / "_toc.yml") -> list[str]:
    """The pages of the part *Chapters* of the table of contents."""
    parts = yaml.safe_load(toc.read_text("utf-8"))["parts"]
    return [page["file"] for part in parts if part["caption"] == "Chapters" for page in part["chapters"]]


def make_slides(
    site: Path, out: Path, names: list[str], packages: Path = ROOT / "node_modules"
) -> list[Path]:
    """Write a deck for each of the pages, and what they load.

    Args:
        site: the built book.
        out: a folder of its own; what is in it is replaced.
        names: of pages.
        packages: what npm installed.

    Raises:
        FileNotFoundError: a page was not built.
        ValueError: a page cannot be cut.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    cut_up = [cut(name, (site / f"{name}.html").read_text("utf-8")) for name in names]
    decks = [write_deck(chapter, out) for chapter in cut_up]
    write_index(cut_up, out)
    copy_assets(site, packages, out)
    for chapter in cut_up:
        print(f"{len(chapter.slides) + 1:4} slides  {chapter.name}")
    return decks


def main() -> None:
    """Make the decks, or say what is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html", help="the built book")
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "slides", help="where decks go")
    given = parser.parse_args()
    try:
        make_slides(given.site, given.out, chapters())
    except FileNotFoundError as error:
        sys.exit(f"{error.filename} is missing: build the book first (make book)")
    print(f"open {given.out / 'index.html'}")


if __name__ == "__main__":
    main()
