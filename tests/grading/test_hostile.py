"""Every hostile submission is contained, gets its true points, and leaves the next one alone."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import nbformat
import pytest

from spectnet.classroom import graded, release
from spectnet.classroom.grade import grade_one
from spectnet.classroom.graded import Graded
from spectnet.classroom.hostile import COSTS, hostile_submissions
from spectnet.classroom.self_test import SEED
from spectnet.classroom.traps import BAIT, Trap

HOSTILE = hostile_submissions()


@pytest.fixture
def folder(tmp_path):
    """Where a student hands in."""
    made = tmp_path / "eve" / "assignment-1"
    made.mkdir(parents=True)
    return made


@pytest.mark.sandbox
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
def test_it_is_contained_and_gets_its_true_points(hostile, tiny, folder):
    with Trap() as trap:
        hostile.put(tiny, folder, trap)
        record = grade_one(tiny, folder, "eve", SEED)
        assert trap.sprung(record) == []
    assert record.score == hostile.expected(tiny)
    assert hostile.reason in words(record)


@pytest.mark.sandbox
def test_the_next_submission_is_graded_as_if_alone(tiny, tmp_path):
    before = set(os.listdir("/tmp"))
    for name in ("forks_without_end", "patches_comparisons"):
        (hostile,) = [hostile for hostile in HOSTILE if hostile.name == name]
        for student in ("eve", "ada"):
            (tmp_path / student / name).mkdir(parents=True)
        with Trap() as trap:
            hostile.put(tiny, tmp_path / "eve" / name, trap)
            grade_one(tiny, tmp_path / "eve" / name, "eve", SEED)
        nbformat.write(release.solved(tiny), tmp_path / "ada" / name / "assignment-1.ipynb")
        assert grade_one(tiny, tmp_path / "ada" / name, "ada", SEED).score == tiny.automatic_points
    assert not {
        name for name in set(os.listdir("/tmp")) - before if name.startswith(("trap-", "unprotected-"))
    }


def words(record: Graded) -> str:
    """All that is said about a submission."""
    said = [record.refused, *record.notes, *record.errors.values()]
    return " ".join([*said, *(result.message for result in record.results)])


def test_each_says_what_it_tries_and_what_it_costs():
    assert len(HOSTILE) > 40
    assert {hostile.costs for hostile in HOSTILE} == set(COSTS)
    assert all(hostile.says.endswith(".") for hostile in HOSTILE)
    assert all(hostile.reason for hostile in HOSTILE if hostile.costs == "all")


def test_one_that_says_not_what_it_costs_is_refused(tmp_path):
    (tmp_path / "new.py").write_text("# Tries.\n# costs: a lot\n# %% first\n")
    with pytest.raises(ValueError, match="costs"):
        hostile_submissions(tmp_path)


def test_code_is_told_of_the_trap_but_not_of_the_secret(tiny, folder, tmp_path):
    text = (
        "# Tries.\n# costs: last\n# %% first\nfirst = '@FOLDER@ @PORT@'\n# %% last\nlast = '@MARK@ @NAMES@'\n"
    )
    (tmp_path / "new.py").write_text(text)
    with Trap() as trap:
        hostile_submissions(tmp_path)[0].put(tiny, folder, trap)
    written = (folder / "assignment-1.ipynb").read_text()
    assert f"first = '{trap.folder} {trap.port}'" in written
    assert f"last = '{trap.mark} level'" in written
    assert trap.secret not in written


def record(message: str = "", error: str = "") -> Graded:
    """A record with one result."""
    result = graded.Result(grade_id="q", check="c", points=1, passed=False, message=message)
    return Graded(assignment="a", student="s", key="k", errors={"q": error}, results=(result,))


def test_a_trap_that_nobody_touched_says_nothing():
    with Trap() as trap:
        assert trap.sprung(record()) == []
        assert os.environ[f"TRAP_{trap.mark}"] == trap.secret
    assert not trap.folder.exists()
    assert f"TRAP_{trap.mark}" not in os.environ


def sprung_by(act) -> list[str]:
    with Trap() as trap:
        done = act(trap)
        return trap.sprung(done if isinstance(done, Graded) else record())


def test_a_trap_notices_each_thing_that_it_is_for(tmp_path):
    changed = "files outside were changed"
    assert sprung_by(lambda trap: (trap.folder / "new").touch()) == [changed]
    assert sprung_by(lambda trap: (trap.folder / BAIT[0]).write_text(trap.secret)) == [changed]
    assert sprung_by(lambda trap: (trap.folder / BAIT[0]).chmod(0o600)) == [changed]
    assert sprung_by(lambda trap: os.link(trap.folder / BAIT[0], tmp_path / trap.mark)) == [changed]
    reached = "a socket outside was reached"
    assert sprung_by(lambda trap: socket.create_connection(("127.0.0.1", trap.port)).close()) == [reached]
    assert sprung_by(lambda trap: call(trap.folder / "agent.sock")) == [reached]
    assert sprung_by(lambda trap: record(error=trap.secret)) == ["a secret came out"]
    could = ["a student could read what the answer was asked"]
    assert sprung_by(lambda trap: record(message=trap.mark)) == could


def call(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))


def test_a_trap_notices_a_process_that_stays(tmp_path):
    with Trap() as trap:
        program = tmp_path / trap.mark
        program.symlink_to("/bin/sleep")
        left = subprocess.Popen([program, "60"])
        time.sleep(0.2)
        assert trap.sprung(record()) == ["a process was left behind"]
        left.kill()
        left.wait()
        assert trap.sprung(record()) == []
