"""Slides hold what their chapter shows, need nothing from elsewhere, and keep solutions shut."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from tests.book.pages import executable, pages
from tools.slides import prose
from tools.slides.__main__ import chapters, make_slides
from tools.slides.cut import cut

CHAPTERS = chapters()
MYST = re.compile(r"\{(?:term|numref|ref|doc|glue|cite|eq|admonition|exercise|code-cell)\b[^}]*\}|```|:::")


@pytest.fixture(scope="session")
def slides(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every deck, made from the built book."""
    folder = tmp_path_factory.mktemp("slides")
    make_slides(site, folder, CHAPTERS)
    return folder


@pytest.fixture(params=CHAPTERS, scope="module")
def pair(request: pytest.FixtureRequest, site: Path, slides: Path) -> tuple[Tag, Tag]:
    """A chapter's article in the book, and its deck; tests leave both as they are."""
    html = [(folder / f"{request.param}.html").read_text("utf-8") for folder in (site, slides)]
    page, deck = (BeautifulSoup(text, "html.parser") for text in html)
    assert isinstance(page.article, Tag)
    for mark in page.select("a.headerlink"):
        mark.decompose()
    return page.article, deck


def text_without(root: Tag, unwanted: str) -> str:
    """What a reader sees, but for some elements."""
    rest = copy.copy(root)
    for element in rest.select(unwanted):
        element.decompose()
    return rest.get_text()


def test_every_page_of_the_chapters_gives_a_deck() -> None:
    reference = {"index", "how-to-use"}
    assert set(CHAPTERS) == {page for page in pages() if executable(page)} - reference


def test_every_section_is_a_row(pair) -> None:
    page, deck = pair
    wanted = [section["id"] for section in page.section.find_all("section", recursive=False)]
    rows = [row["id"] for row in deck.select(".slides > section")]
    assert rows == ["title", "goals", *wanted]


def test_reveal_finds_rows_and_slides_and_no_deeper_section(pair) -> None:
    assert pair[1].select(".slides > section > section") != []
    assert pair[1].select(".slides section section section") == []


@pytest.mark.parametrize("what", ["div.math", "table", "figcaption"])
def test_what_the_chapter_shows_is_shown(pair, what) -> None:
    told = [[" ".join(element.get_text().split()) for element in side.select(what)] for side in pair]
    assert sorted(told[0]) == sorted(told[1])


def test_every_sound_is_there_in_its_order(pair) -> None:
    page, deck = ([sound["aria-label"] for sound in side.select("audio")] for side in pair)
    assert page == deck


def test_every_exercise_has_a_slide_of_its_own(pair) -> None:
    page, deck = pair
    numbers = [number.text.strip() for number in page.select(".exercise > .admonition-title > span")]
    titles = dict.fromkeys(title.text.split(":")[0] for title in deck.find_all("h2"))
    assert numbers
    assert [title for title in titles if title.startswith("Exercise ")] == numbers


def test_no_slide_shows_myst(pair) -> None:
    deck = pair[1]
    assert MYST.findall(text_without(deck, "pre, code, script, style")) == []
    assert "headerlink" not in str(deck)


def test_formulas_stand_where_mathjax_looks(pair) -> None:
    told = text_without(pair[1], ".math, pre, code, script, style")
    assert re.findall(r"\\[(\[a-z]\S*", told) == []


def test_every_picture_says_what_it_shows(pair) -> None:
    images = pair[1].find_all("img")
    assert images
    assert [image["src"] for image in images if len(image.get("alt", "")) < 20] == []


def test_deck_loads_only_what_lies_beside_it(pair, slides: Path) -> None:
    loaded = [
        e.get("src") or e.get("href") for e in pair[1].select("script[src], link[href], img, audio[src]")
    ]
    paths = [path for path in loaded if not path.startswith("data:")]
    assert [path for path in paths if not (slides / path).is_file()] == []


def test_styles_load_only_what_lies_beside_them(slides: Path) -> None:
    for style in slides.rglob("*.css"):
        named = re.findall(r"url\(\s*['\"]?([^'\")]+)", style.read_text("utf-8"))
        wanted = [name for name in named if not name.startswith(("data:", "#"))]
        assert [name for name in wanted if not (style.parent / name).is_file()] == [], style
        assert "@import" not in style.read_text("utf-8")


def test_solutions_are_shut(pair) -> None:
    page, deck = pair
    panels = [panel for panel in deck.select("details.panel") if panel.summary.text == "Solution"]
    assert len(panels) == len(page.select("div.solution"))
    assert not deck.select("details[open]")
    assert not deck.select(".solution")


def test_a_deck_opens_with_its_licence_and_its_goals(pair) -> None:
    page, deck = pair
    first, second = deck.select(".slides > section")[:2]
    assert first.h1.text == page.h1.find(string=True).strip()
    assert "CC BY 4.0" in first.text
    assert "BSD-3-Clause" in first.text
    assert len(second.find_all("li")) >= 3


def test_links_lead_to_no_page_that_is_not_there(pair, slides: Path) -> None:
    leads = {link["href"] for link in pair[1].find_all("a", href=True)}
    assert {lead for lead in leads if not lead.startswith(("http://", "https://"))} == set()


def test_contents_lead_to_every_deck(slides: Path) -> None:
    contents = BeautifulSoup((slides / "index.html").read_text("utf-8"), "html.parser")
    assert [link["href"] for link in contents.find_all("a")] == [f"{name}.html" for name in CHAPTERS]


def paragraph(html: str) -> Tag:
    found = BeautifulSoup(html, "html.parser").p
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<p>One. Two.</p>", "One. Two."),
        (f"<p>Short enough. {'Long ' * 60}.</p>", "Short enough."),
        (f"<p>See Fig. 3 for <em>it. All</em> of it. {'Long ' * 60}.</p>", "See Fig. 3 for it. All of it."),
        (f"<p>A <span>\\(f_c\\)</span> in Hz. So. {'Long ' * 60}.</p>", "A \\(f_c\\) in Hz. So."),
    ],
)
def test_a_slide_takes_whole_sentences_while_they_are_short(html, shown) -> None:
    assert prose.shortened(paragraph(html)).get_text() == shown


def test_a_long_first_sentence_is_for_the_speaker() -> None:
    assert prose.point(paragraph(f"<p>{'Long ' * 60}.</p>")) is None


def test_bold_words_before_a_paragraph_begin_a_slide() -> None:
    assert (
        prose.run_in_heading(paragraph("<p><strong>Fault 1: it runs.</strong> A kernel.</p>"))
        == "Fault 1: it runs"
    )
    assert prose.run_in_heading(paragraph("<p>A <strong>bold</strong> word.</p>")) == ""


def test_what_is_no_page_is_refused() -> None:
    with pytest.raises(ValueError, match="search: no page with a title"):
        cut("search", "<html><body><p>Nothing here</p></body></html>")
