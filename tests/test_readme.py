"""What the README and CONTRIBUTING tell a reader to type does what they say.

Python blocks and quick commands are run as they stand, in the README's order, in an empty folder. Commands
that would start the whole machinery or need the network are not run here but held to what they start: `make`
targets to their recipes (`make --dry-run`), conda to `environment.yml`, and the long `spectnet` commands to
their arguments.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
BLOCKS = re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", README)

RECIPES = {
    "book": ["tools/build_book.py"],
    "test": ["tools/build_book.py", "-m pytest"],
    "lab": ["-m jupyterlab"],
    "serve": ["-m http.server"],
    "check": ["-m ruff check", "-m ruff format --check", "-m mypy"],
    "bench": ["benchmarks/requirements.txt", "-m benchmarks.frontend", "-m benchmarks.training"],
    "assignments": ["-m spectnet classroom release"],
    "grading-self-test": ["-m spectnet classroom self-test"],
    "class-rehearsal": ["-m spectnet classroom rehearse"],
    "clean": ["rm -rf _build"],
}


def run(command: list[str], folder: Path) -> str:
    """Standard output of a command that must succeed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "MPLBACKEND": "Agg"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def check_make(target: str) -> None:
    """A target's recipe holds what it is said to start."""
    recipe = run(["make", "--dry-run", "--always-make", target], ROOT)
    for part in RECIPES[target]:
        assert part in recipe


def check_conda(line: str) -> None:
    """The file is there, and it makes the environment that is then activated."""
    name = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["name"]
    assert line in ("conda env create --file environment.yml", f"conda activate {name}")


def check_arguments(verb: str, argument: str, folder: Path) -> None:
    """The command knows the verb, and what it is given exists or is made by the command before it."""
    assert "Usage:" in run(["spectnet", verb, "--help"], folder)
    if verb == "train":
        assert (ROOT / argument).is_file()
    elif verb == "evaluate":
        assert f"spectnet train configs/{Path(argument).name}.toml" in README
    else:
        from spectnet.cli import SETS

        assert argument in SETS


def check_line(line: str, folder: Path) -> None:
    """Run one line of a shell block, or hold it to what it starts. A line of another kind fails."""
    match shlex.split(line):
        case ["make", target]:
            check_make(target)
        case ["conda", *_]:
            check_conda(line)
        case ["jupyter", "lab"]:
            run(["jupyter", "lab", "--version"], folder)
        case ["spectnet", "fetch" | "train" | "evaluate" as verb, argument]:
            check_arguments(verb, argument, folder)
        case ["spectnet", "predict" | "results" | "doctor", *_] as command:
            run(command, folder)
        case _:
            pytest.fail(f"no check for this line of the README: {line}")


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
@pytest.mark.timeout(300)
def test_every_block_of_the_readme_works(tmp_path: Path) -> None:
    assert {language for language, _ in BLOCKS} == {"bash", "python"}
    for language, code in BLOCKS:
        if language == "python":
            run([sys.executable, "-c", code], tmp_path)
        else:
            for line in code.splitlines():
                check_line(line, tmp_path)
    assert (tmp_path / "heart-prediction.png").stat().st_size > 10_000


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
@pytest.mark.parametrize("target", RECIPES)
def test_plain_command_is_what_make_runs(target: str) -> None:
    row = next(line for line in CONTRIBUTING.splitlines() if line.startswith(f"| `make {target}` |"))
    recipe = run(["make", "--dry-run", "--always-make", target], ROOT)
    commands = re.findall(r"`([^`]+)`", row.partition(f"`make {target}`")[2])
    assert commands
    for command in commands if target != "clean" else ["rm -rf _build"]:
        assert command in recipe


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_environment_by_hand_is_the_one_of_make() -> None:
    recipe = run(["make", "--dry-run", "--always-make", "book"], ROOT)
    for command in (
        "-m venv .venv",
        "pip install --requirement requirements.lock",
        "pip install --no-deps --editable .",
    ):
        assert command in recipe
        assert command in CONTRIBUTING


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", README + CONTRIBUTING)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_picture_is_small_enough_to_load() -> None:
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert (ROOT / picture).stat().st_size < 300_000


def test_readme_says_it_is_no_medical_device() -> None:
    assert "not a medical device" in README.lower()
