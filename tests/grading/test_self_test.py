"""The test of the tests: what must lose points loses them, and a mistake of ours would be seen."""

from pathlib import Path

import pytest

from spectnet.classroom import self_test, source
from spectnet.classroom.wrong import with_mistake, wrong_answers

TINY = Path(__file__).parent / "tiny"


@pytest.mark.sandbox
@pytest.mark.timeout(300)
def test_reference_release_and_mistakes_get_their_points(monkeypatch) -> None:
    monkeypatch.setattr(self_test, "hostile_cases", lambda assignment: [])
    rows = self_test.self_test(folder=TINY)
    assert {(row["kind"], row["submission"]): row["score"] for row in rows} == {
        ("reference", "solution"): 6,
        ("empty", "release"): 0,
        ("wrong", "forgets_to_square"): 1,
        ("wrong", "twenty_for_ten"): 3,
    }
    assert all(self_test.is_right(row) for row in rows)


@pytest.mark.parametrize(
    "change", [{"score": 5}, {"score": float("nan")}, {"contained": False}, {"hint": False}]
)
def test_a_row_that_is_off_in_one_thing_is_not_right(change) -> None:
    row = {"score": 6.0, "expected": 6.0, "contained": True, "hint": True}
    assert self_test.is_right(row)
    assert not self_test.is_right({**row, **change})


@pytest.mark.parametrize("name", source.names())
def test_every_assignment_has_eight_mistakes_that_change_something(name) -> None:
    assignment = source.load(name)
    mistakes = wrong_answers(assignment)
    assert len(mistakes) >= 8
    for wrong in mistakes:
        assert 0 < wrong.loses <= assignment.automatic_points
        assert any(
            cell.source == text
            for cell in with_mistake(assignment, wrong).cells
            for text in wrong.cells.values()
        )


@pytest.mark.parametrize(
    "text",
    [
        "# no header\n# %% energy\nx = 1\n",
        "# w\n# loses: 1\n# hint: h\n",
        "# w\n# loses: 1\n# hint: h\n# %% nothing-asked\nx = 1\n",
    ],
)
def test_a_mistake_that_says_not_what_it_costs_is_refused(tmp_path, text) -> None:
    import shutil

    folder = tmp_path / "assignment-1"
    shutil.copytree(TINY / "assignment-1", folder)
    (folder / "wrong" / "other.py").write_text(text)
    with pytest.raises(ValueError, match=r"other\.py"):
        wrong_answers(source.load("assignment-1", tmp_path))
