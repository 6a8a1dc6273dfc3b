"""A teacher who knows nbgrader finds all in its place, and runs no submission unprotected by habit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from spectnet.classroom import release
from spectnet.classroom.course import hand_out

NAME = "assignment-1"


def nbgrader(course, *words: str) -> subprocess.CompletedProcess:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *words], cwd=course.folder, env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_nbgrader_refuses_to_run_a_submission_outside_the_sandbox(
    course, hand_in, answered, tmp_path
) -> None:
    ran = tmp_path / "ran"
    hand_in("ada", answered(energy=f"open({str(ran)!r}, 'w')"))
    done = nbgrader(course, "autograde", NAME, "--create")
    assert done.returncode != 0
    assert "use `spectnet classroom grade assignment-1`" in done.stderr
    assert not ran.exists()


def test_nbgraders_validation_passes_right_answers_and_fails_the_release(course, answered) -> None:
    """What JupyterLab's button Validate runs."""
    nbformat.write(answered(why="Because."), course.folder / "right.ipynb")
    right = nbgrader(course, "validate", "right.ipynb")
    assert "Success! Your notebook passes all the tests." in right.stdout
    left = nbgrader(course, "validate", f"release/{NAME}/{NAME}.ipynb")
    assert "VALIDATION FAILED ON 3 CELL(S)" in left.stdout


def test_nbgrader_makes_a_release_of_the_same_questions_from_its_source(course) -> None:
    """For a teacher who edits the source in nbgrader's own way."""

    def questions() -> list[dict]:
        notebook = json.loads((course.folder / "release" / NAME / f"{NAME}.ipynb").read_text())
        return [cell["metadata"]["nbgrader"] for cell in notebook["cells"]]

    ours = [about["grade_id"] for about in questions()]
    done = nbgrader(course, "generate_assignment", NAME, "--force")
    assert done.returncode == 0, done.stderr
    assert [about["grade_id"] for about in questions()] == ours


def test_students_and_marks_are_in_nbgraders_own_export(course, hand_in, answered, no_worker) -> None:
    from spectnet.classroom.grade import grade_class

    hand_in("ada", answered())
    grade_class(course, NAME)
    assert nbgrader(course, "export").returncode == 0
    assert ",ada," in (course.folder / "grades.csv").read_text()


@pytest.mark.parametrize("old", ["add", "remove"])
def test_questions_do_not_change_once_students_have_handed_in(
    course, hand_in, answered, no_worker, old, monkeypatch
) -> None:
    from spectnet.classroom.grade import grade_class

    hand_in("ada", answered())
    grade_class(course, NAME)
    changed = release.release(course.load(NAME))
    if old == "remove":
        changed.cells.pop()
    else:
        changed.cells[-1].metadata.nbgrader["grade_id"] = "other"
    monkeypatch.setattr(release, "release", lambda assignment: changed)
    with pytest.raises(RuntimeError, match="Cannot add or remove cells"):
        hand_out(course, NAME)
