"""The rules that the extension keeps, one by one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "picture",
    [
        '<img src="a.png">',
        '<img src="a.png" alt="">',
        '<img src="a.png" alt="_images/df788655c3cff8b482e22ad162b529664e1428c6.png">',
        '<img src="a.png" alt="df788655c3cff8b482e22ad162b529664e1428c6">',
        '<svg viewBox="0 0 1 1"></svg>',
    ],
)
def test_a_picture_needs_words_that_are_not_its_file_name(picture: str) -> None:
    from spectnet_book.alt_text import undescribed_pictures

    assert len(undescribed_pictures(f"<p>text {picture}</p>")) == 1


@pytest.mark.parametrize(
    "picture",
    [
        '<img src="a.png" alt="Two bright columns a beat, below 150 Hz.">',
        '<img src="a.png" alt="" role="presentation">',
        '<svg viewBox="0 0 1 1" aria-hidden="true"></svg>',
        '<svg viewBox="0 0 1 1" role="img" aria-label="A rising curve"></svg>',
    ],
)
def test_described_and_decorative_pictures_pass(picture: str) -> None:
    from spectnet_book.alt_text import undescribed_pictures

    assert undescribed_pictures(f"<p>text {picture}</p>") == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("gain at $f_c$ in Hz", "gain at :math:`f_c` in Hz"),
        ("see `order` there", "see ``order`` there"),
        ("code ``a $ b $ c`` stays", "code ``a $ b $ c`` stays"),
        (
            "the role :func:`spectnet.scales.hz_to_mel` stays",
            "the role :func:`spectnet.scales.hz_to_mel` stays",
        ),
        ("a formula $a +\n    b$ over two lines", "a formula :math:`a + b` over two lines"),
    ],
)
def test_docstrings_keep_their_meaning_in_the_reference(written: str, expected: str) -> None:
    from spectnet_book.docstrings import to_rst

    assert to_rst(written) == expected


def test_a_formula_of_its_own_becomes_a_directive_at_its_depth() -> None:
    from spectnet_book.docstrings import to_rst

    assert "\n    .. math:: a = b \\quad c\n" in to_rst("Before.\n\n    $$a = b\n    \\quad c$$\n\nAfter.")


def test_a_table_stays_a_table_at_its_depth() -> None:
    from spectnet_book.docstrings import to_rst

    written = "Before:\n\n    | type | at $0$ |\n    |---|---|\n    | 1 | `odd` |\n    | 2 | even |\n\nAfter."
    rows = ["* - type", "  - at :math:`0`", "* - 1", "  - ``odd``", "* - 2", "  - even"]
    expected = "    .. list-table::\n       :header-rows: 1\n\n" + "".join(f"       {row}\n" for row in rows)
    assert to_rst(written) == f"Before:\n\n{expected}\nAfter."


def test_reference_has_every_public_module() -> None:
    from spectnet_book.docstrings import modules

    there = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "spectnet").rglob("*.py")
    }
    public = {name for name in there - {"spectnet"} if not re.search(r"\._", name)}
    found = dict(modules(ROOT / "spectnet"))
    assert set(found) == public
    assert all(found.values()), "every module says in one line what it holds"


def test_every_module_stands_on_one_page_of_the_reference() -> None:
    from spectnet_book.docstrings import LIST, asked_for, modules

    pages = LIST.findall((ROOT / "book" / "api.md").read_text(encoding="utf-8"))
    written = {f"api/{path.stem}" for path in (ROOT / "book" / "api").glob("*.md")}
    assert sorted(pages) == sorted(written)
    texts = [(ROOT / "book" / f"{page}.md").read_text(encoding="utf-8") for page in pages]
    documented = [name for text in texts for name, _ in asked_for(text)]
    assert sorted(documented) == sorted(name for name, _ in modules(ROOT / "spectnet"))


def test_a_package_comes_with_its_modules_and_no_namesake() -> None:
    from spectnet_book.docstrings import asked_for

    names = [name for name, _ in asked_for("<!-- sections of model frontend -->")]
    assert names[:2] == ["spectnet.model", "spectnet.frontend"]
    assert "spectnet.frontend.bounded" in names
    assert all(re.match(r"spectnet\.(model$|frontend\b)", name) for name in names)


def test_assets_lock_names_no_registry() -> None:
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    pinned = [package for name, package in json.loads(lock)["packages"].items() if name]
    assert len(pinned) >= 5
    assert all(package["integrity"] for package in pinned), "every package is pinned by its digest"
