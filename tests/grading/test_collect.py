"""A platform's download becomes one folder a student, and nothing in it is trusted."""

import zipfile

import pytest
from typer.testing import CliRunner

from spectnet.classroom.collect import collect, student_id
from spectnet.cli import app

NAME = "assignment-1"


@pytest.fixture
def download(tmp_path):
    def packed(*paths: str, content: bytes = b"{}"):
        path = tmp_path / "download.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in paths:
                archive.writestr(name, content)
        return path

    return packed


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("ada/assignment-1.ipynb", "ada"),
        ("ada/assignment-1/assignment-1.ipynb", "ada"),
        ("Ada Lovelace_12345_assignsubmission_file/assignment-1.ipynb", "Ada-Lovelace"),
        ("Ada Lovelace_12345_assignsubmission_file_assignment-1.ipynb", "Ada-Lovelace"),
        ("lovelaceada_12345_678_assignment-1.ipynb", "lovelaceada"),
        ("lovelaceada_LATE_12345_678_assignment-1.ipynb", "lovelaceada"),
        ("王伟_12345_assignsubmission_file/assignment-1.ipynb", "12345"),
    ],
)
def test_folders_moodle_and_canvas_are_understood(course, download, path, student) -> None:
    assert collect(course, NAME, download(path)).students == (student,)
    (file,) = (course.folder / "submitted").rglob("*.ipynb")
    assert file.relative_to(course.folder / "submitted").parts == (student, NAME, f"{NAME}.ipynb")
    assert list(course.submitted(NAME)) == [student]


def test_a_later_download_takes_the_place_of_an_earlier_one(course, download) -> None:
    collect(course, NAME, download("ada/first.ipynb"))
    stamp = course.folder / "submitted" / "ada" / NAME / "timestamp.txt"
    stamp.write_text("2026-11-30 12:00:00 UTC")
    collect(course, NAME, download("ada/work.zip", content=b"PK"))
    assert sorted(path.name for path in stamp.parent.iterdir()) == ["timestamp.txt", "work.zip"]


def test_students_cannot_hand_in_a_time_stamp_or_leave_their_folder(course, download) -> None:
    paths = "ada/a.ipynb", "ada/timestamp.txt", "__MACOSX/ada/._a.ipynb", "../../x.ipynb", "loose.ipynb"
    found = collect(course, NAME, download(*paths))
    assert found.students == ("ada",)
    assert [line.partition(":")[0] for line in found.left] == ["ada/timestamp.txt", "loose.ipynb"]
    written = [path.name for path in course.folder.parent.rglob("*.ipynb") if "submitted" in path.parts]
    assert written == ["a.ipynb"]


def test_two_people_are_never_laid_into_one_folder(course, download) -> None:
    path = download("Ada B_1_assignsubmission_file/a.ipynb", "Ada B_2_assignsubmission_file/a.ipynb")
    with pytest.raises(ValueError, match=r"several files called a\.ipynb would be Ada-B's"):
        collect(course, NAME, path)
    assert not course.submitted(NAME)
    collect(course, NAME, path, pattern=r"(?P<student>[^/]+_\d+)_.*")
    assert list(course.submitted(NAME)) == ["Ada-B_1", "Ada-B_2"]


def test_the_command_says_what_it_left_out_and_what_is_no_archive(course, download) -> None:
    path = download("ada/assignment-2.ipynb", "ada/essay.txt")
    words = ["classroom", "collect", "assignment-2", str(path), "--course", str(course.folder)]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    assert "1 student in" in said.output
    assert "ada/essay.txt: neither a notebook nor an archive" in said.output
    path.write_bytes(b"no zip")
    assert "is no zip archive" in CliRunner().invoke(app, words).output


def test_names_keep_their_letters() -> None:
    assert student_id("Zoë van Dijk") == "Zoe-van-Dijk"
    assert student_id("../..") == ""
