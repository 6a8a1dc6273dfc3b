"""What students get holds no solution and no hidden check: searched for, byte by byte."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from spectnet.classroom import release, source
from spectnet.classroom.course import Course, hand_out

TINY = Path(__file__).parent / "tiny"
FOUND = [(TINY, name) for name in source.names(TINY)] + [(source.FOLDER, n) for n in source.names()]
LONG = 12  # characters; a shorter line, such as `return t`, is nobody's secret


def lines(text: str) -> set[str]:
    """The lines of a text that are long enough to give something away."""
    return {line.strip() for line in text.splitlines() if len(line.strip()) >= LONG}


def public(assignment: source.Assignment) -> set[str]:
    """What the source says outside its solutions, and what its STARTER lines become."""
    return lines("\n".join(cell.source for cell in release.release(assignment).cells))


def solutions(assignment: source.Assignment) -> set[str]:
    """Lines of the solved answers."""
    answers = [cell for cell in release.solved(assignment).cells if cell.metadata.nbgrader.solution]
    return lines("\n".join(cell.source for cell in answers if cell.cell_type == "code")) - public(assignment)


def hidden(assignment: source.Assignment) -> set[str]:
    """Lines of code of the checks and of the wrong answers; names and hints of checks are for students."""
    files = [*source.check_files(assignment.folder), *(assignment.folder / "wrong").glob("*.py")]
    code = lines("\n".join(path.read_text("utf-8") for path in files))
    return {line for line in code if not line.startswith(('"', 'f"'))} - public(assignment)


def written(text: str) -> list[bytes]:
    """A line as it could stand in a file: as it is, and as JSON writes it."""
    return [
        text.encode(),
        json.dumps(text)[1:-1].encode(),
        json.dumps(text, ensure_ascii=False)[1:-1].encode(),
    ]


def traces(folder: Path, secrets: set[str]) -> list[str]:
    """Secrets that lie in any file of a folder, by name or content."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    everything = b"\n".join(
        str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes() for path in files
    )
    return [secret for secret in secrets if any(form in everything for form in written(secret))]


@pytest.mark.parametrize(("folder", "name"), FOUND)
def test_no_byte_of_a_release_tells_a_solution_or_a_hidden_check(tmp_path, folder, name) -> None:
    assignment = source.load(name, folder)
    course = Course(tmp_path, folder)
    handed_out = hand_out(course, name)
    secrets = solutions(assignment) | hidden(assignment)
    assert secrets
    assert traces(handed_out, secrets) == []
    assert traces(handed_out, {"SOLUTION", "STARTER", "checks.py", str(course.seed), "CHECKS"}) == []
    # The search is one that finds: the teacher's folder holds what the students' must not.
    assert set(traces(tmp_path / "solutions", solutions(assignment))) == solutions(assignment)


@pytest.mark.parametrize(("folder", "name"), FOUND)
def test_a_release_holds_the_notebook_and_the_data_only(tmp_path, folder, name) -> None:
    handed_out = hand_out(Course(tmp_path, folder), name)
    names = {path.relative_to(handed_out).parts[0] for path in handed_out.rglob("*") if path.is_file()}
    assert names <= {f"{name}.ipynb", "data"}
    notebook = nbformat.read(handed_out / f"{name}.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert {tuple(cell.metadata) for cell in notebook.cells} == {("nbgrader",)}


def test_the_gradebook_knows_the_questions_and_when_they_are_due(tmp_path) -> None:
    from datetime import datetime, timedelta, timezone

    course = Course(tmp_path, TINY)
    due = datetime(2026, 12, 1, 18, tzinfo=timezone(timedelta(hours=1)))
    hand_out(course, "assignment-1", due)
    with course.gradebook() as book:
        assignment = book.find_assignment("assignment-1")
        assert assignment.duedate == datetime(2026, 12, 1, 17)
        cells = {cell.name: cell.max_score for cell in assignment.notebooks[0].grade_cells}
    assert cells == {"energy-check": 3, "level-check": 3, "why": 1}


def test_the_secret_is_the_teachers_alone_and_stays(tmp_path) -> None:
    course = Course(tmp_path / "a", TINY)
    assert course.seed == course.seed
    assert course.seed != Course(tmp_path / "b", TINY).seed
    assert (tmp_path / "a" / "course-seed").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_an_assignments_own_data_is_handed_out_with_it(tmp_path) -> None:
    shutil.copytree(TINY, tmp_path / "sources")
    data = tmp_path / "sources" / "assignment-1" / "data"
    data.mkdir()
    (data / "heart.wav").write_bytes(b"RIFF")
    handed_out = hand_out(Course(tmp_path / "course", tmp_path / "sources"), "assignment-1")
    assert (handed_out / "data" / "heart.wav").read_bytes() == b"RIFF"
