"""`spectnet check` says of a notebook what its visible checks say, and what grading will leave out."""

import nbformat
import pytest
from typer.testing import CliRunner

from spectnet.classroom import before_handing_in, release
from spectnet.cli import app

NAME = "assignment-1"


@pytest.fixture
def checked(tmp_path):
    def check(notebook: nbformat.NotebookNode) -> tuple[dict, list[str]]:
        nbformat.write(notebook, tmp_path / f"{NAME}.ipynb")
        lines, odd = before_handing_in.check(NAME, tmp_path / f"{NAME}.ipynb")
        return {line.grade_id: (line.passed, line.says) for line in lines}, odd

    return check


def test_a_wrong_answer_reads_the_hint_and_a_right_one_passes(checked, answered) -> None:
    found, odd = checked(answered(level="def level(w): return 1.0"))
    assert found["energy"] == (True, "")
    assert found["level"] == (False, "A level in decibels is ten times a logarithm.")
    assert found["why"] == (None, "")
    assert odd == []


def test_cells_of_ones_own_are_not_run_as_in_grading(checked, answered) -> None:
    notebook = answered(energy="def energy(w): return helper(w)")
    notebook.cells.insert(2, nbformat.v4.new_code_cell("def helper(w): return float((w ** 2).mean())"))
    notebook.cells[0].source += " changed"
    found, odd = checked(notebook)
    assert found["energy"] == (False, "NameError: name 'helper' is not defined")
    assert odd == [
        "1 cell(s) of your own are not graded: what answers need goes into their cells",
        "the locked cell read-000 was changed; grading uses the one handed out",
    ]


def test_what_is_hidden_in_grading_is_hidden_here(checked, answered) -> None:
    notebook = answered(energy="import spectnet.gammatone")
    notebook.metadata["spectnet"]["masked"] = ["spectnet.gammatone"]
    assert "NameError" in checked(notebook)[0]["energy"][1]


def test_the_notebooks_kernel_does_not_count(checked, answered) -> None:
    notebook = answered()
    notebook.metadata.kernelspec = {"name": "my-env", "display_name": "mine", "language": "python"}
    assert checked(notebook)[0]["level"] == (True, "")


def test_an_endless_answer_is_stopped_with_a_hint(checked, answered, monkeypatch) -> None:
    monkeypatch.setattr(before_handing_in, "SECONDS", 5)
    with pytest.raises(ValueError, match="endless loop"):
        checked(answered(energy="while True: pass"))


def test_the_command_prints_a_line_a_question_and_fails_until_all_pass(tmp_path, monkeypatch, tiny) -> None:
    monkeypatch.chdir(tmp_path)
    nbformat.write(release.release(tiny), f"{NAME}.ipynb")
    done = CliRunner().invoke(app, ["check", NAME])
    assert done.exit_code == 1
    assert (
        "level                    not yet: NotImplementedError: level: write your answer here" in done.output
    )
    nbformat.write(release.solved(tiny), f"{NAME}.ipynb")
    done = CliRunner().invoke(app, ["check", NAME])
    assert done.exit_code == 0, done.output
    assert done.output.count("passed") == 2


def test_what_is_no_notebook_of_an_assignment_is_said_so(tmp_path) -> None:
    with pytest.raises(ValueError, match="give the notebook's path"):
        before_handing_in.check(NAME, tmp_path / "none.ipynb")
    (tmp_path / "a.ipynb").write_text("{")
    with pytest.raises(ValueError, match="is no notebook"):
        before_handing_in.check(NAME, tmp_path / "a.ipynb")
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "b.ipynb")
    with pytest.raises(ValueError, match="start from the notebook handed out"):
        before_handing_in.check(NAME, tmp_path / "b.ipynb")
