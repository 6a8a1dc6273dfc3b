"""A class is graded in sandboxes: every grade once, whatever is handed in and whenever it is stopped."""

import csv
import io
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from spectnet.classroom import grade, graded, release
from spectnet.classroom.course import hand_out
from spectnet.classroom.feedback import write_feedback
from spectnet.classroom.handed_in import Refused
from spectnet.classroom.marks import as_csv, harmless, marks, write_csv
from spectnet.classroom.rehearsal import rehearse, synthetic_class
from spectnet.classroom.report import write_report
from spectnet.classroom.sandbox import SandboxError

NAME = "assignment-1"
ROOT = Path(__file__).resolve().parents[2]


def scores(course) -> dict[str, float]:
    with course.gradebook() as book:
        return {mark.student: mark.score for mark in marks(book, course.load(NAME))}


@pytest.mark.sandbox
@pytest.mark.timeout(600)
def test_a_class_of_twelve_is_graded_from_handing_out_to_the_last_page(course) -> None:
    done = rehearse(course, NAME, students=12)
    assert set(done.kinds) == {"right", "wrong", "late", "empty", "broken"}
    assert done.wrong_grades == ()
    assert len(list((course.folder / "feedback").glob(f"*/{NAME}/{NAME}.html"))) == 12
    assert len((course.folder / f"marks-{NAME}.csv").read_text().splitlines()) == 13


def test_what_has_not_changed_is_not_graded_again(course, hand_in, answered, no_worker) -> None:
    hand_in("ada", answered())
    hand_in("bob", answered())
    grade.grade_class(course, NAME)
    hand_in("bob", answered(level="def level(w): return 1"))
    grade.grade_class(course, NAME)
    assert no_worker == ["ada", "bob", "bob"]
    grade.grade_class(course, NAME, again=True)
    assert no_worker[3:] == ["ada", "bob"]


