"""The package's docstrings as an API reference."""

from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Nothing yet."""
