"""Only answers come in; whatever else was handed in is left out, or refused with a reason."""

import io
import json
import os
import tarfile
import zipfile

import nbformat
import pytest

from spectnet.classroom import handed_in, release
from spectnet.classroom.handed_in import Refused, notebook_bytes
from spectnet.classroom.intake import take_in

NAME = "assignment-1"


def taken(tiny, notebook):
    return take_in(nbformat.writes(notebook).encode(), release.release(tiny))


def cell(notebook, name):
    return next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


def refused(folder) -> str:
    with pytest.raises(Refused) as caught:
        notebook_bytes(folder, NAME)
    return str(caught.value)


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def tarred(*members: tarfile.TarInfo) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return file.getvalue()


def test_answers_go_into_our_notebook_and_nothing_else_does(tiny, answered) -> None:
    handed = answered(energy="def energy(w): return 5")
    handed.metadata.kernelspec = {"name": "theirs", "display_name": "t", "language": "r"}
    cell(handed, "energy-check").source = "pass"
    cell(handed, "level").metadata["tags"] = ["remove"]
    cell(handed, "level").outputs = [nbformat.v4.new_output("display_data", {"text/html": "<script>"})]
    made = taken(tiny, handed)
    assert cell(made.notebook, "energy").source == "def energy(w): return 5"
    assert cell(made.notebook, "energy-check").source == cell(release.release(tiny), "energy-check").source
    assert made.notebook.metadata == release.release(tiny).metadata
    assert "script" not in nbformat.writes(made.notebook)
    assert made.notes == ("the locked cell energy-check was changed: ours was used",)


def test_an_untouched_release_holds_no_answers(tiny) -> None:
    made = taken(tiny, release.release(tiny))
    assert (made.answers, made.notes) == ({}, ())


def test_points_locks_and_names_of_a_submission_count_for_nothing(tiny, answered) -> None:
    handed = answered()
    for c in handed.cells:
        c.metadata.nbgrader.update(points=1000, locked=False, grade=True, solution=True)
    cell(handed, "level").metadata.nbgrader.grade_id = "something-else"
    made = taken(tiny, handed)
    assert [c.metadata for c in made.notebook.cells] == [c.metadata for c in release.release(tiny).cells]


def test_an_answer_without_its_metadata_is_found_by_its_cells_name(tiny, answered) -> None:
    handed = answered(level="def level(w): return 1")
    cell(handed, "level").metadata = nbformat.NotebookNode()
    assert taken(tiny, handed).answers["level"] == "def level(w): return 1"


def test_of_doubled_answers_the_last_holds_as_when_cells_run_in_order(tiny, answered) -> None:
    handed = answered(energy="def energy(w): return 1")
    twice = {**cell(handed, "energy"), "id": "copy", "source": "def energy(w): return 2"}
    handed.cells.append(nbformat.from_dict(twice))
    made = taken(tiny, handed)
    assert made.answers["energy"].endswith("2")
    assert "there are 2 cells for energy: the last one was graded" in made.notes


def test_a_missing_answer_and_cells_of_ones_own_are_noted(tiny, answered) -> None:
    handed = answered()
    handed.cells.remove(cell(handed, "level"))
    handed.cells.insert(0, nbformat.v4.new_code_cell("def helper(): ..."))
    made = taken(tiny, handed)
    assert "the answer level is missing from the notebook" in made.notes
    assert "1 cell(s) of your own were not used: answers go into their cells" in made.notes
    assert "helper" not in nbformat.writes(made.notebook)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b'{"cells": 3}', b"\xff\xfe", b"[" * 100_000, b'{"worksheets": []}', b"9" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_notebook_is_refused(tiny, content) -> None:
    with pytest.raises(Refused, match="no notebook"):
        take_in(content, release.release(tiny))


@pytest.mark.parametrize(
    "odd",
    [
        None, 3, "text", {}, {"cell_type": []}, {"cell_type": "code", "source": [1]},
        {"cell_type": "code", "source": "x", "metadata": {"nbgrader": 3}},
        {"cell_type": "code", "source": "x", "metadata": {"nbgrader": {"grade_id": ["energy"]}}},
        {"cell_type": "code", "source": "\ud800", "id": "energy"},
        {"cell_type": {"a": 1}, "source": "x", "id": "energy"},
    ],
)  # fmt: skip
def test_cells_of_any_shape_are_read_as_far_as_they_make_sense(tiny, answered, odd) -> None:
    handed = {"nbformat": 4, "cells": [*answered().cells, odd]}
    made = take_in(json.dumps(handed).encode(), release.release(tiny))
    assert "level" in made.answers
    nbformat.writes(made.notebook).encode()


