"""``python -m spectnet``: the same as the command ``spectnet``."""

from spectnet.cli import app

app()
