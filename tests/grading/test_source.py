"""One source makes the student's notebook, the teacher's and the gradebook's, and none tells too much."""

from pathlib import Path

import nbformat
import pytest

from spectnet.classroom import release, source

TINY = Path(__file__).parent / "tiny"


@pytest.fixture
def tiny() -> source.Assignment:
    return source.load("assignment-1", TINY)


def cell(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """The cell that nbgrader knows by `name`."""
    return next(cell for cell in notebook.cells if cell.metadata.nbgrader.grade_id == name)


def edited(folder: Path, old: str, new: str) -> Path:
    """A copy of the tiny course, in which its source says something else."""
    copy = folder / "assignment-1"
    copy.mkdir()
    text = (TINY / "assignment-1" / "assignment-1.md").read_text("utf-8")
    assert old in text
    (copy / "assignment-1.md").write_text(text.replace(old, new), "utf-8")
    (copy / "checks.py").write_text((TINY / "assignment-1" / "checks.py").read_text("utf-8"), "utf-8")
    return folder


def test_points_of_a_question_are_the_sum_of_its_checks(tiny) -> None:
    assert {q.grade_id: q.points for q in tiny.questions} == {"energy": 3, "level": 3, "why": 1}
    assert (tiny.points, tiny.automatic_points) == (7, 6)


def test_release_keeps_the_starter_and_cuts_the_solution(tiny) -> None:
    made = release.release(tiny)
    assert cell(made, "energy").source.endswith(
        '"""Mean square of a waveform."""\n    squares = ...\n    return ...'
    )
    assert 'raise NotImplementedError("level: write your answer here")' in cell(made, "level").source
    assert "solution-of-energy" not in nbformat.writes(made)


def test_solved_notebook_has_no_marks_and_no_starter(tiny) -> None:
    text = nbformat.writes(release.solved(tiny))
    assert "solution-of-energy" in text
    assert "SOLUTION" not in text
    assert "squares = ..." not in text


def test_release_is_the_same_bytes_every_time(tiny) -> None:
    assert nbformat.writes(release.release(tiny)) == nbformat.writes(
        release.release(source.load("assignment-1", TINY))
    )


def test_everything_but_the_answers_is_locked(tiny) -> None:
    made = release.release(tiny)
    free = [c.metadata.nbgrader.grade_id for c in made.cells if not c.metadata.nbgrader.locked]
    assert free == ["energy", "level", "why"]
    assert cell(made, "energy-check").metadata.nbgrader.points == 3


def test_nbgrader_finds_its_own_metadata_in_the_release(tiny, tmp_path) -> None:
    from nbgrader.nbgraderformat import read, write

    path = tmp_path / "assignment-1.ipynb"
    write(release.release(tiny), str(path))
    assert len(read(str(path), as_version=4).cells) == len(tiny.notebook.cells)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":grade_id: level\ndef", ":grade_id: energy\ndef", "two answers"),
        (":grade_id: level\ndef", ":grade_id: Level 1\ndef", "grade_id must be words"),
        ("    return float(10 * np.log10(energy(waveform)))\n    ### END", "    ### FIN", "an answer holds"),
        (":tags: [check]\n:grade_id: level", ":grade_id: level", "no visible check follows"),
        ('"points": 1', '"points": 0', "worth nothing"),
        ("    why: One reason is enough.\n", "", "rubric"),
        ("minutes: 5", "minutes: soon", "minutes"),
    ],
)  # fmt: skip
def test_a_source_that_contradicts_itself_is_refused(tmp_path, old, new, message) -> None:
    folder = edited(tmp_path, old, new)
    with pytest.raises(ValueError, match=message):
        release.release(source.load("assignment-1", folder))


def test_an_unknown_assignment_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="there are assignment-1"):
        source.load("assignment-9", TINY)
    with pytest.raises(ValueError, match="no assignment"):
        source.load("../assignment-1", TINY)
