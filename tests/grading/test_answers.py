"""The answer book: solved, run, with its rubric, and only in the teacher's folder."""

from spectnet.classroom.answers import rubric, write_answers
from tests.book.pages import ROOT

NAME = "assignment-1"


def test_answers_are_run_and_lie_only_in_the_courses_folder(course) -> None:
    before = {path for path in course.folder.rglob("*") if path.is_file()}
    write_answers(course, [NAME])
    (written,) = {path for path in course.folder.rglob("*") if path.is_file()} - before
    assert written == course.folder / "answers" / f"{NAME}.html"
    html = written.read_text("utf-8")
    assert "solution-of-energy" in html
    assert "Squares are averaged over time; any length is taken." in html
    assert "### BEGIN SOLUTION" not in html


def test_the_rubric_has_every_question_with_its_points(tiny) -> None:
    rows = rubric(tiny).splitlines()[4:]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == ["energy", "level", "why"]
    assert sum(float(row.split(" | ")[1]) for row in rows) == tiny.points


def test_neither_the_site_nor_a_commit_takes_a_courses_folder() -> None:
    """The site is made of `book/` alone, and git ignores the folder that commands use by default."""
    assert "/course/" in (ROOT / ".gitignore").read_text().splitlines()
    assert '"build", "book"' in (ROOT / "tools" / "build_book.py").read_text()
