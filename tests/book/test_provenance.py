"""The commit in a page's stamp is one that holds everything the page was made from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

IDENTITY = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]


def commit_all(folder: Path) -> str:
    for arguments in (["add", "."], [*IDENTITY, "commit", "-q", "-m", "Change"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "spectnet").mkdir()
    (tmp_path / "spectnet" / "scales.py").write_text("one")
    (tmp_path / "page.md").write_text("one")
    (tmp_path / "README.md").write_text("one")
    return tmp_path


def test_stamp_names_the_last_commit_that_touched_what_the_page_draws_from(repository: Path) -> None:
    from spectnet_book.provenance import commit

    assert commit(repository, "page.md") == "not committed"
    first = commit_all(repository)
    (repository / "README.md").write_text("two")
    commit_all(repository)
    assert commit(repository, "page.md") == first
    (repository / "spectnet" / "scales.py").write_text("two")
    assert commit(repository, "page.md") == f"{first} and uncommitted changes"
    assert commit_all(repository) == commit(repository, "page.md") != first


def test_ignored_files_do_not_count_but_new_ones_do(repository: Path) -> None:
    from spectnet_book.provenance import fingerprint

    (repository / ".gitignore").write_text("*.wav\n")
    before = fingerprint(repository)
    (repository / "data").mkdir()
    (repository / "data" / "heart.wav").write_text("sound")
    assert fingerprint(repository) == before
    (repository / "data" / "names.txt").write_text("a0001")
    assert fingerprint(repository) != before
