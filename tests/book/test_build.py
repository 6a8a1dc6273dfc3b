"""The build: outputs are as new as what they were made from, and a fault in a page stops it."""

from __future__ import annotations

import re

import pytest

from tests.book.conftest import HEADER, TinyBook

pytestmark = pytest.mark.timeout(300)


def test_outputs_are_made_again_when_the_package_changed_and_only_then(tiny_book: TinyBook) -> None:
    assert tiny_book.build().returncode == 0
    assert "The package says first." in tiny_book.html("page")

    tiny_book.write("README.md", "Nothing that a page draws from.")
    assert tiny_book.build().returncode == 0
    assert tiny_book.runs() == 1
    assert "The package says first." in tiny_book.notebook("page"), "outputs from the cache are outputs too"

    tiny_book.write("spectnet/__init__.py", 'WORD = "second"\n')
    assert tiny_book.build().returncode == 0
    assert "The package says second." in tiny_book.html("page")
    assert tiny_book.runs() == 2

    tiny_book.write("spectnet/__init__.py", 'WORD = "first"\n')  # as it was: its outputs are still known
    assert tiny_book.build().returncode == 0
    assert "The package says first." in tiny_book.html("page")
    assert tiny_book.runs() == 2


@pytest.mark.parametrize(
    "name", ["results/runs/one.json", "configs/one.toml", "requirements.lock", "data/names"]
)
def test_fingerprint_changes_with_everything_a_page_draws_from(tiny_book: TinyBook, name: str) -> None:
    from spectnet_book.provenance import fingerprint

    before = fingerprint(tiny_book.folder)
    tiny_book.write(name, "one")
    after = fingerprint(tiny_book.folder)
    tiny_book.write(name, "two")
    assert len({before, after, fingerprint(tiny_book.folder)}) == 3


def test_every_fault_of_a_page_is_named_and_stops_the_build(tiny_book: TinyBook) -> None:
    cell = "```{{code-cell}} ipython3\n{}\n```\n"
    picture = "from matplotlib import pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    slow = "import time\nprint('not slow')"
    faulty = {
        "fails": HEADER + "# Fails\n\n" + cell.format("1 / 0"),
        "undescribed": HEADER + "# Undescribed\n\n" + cell.format(picture),
        "headless": "# Headless\n\n" + cell.format(slow),
        "undeclared": HEADER.replace("seed: 0, ", "") + "# Undeclared\n\n" + cell.format("2 + 2"),
        "unknown": HEADER + "# Unknown\n\n{term}`nothing of the kind`\n",
    }
    for name, text in faulty.items():
        tiny_book.write(f"book/{name}.md", text)
    files = "".join(f"- file: {name}\n" for name in ["page", *faulty])
    tiny_book.write("book/_toc.yml", f"format: jb-book\nroot: index\nchapters:\n{files}")
    built = tiny_book.build()
    said = re.sub(r"\x1b\[[0-9;]*m", "", built.stdout + built.stderr)
    assert built.returncode != 0
    assert "ZeroDivisionError" in said
    assert re.search(r"undescribed(.md)?: WARNING: <img> \S+ has no alt text of its own", said)
    assert "headless.md:3: WARNING: Found an unexpected `code-cell`" in said
    assert "missing keys: seed" in said
    assert "term not in glossary: 'nothing of the kind'" in said
    assert tiny_book.build().returncode != 0, "a second try must not pass in silence"


def test_a_page_of_the_contents_that_is_missing_stops_the_build(tiny_book: TinyBook) -> None:
    tiny_book.write("book/_toc.yml", "format: jb-book\nroot: index\nchapters:\n- file: page\n- file: lost\n")
    built = tiny_book.build()
    assert built.returncode != 0
    assert "lost: no page in" in built.stderr


def test_one_line_switches_the_launch_buttons_on(tiny_book: TinyBook) -> None:
    def name_repository(config: dict) -> None:
        config["repository"]["url"] = "https://github.com/somebody/somebook"

    assert tiny_book.build().returncode == 0
    before = tiny_book.html("page") + tiny_book.notebook("page")
    assert not any(word in before for word in ("colab", "git-pull", "git clone"))

    tiny_book.configure(name_repository)
    assert tiny_book.build().returncode == 0
    page = tiny_book.html("page")
    assert "https://colab.research.google.com/github/somebody/somebook/blob/notebooks/page.ipynb" in page
    assert "/hub/user-redirect/git-pull?repo=https://github.com/somebody/somebook" in page
    assert "git-pull" not in tiny_book.html("index"), "a page that runs nothing needs no launching"
    notebook = tiny_book.notebook("page")
    assert "git clone --quiet --depth 1 https://github.com/somebody/somebook" in notebook


@pytest.mark.parametrize(("seconds", "faults"), [(59.0, 0), (119.0, 0), (121.0, 1)])
def test_a_page_that_takes_twice_what_it_may_stops_the_build(seconds: float, faults: int) -> None:
    from tools.build_book import problems

    assert len([fault for fault in problems([], {"page": seconds}) if "page: ran" in fault]) == faults
