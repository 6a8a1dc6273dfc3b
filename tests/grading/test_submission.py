"""A submission goes on answering after one answer broke its process."""

import pytest

from spectnet.classroom import submission
from spectnet.classroom.student import Student, StudentError
from spectnet.classroom.submission import Submission, needed


class Process(Student):
    """Stands in for a student's process: it breaks when asked for `bad`."""

    opened = 0
    broken = False

    def __init__(self, *_args, **_kwargs) -> None:
        self.errors = {"level": "the cell raised NameError"}

    def __enter__(self):
        Process.opened += 1
        return self

    def call(self, function, *_args, **_kwargs):
        if function == "bad" or self.broken:
            self.broken = True
            raise StudentError("crash", "bad ended the whole process")
        if function == "missing":
            raise StudentError("missing", "the notebook defines no missing")
        return 1

    def close(self) -> None:
        pass


@pytest.fixture
def asked(tiny, answered, monkeypatch) -> Submission:
    monkeypatch.setattr(submission, "Student", Process)
    monkeypatch.setattr(Process, "opened", 0)
    return Submission(answered(), tiny)


def test_only_what_answers_need_is_run(tiny, answered) -> None:
    names = [cell.metadata.nbgrader.grade_id for cell in needed(answered()).cells]
    assert names == ["read-001", "energy", "level"]


def test_a_broken_process_is_replaced_and_an_error_breaks_none(asked) -> None:
    with asked:
        for name in ("bad", "missing"):
            with pytest.raises(StudentError):
                asked.call(name)
        assert asked.call("good") == 1
        assert Process.opened == 2


def test_a_submission_that_breaks_for_ever_is_given_up(asked) -> None:
    with asked:
        for _ in range(50):
            with pytest.raises(StudentError):
                asked.call("bad")
        with pytest.raises(StudentError):
            asked.call("good")
    assert Process.opened == submission.REOPENED + 1


def test_all_checks_together_have_a_time_limit(asked, monkeypatch) -> None:
    with asked:
        monkeypatch.setattr(asked, "_until", 0)
        with pytest.raises(StudentError, match="all checks together"):
            asked.call("good")


def test_what_cells_raised_is_kept_from_the_first_run(asked) -> None:
    with asked:
        assert asked.errors == {"level": "the cell raised NameError"}