def test_an_answer_of_a_book_is_not_used(tiny, answered) -> None:
    made = taken(tiny, answered(energy="#" * 300_000))
    assert "energy" not in made.answers
    assert any("characters" in note for note in made.notes)


def test_a_notebook_in_an_archive_is_read_without_unpacking(hand_in) -> None:
    content = zipped(
        **{f"work__{NAME}.ipynb": b"{}", "work__numpy.py": b"", f".ipynb_checkpoints__{NAME}.ipynb": b"no"}
    )
    folder = hand_in("ada", content, "work.zip")
    assert notebook_bytes(folder, NAME) == (b"{}", ("2 more file(s) beside the notebook were not used",))
    assert os.listdir(folder) == ["work.zip"]


def test_files_beside_the_notebook_are_not_used(hand_in) -> None:
    hand_in("ada", b"raise SystemExit", "sitecustomize.py")
    folder = hand_in("ada", b"{}")
    assert notebook_bytes(folder, NAME) == (b"{}", ("1 more file(s) beside the notebook were not used",))


def link(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "../../ada/assignment-1/assignment-1.ipynb"
    return info


@pytest.mark.parametrize(
    ("content", "file", "reason"),
    [
        (zipped(**{f"..__{NAME}.ipynb": b"{}"}), "a.zip", "lead out"),
        (zipped(**{f"__tmp__{NAME}.ipynb": b"{}"}), "a.zip", "lead out"),
        (zipped(notes=b"{}"), "a.zip", "holds no notebook"),
        (zipped(**{"a.ipynb": b"", "b.ipynb": b""}), "a.zip", "2 notebooks"),
        (zipped(**{f"{NAME}.ipynb": b" " * 17_000_000}), "a.zip", "larger than 16 MB"),
        (zipped(**{f"{i}.txt": b"" for i in range(1200)}), "a.zip", "more than 1000 files"),
        (b"PK\3\4 and then nothing", "a.zip", "broken"),
        (b"\x1f\x8b and then nothing", "a.tar.gz", "broken"),
        (tarred(link(f"{NAME}.ipynb", tarfile.SYMTYPE)), "a.tar.gz", "lead out"),
        (tarred(link(f"{NAME}.ipynb", tarfile.LNKTYPE)), "a.tar.gz", "lead out"),
        (tarred(link(f"{NAME}.ipynb", tarfile.FIFOTYPE)), "a.tar.gz", "lead out"),
        (tarred(link(f"{NAME}.ipynb", tarfile.CHRTYPE)), "a.tgz", "lead out"),
        (b"sorry", "essay.txt", "neither"),
    ],
)  # fmt: skip
def test_a_bad_archive_is_refused_in_words(hand_in, content, file, reason) -> None:
    assert reason in refused(hand_in("bob", content, file))


def test_a_bomb_of_zeros_is_not_unpacked(hand_in) -> None:
    info = tarfile.TarInfo(f"{NAME}.ipynb")
    info.size = handed_in.MAX_ARCHIVE + 1
    content = tarred(info)
    assert len(content) < 100_000
    assert "unpacks to more" in refused(hand_in("bob", content, "a.tar.gz"))


def test_links_pipes_and_folders_are_no_submissions(hand_in, tmp_path) -> None:
    folder = hand_in("bob", b"{}", "x")
    path = folder / f"{NAME}.ipynb"
    (tmp_path / "secret").write_text("{}")
    path.symlink_to(tmp_path / "secret")
    assert "link" in refused(folder)
    path.unlink()
    os.link(tmp_path / "secret", path)
    assert "link" in refused(folder)
    path.unlink()
    os.mkfifo(path)
    assert "pipe" in refused(folder)
    path.unlink()
    path.mkdir()
    assert "folder" in refused(folder) or "read" in refused(folder)


def test_a_notebook_of_a_gigabyte_is_not_read(hand_in) -> None:
    folder = hand_in("bob", b"{}")
    with open(folder / f"{NAME}.ipynb", "ab") as file:
        file.truncate(1_000_000_000)
    assert "larger than 16 MB" in refused(folder)


def test_a_linked_folder_is_nobodys_submission(hand_in, course) -> None:
    folder = hand_in("ada", b"{}")
    other = course.folder / "submitted" / "bob"
    other.mkdir()
    (other / NAME).symlink_to(folder)
    assert "nothing was handed in" in refused(other / NAME)
    (course.folder / "submitted" / "cy").symlink_to(folder.parent)
    assert "nothing was handed in" in refused(course.folder / "submitted" / "cy" / NAME)
