"""The command ``spectnet classroom``: hand out, grade, give back.

Taught in *For the teacher*.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Assignments for a class: hand out, grade in a sandbox, give back.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="Such as assignment-2.")]
Folder = Annotated[Path, typer.Option("--course", help="The course's folder, with its grades.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Submissions at a time; by default one a core.")]
COURSE = Path("course")


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """What went wrong and what to do, instead of a traceback."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:
        typer.secho(f"Error: {error}", fg="red", err=True)
        raise typer.Exit(1) from error


@app.command()
def release(
    names: Annotated[list[str] | None, typer.Argument(help="Such as assignment-2; by default all.")] = None,
    course: Folder = COURSE,
    due: Annotated[datetime | None, typer.Option(help="Until when, such as 2026-12-01T18:00.")] = None,
) -> None:
    """Make the students' notebooks, without solutions, and tell the gradebook of their questions."""
    from spectnet.classroom import source
    from spectnet.classroom.course import Course, hand_out

    with _in_one_sentence():
        for name in names or source.names():
            folder = hand_out(Course(course), name, due.astimezone() if due else None)
            typer.echo(f"{name}: give students {folder}")


@app.command()
def collect(
    name: Name,
    download: Annotated[Path, typer.Argument(help="The zip archive of all submissions.")],
    course: Folder = COURSE,
    pattern: Annotated[
        str | None, typer.Option(help="For paths in the archive, with a group (?P<student>...).")
    ] = None,
) -> None:
    """Lay out what a learning platform downloads, such as Moodle's or Canvas's archive, for grading."""
    from spectnet.classroom import collect as collected
    from spectnet.classroom.course import Course

    with _in_one_sentence():
        found = collected.collect(Course(course), name, download, pattern or collected.PATTERN)
    n = len(found.students)
    typer.echo(f"{n} student{'' if n == 1 else 's'} in {course / 'submitted'}")
    for line in found.left:
        typer.echo(f"  left out: {line}")


@app.command()
def grade(
    name: Name,
    course: Folder = COURSE,
    jobs: Jobs = None,
    again: Annotated[bool, typer.Option("--again", help="Also what has not changed.")] = False,
) -> None:
    """Grade what lies in submitted/<student>/<assignment>/ of the course; killed, it goes on where it was."""
    from spectnet.classroom.course import Course
    from spectnet.classroom.grade import grade_class

    with _in_one_sentence():
        at = Course(course)
        records = grade_class(at, name, jobs=jobs, again=again)
        refused = [record for record in records if record.refused]
        odd = at.unnamed(name)
    typer.echo(
        f"{len(records)} graded, {len(refused)} of them refused; marks are in {course / 'gradebook.db'}"
    )
    for record in refused:
        typer.echo(f"  {record.student}: {record.refused}")
    for folder in odd:
        typer.echo(f"  not graded, for no student is called so: {folder!r}")


@app.command()
def feedback(name: Name, course: Folder = COURSE) -> None:
    """Write a page for each student, and the marks as CSV for the learning platform."""
    from spectnet.classroom.course import Course
    from spectnet.classroom.feedback import write_feedback
    from spectnet.classroom.marks import write_csv

    with _in_one_sentence():
        pages = write_feedback(Course(course), name)
        table = write_csv(Course(course), name)
    typer.echo(f"{len(pages)} pages in {course / 'feedback'}, marks in {table}")


@app.command()
def report(name: Name, course: Folder = COURSE) -> None:
    """Write the teacher's page: each question's points, common mistakes, answers that look alike."""
    from spectnet.classroom.course import Course
    from spectnet.classroom.leaderboard import write_leaderboard
    from spectnet.classroom.report import write_report

    with _in_one_sentence():
        path = write_report(Course(course), name)
        board = write_leaderboard(Course(course), name)
    typer.echo(f"open {path} in a browser; it is not for students")
    if board:
        typer.echo(f"{board} is for the class, if all agree to be named")


@app.command()
def answers(
    names: Annotated[list[str] | None, typer.Argument(help="Such as assignment-2; by default all.")] = None,
    course: Folder = COURSE,
) -> None:
    """Run the solutions, and write them as pages with the rubric, for the teacher alone."""
    from spectnet.classroom import source
    from spectnet.classroom.answers import write_answers
    from spectnet.classroom.course import Course

    with _in_one_sentence():
        write_answers(Course(course), names or source.names())
    typer.echo(f"answers are in {course / 'answers'}; they are not for students")


@app.command("self-test")
def self_test(
    names: Annotated[list[str] | None, typer.Argument(help="Such as assignment-2; by default all.")] = None,
    out: Annotated[Path, typer.Option(help="Where the rows go.")] = Path("_build/grading-self-test.json"),
    jobs: Jobs = None,
    seed: Annotated[int | None, typer.Option(help="Other hidden inputs, as a class would get.")] = None,
) -> None:
    """Grade solutions, empty releases, typical mistakes and hostile submissions, whose points are known."""
    from spectnet.classroom import self_test as tested

    with _in_one_sentence():
        rows = tested.self_test(names or (), jobs=jobs, seed=tested.SEED if seed is None else seed)
        tested.write(rows, out)
    wrong = [row for row in rows if not tested.is_right(row)]
    for row in wrong:
        typer.echo(_line(row))
    typer.echo(f"{len(rows) - len(wrong)} of {len(rows)} as they should be; rows in {out}")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def rehearse(
    names: Annotated[list[str] | None, typer.Argument(help="Such as assignment-2; by default all.")] = None,
    course: Annotated[Path, typer.Option(help="The folder of a class that does not exist.")] = Path(
        "_build/rehearsal"
    ),
    students: Annotated[int, typer.Option(min=1, help="How many hand in.")] = 100,
    jobs: Jobs = None,
) -> None:
    """Grade a synthetic class whose points are known; killed, it goes on where it was."""
    from spectnet.classroom import source
    from spectnet.classroom.course import Course
    from spectnet.classroom.rehearsal import rehearse as rehearsed

    with _in_one_sentence():
        found = [
            rehearsed(Course(course), name, students=students, jobs=jobs) for name in names or source.names()
        ]
    for one in found:
        kinds = ", ".join(f"{n} {kind}" for kind, n in one.kinds.items())
        odd = ", ".join(one.wrong_grades) or "none"
        typer.echo(f"{one.assignment}: {kinds}; {one.seconds:.0f} s; wrong grades: {odd}")
    raise typer.Exit(any(one.wrong_grades for one in found))


def _line(row: dict) -> str:
    """One submission that was graded otherwise than it should be."""
    hint = "" if row["hint"] else ", and no hint names the idea"
    contained = "" if row["contained"] else ", and it was not contained"
    found = "".join(f"\n    {what}" for what in row["found"])
    return (
        f"{row['assignment']} {row['kind']} {row['submission']}: {row['score']:g} points, "
        f"expected {row['expected']:g}{hint}{contained}{found}"
    )
