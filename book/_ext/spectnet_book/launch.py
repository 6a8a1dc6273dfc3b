"""Launch buttons, switched on by the one repository line in `_config.yml`."""

from typing import Any

from sphinx.application import Sphinx


def repository(app: Sphinx) -> str:
    """The repository's address, or nothing."""
    return app.config.html_theme_options.get("repository_url", "").strip("/")


def first_cells(app: Sphinx) -> list[dict[str, Any]]:
    """The cell that installs the package where a notebook runs alone; none without a repository."""
    return []


def setup(app: Sphinx) -> None:
    """Nothing yet."""
