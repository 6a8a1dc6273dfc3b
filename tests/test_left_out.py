"""A test that asks for what a machine lacks is left out, and one line says so; in CI it may be a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
SAMPLE = """
import pytest

@pytest.mark.real
def test_on_a_recording(): ...

@pytest.mark.real
def test_on_another(real_recordings): ...

@pytest.mark.browser
def test_in_a_browser(chromium_path): ...

def test_of_the_book(site): ...

def test_of_nothing_special(generator):
    assert generator.initial_seed() == 0
"""


def run_sample(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `SAMPLE` with our conftest on a machine without recordings, browser and book."""
    (folder / "tests").mkdir()
    shutil.copy(TESTS / "conftest.py", folder / "tests")
    (folder / "tests" / "test_sample.py").write_text(SAMPLE)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  real\n  browser\n")
    lacking = {"SPECTNET_DATA": str(folder), "SPECTNET_CHROMIUM": str(folder / "none"), "CI": ""}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:jaxtyping", "tests"],
        cwd=folder,
        env={**os.environ, **lacking, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_line_says_what_was_left_out(tmp_path: Path) -> None:
    done = run_sample(tmp_path)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("Tests left out")]
    assert line == (
        "Tests left out: 1 (no Chromium: install it, or name it in SPECTNET_CHROMIUM), "
        "1 (no built book: run `make book`), "
        "2 (no real recordings: run `spectnet fetch physionet2016`, or set SPECTNET_DATA)"
    )
    assert "1 passed, 4 skipped" in done.stdout.splitlines()[-1]


def test_ci_must_have_browser_and_book_but_needs_no_recordings(tmp_path: Path) -> None:
    done = run_sample(tmp_path, CI="true")
    assert done.returncode == 1
    assert "CI must run this test, but there is no Chromium" in done.stdout
    assert "CI must run this test, but there is no built book" in done.stdout
    assert "1 passed, 2 skipped, 2 errors" in done.stdout.splitlines()[-1]