def test_a_kill_between_record_and_gradebook_loses_and_doubles_nothing(
    course, hand_in, answered, no_worker, monkeypatch
) -> None:
    for student in ("ada", "bob", "cy"):
        hand_in(student, answered())
    monkeypatch.setattr(grade, "enter", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        grade.grade_class(course, NAME)
    monkeypatch.undo()
    monkeypatch.setattr(grade, "why_not", lambda: None)
    assert scores(course) == {}
    # Only those without a record are left to grade, so nobody is graded who was.
    left = grade._up_to_date(course, course.load(NAME), course.submitted(NAME))
    assert list(left) == ["ada"]


@pytest.mark.sandbox
@pytest.mark.timeout(300)
def test_killed_while_it_grades_it_goes_on_and_leaves_no_process(course, hand_in, answered, tmp_path) -> None:
    for student in ("ada", "bob"):
        hand_in(student, answered())
    slow = answered(energy="import time\n@MARK = 1\ntime.sleep(50)".replace("@", ""))
    hand_in("cy", slow)
    program = (
        "from pathlib import Path\nfrom spectnet.classroom.course import Course\n"
        "from spectnet.classroom.grade import grade_class\n"
        f"if __name__ == '__main__':\n    grade_class(Course(Path({str(course.folder)!r}), "
        f"Path({str(course.assignments)!r})), {NAME!r}, jobs=1)\n"
    )
    script = tmp_path / "grading.py"
    script.write_text(program)
    process = subprocess.Popen([sys.executable, script], cwd=ROOT, stderr=subprocess.DEVNULL)
    first = graded.path_in(course.folder / "autograded", "ada", NAME)
    until = time.monotonic() + 200
    while not first.exists() and time.monotonic() < until:
        time.sleep(0.1)
    children = _descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(children) >= 2
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < until:
        time.sleep(0.1)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    hand_in("cy", answered(level="def level(w): return 0"))
    before = first.stat().st_mtime_ns
    grade.grade_class(course, NAME, jobs=1)
    assert scores(course) == {"ada": 6, "bob": 6, "cy": 3}
    assert first.stat().st_mtime_ns == before


def _descendants(pid: int) -> list[int]:
    """The processes under one, by what the kernel says."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            found += [child, *_descendants(child)]
    return found


def test_without_a_sandbox_nothing_is_run(course, hand_in, answered, monkeypatch) -> None:
    hand_in("ada", answered())
    monkeypatch.setattr(grade, "why_not", lambda: "bubblewrap is missing")
    with pytest.raises(SandboxError, match="bubblewrap is missing"):
        grade.grade_class(course, NAME)
    assert scores(course) == {}


def test_two_gradings_of_a_course_do_not_meet(course, no_worker) -> None:
    with grade._alone(course.folder), pytest.raises(ValueError, match="being graded already"):
        grade.grade_class(course, NAME)


def test_a_grade_given_by_hand_stays(course, hand_in, answered, no_worker) -> None:
    hand_in("ada", answered(why="Because."))
    grade.grade_class(course, NAME)
    with course.gradebook() as book:
        given = book.find_grade("why", NAME, NAME, "ada")
        assert given.needs_manual_grade
        given.manual_score, given.needs_manual_grade = 1.0, False
        book.find_grade("energy-check", NAME, NAME, "ada").manual_score = 2.5
        book.db.commit()
    hand_in(
        "ada", answered(why="Because.", level="raise NotImplementedError('level: write your answer here')")
    )
    grade.grade_class(course, NAME)
    with course.gradebook() as book:
        (mark,) = marks(book, course.load(NAME))
    assert mark.points == {"energy": 2.5, "level": 3, "why": 1}


def test_an_answer_in_words_waits_for_a_person_and_no_answer_does_not(
    course, hand_in, answered, no_worker
) -> None:
    hand_in("ada", answered(why="Because."))
    hand_in("bob", answered())
    grade.grade_class(course, NAME)
    with course.gradebook() as book:
        waiting = {mark.student: mark.waiting for mark in marks(book, course.load(NAME))}
    assert waiting == {"ada": ("why",), "bob": ()}


def test_lateness_is_what_the_collector_wrote_down(course, hand_in, answered, no_worker) -> None:
    hand_out(course, NAME, datetime.fromisoformat("2026-12-01T18:00+00:00"))
    hand_in("ada", answered())
    hand_in("ada", b"2026-12-01 19:30:00 UTC\n", "timestamp.txt")
    hand_in("bob", answered())
    hand_in("bob", b"yesterday, on my word", "timestamp.txt")
    grade.grade_class(course, NAME)
    with course.gradebook() as book:
        assert {m.student: m.late_s for m in marks(book, course.load(NAME))} == {"ada": 5400, "bob": 0}


HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def test_pages_show_what_students_wrote_as_text(course, hand_in, answered, no_worker) -> None:
    hand_in("ada", answered(energy=f"# {HOSTILE}\nx = 1\u202e", why=f"{HOSTILE}\n```\n{HOSTILE}"))
    hand_in("bob", release.release(course.load(NAME)))
    grade.grade_class(course, NAME)
    pages = [*write_feedback(course, NAME), write_report(course, NAME)]
    for path in pages:
        text = path.read_text("utf-8")
        assert "<script" not in text
        assert "<img" not in text
        assert "\u202e" not in text
        assert "default-src 'none'" in text
    assert "&lt;script&gt;" in pages[0].read_text("utf-8")


def test_what_nbgrader_shows_the_teacher_runs_nothing_either(course, hand_in, answered, no_worker) -> None:
    from nbconvert.exporters import HTMLExporter

    hand_in("ada", answered(why=f"{HOSTILE}\n```\n{HOSTILE}\n[x](javascript:alert)"))
    grade.grade_class(course, NAME)
    page, _ = HTMLExporter().from_filename(str(course.folder / "autograded" / "ada" / NAME / f"{NAME}.ipynb"))
    assert 'alert("x")</script>' not in page
    assert "<img src=x" not in page
    assert 'href="javascript:' not in page


def test_feedback_names_check_and_hint_and_nothing_hidden(course, hand_in, answered, no_worker) -> None:
    hand_in("bob", release.release(course.load(NAME)))
    grade.grade_class(course, NAME)
    (path,) = write_feedback(course, NAME)
    text = path.read_text("utf-8")
    assert "a noise has its mean square" in text
    assert "Square each value, then take the mean." in text
    assert "0.123" not in text
    assert "rng" not in text
    assert "the input was 0.123" in write_report(course, NAME).read_text("utf-8")


def test_a_student_who_handed_in_nothing_readable_reads_why(course, hand_in, no_worker) -> None:
    hand_in("bob", b"not json")
    grade.grade_class(course, NAME)
    (path,) = write_feedback(course, NAME)
    assert "Not graded: the file is no notebook: its JSON is broken." in path.read_text("utf-8")
    assert scores(course) == {"bob": 0}


def test_a_spreadsheet_computes_nothing_of_the_marks(course, hand_in, answered, no_worker) -> None:
    hand_in("ada", answered())
    hand_in("=cmd", answered())
    grade.grade_class(course, NAME)
    assert course.unnamed(NAME) == ["=cmd"]
    table = list(csv.DictReader(io.StringIO(write_csv(course, NAME).read_text())))
    assert [(row["student"], row["score"], row["energy"]) for row in table] == [("ada", "6.0", "3.0")]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_text_that_starts_a_formula_is_quoted(start) -> None:
    assert harmless(f"{start}1") == f"'{start}1"
    assert harmless(-1.5) == -1.5


def test_the_report_tells_spread_mistakes_and_look_alikes(course, hand_in, answered, no_worker) -> None:
    copied = "\n".join(f"    a{i} = {i} * w.sum() + {i * i}" for i in range(12))
    hand_in("ada", answered(energy=f"def energy(w):\n{copied}\n    return a1"))
    hand_in(
        "bob", answered(energy=f"def energy(v):\n    # mine\n{copied.replace('w.', 'v.')}\n    return a1")
    )
    hand_in("cy", answered(energy="raise NotImplementedError"))
    hand_in("di", release.release(course.load(NAME)))
    grade.grade_class(course, NAME)
    text = write_report(course, NAME).read_text("utf-8")
    assert "0: 1, 3: 3" in text
    assert '<th scope="row">ada</th><td>bob</td>' in text
    assert "cy</td>" not in text


def test_an_empty_course_has_a_report_and_no_marks(course) -> None:
    assert "Nothing has been graded yet" in write_report(course, NAME).read_text("utf-8")
    with course.gradebook() as book:
        assert as_csv(course.load(NAME), marks(book, course.load(NAME))).count("\n") == 1


def test_a_synthetic_class_is_mixed_and_the_same_every_time(tiny) -> None:
    one, two = synthetic_class(tiny, 100), synthetic_class(tiny, 100)
    assert one == two
    kinds = [hand_in.kind for hand_in in one]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "right": 40, "wrong": 40, "late": 10, "empty": 6, "broken": 4
    }  # fmt: skip


def test_a_record_that_is_none_is_refused_in_words(course) -> None:
    path = graded.path_in(course.folder / "autograded", "ada", NAME)
    path.parent.mkdir(parents=True)
    path.write_text('{"student": 3}')
    with pytest.raises(ValueError, match="delete it and grade again"):
        graded.load(course.folder / "autograded", "ada", NAME)


def test_refusals_are_sentences_without_the_students_words(tiny, hand_in) -> None:
    folder = hand_in("bob", b"{}", "<script>.ipynb")
    (folder / "<b>.ipynb").write_bytes(b"{}")
    with pytest.raises(Refused) as caught:
        grade.notebook_bytes(folder, NAME)
    assert "<" not in str(caught.value)


def test_a_leaderboard_ranks_what_checks_measured(course, hand_in, answered, no_worker) -> None:
    from spectnet.classroom.leaderboard import places, write_leaderboard

    for student in ("ada", "bob", "cy"):
        hand_in(student, answered())
    records = grade.grade_class(course, NAME)
    assert write_leaderboard(course, NAME) is None
    for record, value in zip(records, (0.7, 0.9, 0.7), strict=True):
        results = (record.results[0].model_copy(update={"value": value}), *record.results[1:])
        graded.save(record.model_copy(update={"results": results}), course.folder / "autograded")
    records = graded.load_all(course.folder / "autograded", NAME)
    (ranks,) = places(records).values()
    assert ranks == {"bob": (1, 0.9), "ada": (2, 0.7), "cy": (2, 0.7)}
    path = write_leaderboard(course, NAME)
    assert path is not None
    assert path.read_text("utf-8").index("bob") < path.read_text("utf-8").index("ada")
    rows = path.with_suffix(".csv").read_text("utf-8").splitlines()
    assert rows[0] == "check,place,student,value"
    assert [row.rsplit(",", 3)[1:] for row in rows[1:]] == [
        ["1", "bob", "0.9"],
        ["2", "ada", "0.7"],
        ["2", "cy", "0.7"],
    ]
    assert "Measured: 0.9, place 1 of 3." in write_feedback(course, NAME)[1].read_text("utf-8")
