"""Stop nbgrader from running a student's notebook outside the sandbox.

Taught in *For the teacher*.
"""

from __future__ import annotations

from typing import Any, NoReturn

from nbformat import NotebookNode
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor


class OnlyInSandbox(NbGraderPreprocessor):
    """Stands first in a course's nbgrader settings, before anything of a submission is run."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> NoReturn:
        """Refuse, and say which command grades in the sandbox."""
        name = resources["nbgrader"]["assignment"]
        raise NbGraderException(
            f"nbgrader runs submissions unprotected: use `spectnet classroom grade {name}`"
        )
