"""The teacher's answer book: every assignment solved and run, with what an answer is worth.

Taught in *For the teacher*.
"""

from __future__ import annotations

from nbclient import NotebookClient
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell

from spectnet import atomic
from spectnet.classroom import release
from spectnet.classroom.course import Course
from spectnet.classroom.source import Assignment

SECONDS = 600
"""The longest that one cell of a solution may take."""


def write_answers(course: Course, names: list[str]) -> None:
    """Run the solution of each assignment, and write it as a page into ``answers`` of the course's folder.

    The site is built from another folder, so nothing of this is ever published with it.

    Args:
        course: whose folder is for the teacher alone.
        names: of the assignments.

    Raises:
        ValueError: there is no such assignment.
        CellExecutionError: a solution stops with an error.
    """
    for name in names:
        assignment = course.load(name)
        atomic.write(course.folder / "answers" / f"{name}.html", page(assignment))


def page(assignment: Assignment) -> str:
    """One assignment solved and run, its rubric on top, as a page of HTML."""
    notebook = release.solved(assignment)
    resources = {"metadata": {"path": str(assignment.folder), "name": f"{assignment.name}, answers"}}
    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=resources).execute()
    notebook.cells.insert(0, new_markdown_cell(rubric(assignment), metadata={}))
    html, _ = HTMLExporter(embed_images=True).from_notebook_node(notebook, resources=resources)
    return html


def rubric(assignment: Assignment) -> str:
    """What each question is worth, and for what, as a Markdown table."""
    rows = [
        f"| {question.grade_id} | {question.points:g} | {assignment.about.rubric[question.grade_id]} |"
        for question in assignment.questions
    ]
    return "\n".join(
        ["**Answers: not for students**", "", "| question | points | for |", "|---|---|---|", *rows]
    )
