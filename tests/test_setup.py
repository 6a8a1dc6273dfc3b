"""One list of packages: pyproject.toml, lock and environment.yml agree, and any machine can install it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]


def lock_lines(text: str) -> list[str]:
    """The lines of a lock that say something."""
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def lock_faults(text: str) -> list[str]:
    """What in a lock another machine could not install, or would install otherwise."""
    faults = []
    for line in lock_lines(text):
        if line.startswith("-"):
            faults.append(f"{line}: an option, such as an index or an editable path")
        elif "@" in line or "://" in line:
            faults.append(f"{line}: an address in place of a version")
        elif line.startswith((".", "/", "~")) or "\\" in line or ".whl" in line or ".tar" in line:
            faults.append(f"{line}: a file")
        elif "+" in line:
            faults.append(f"{line}: a local version")
        elif not re.fullmatch(r"[\w.-]+==[\w.!]+( ; .+)?", line):
            faults.append(f"{line}: not one exact version")
    return faults


LOCK_TEXT = (ROOT / "requirements.lock").read_text("utf-8")
LOCK = {canonicalize_name(r.name): r for r in map(Requirement, lock_lines(LOCK_TEXT))}
ASKED = [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]


def locked_version(name: str) -> Version:
    """The version of a package in the lock."""
    return Version(str(LOCK[canonicalize_name(name)].specifier).removeprefix("=="))


def test_lock_can_be_installed_anywhere() -> None:
    assert lock_faults(LOCK_TEXT) == []


@pytest.mark.parametrize(
    "line",
    [
        "torch==2.13.0+cpu",
        "torch @ file:///somewhere/torch.whl",
        "torch @ https://example.org/torch.whl",
        "-e .",
        "--index-url https://example.org/simple",
        "--find-links wheels",
        "./wheels/torch-2.13.0.whl",
        "torch>=2.13.0",
        "torch",
        "torch==2.*",
    ],
)
def test_line_that_only_one_machine_understands_is_refused(line: str) -> None:
    assert len(lock_faults(f"numpy==2.4.6\n{line}\n")) == 1


def test_marker_for_a_platform_is_allowed() -> None:
    assert lock_faults('pexpect==4.9.0 ; sys_platform != "win32"\n') == []


def test_lock_names_each_package_once() -> None:
    assert len(LOCK) == len(lock_lines(LOCK_TEXT))


def test_lock_leaves_out_what_pip_chooses_by_platform() -> None:
    assert not [name for name in LOCK if name.startswith(("nvidia-", "triton", "cuda-"))]
    windows_lacks = {"pexpect", "ptyprocess", "uvloop"} & LOCK.keys()
    assert all('sys_platform != "win32"' in str(LOCK[name].marker) for name in windows_lacks)
    assert not {"appnope", "pywinpty", "pywin32", "colorama", "spectnet"} & LOCK.keys()


@pytest.mark.parametrize("asked", ASKED)
def test_lock_meets_the_range_of(asked: str) -> None:
    requirement = Requirement(asked)
    assert not requirement.url
    assert requirement.specifier, f"give {requirement.name} a range"
    assert requirement.specifier.contains(locked_version(requirement.name))


def test_lock_is_closed() -> None:
    """What a locked package asks for on this platform is locked too, in a version that it accepts."""
    wrong = []
    for name in LOCK:
        try:
            asked = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # of another platform
        for requirement in map(Requirement, asked):
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            wanted = canonicalize_name(requirement.name)
            if wanted.startswith(("nvidia-", "triton", "cuda-")):
                continue
            if wanted not in LOCK or not requirement.specifier.contains(
                locked_version(wanted), prereleases=True
            ):
                wrong.append(f"{name} asks for {requirement}")
    assert not wrong


def test_packages_here_are_the_locked_ones() -> None:
    """So that what passes here was tested with the lock."""
    environment = {"sys_platform": sys.platform}
    other = {
        name: metadata.version(name)
        for name, requirement in LOCK.items()
        if (requirement.marker is None or requirement.marker.evaluate(environment))
        and Version(metadata.version(name)).public != locked_version(name).public
    }
    assert not other, "make the environment again, or renew the lock"


def test_conda_takes_python_and_pip_and_leaves_the_rest_to_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert environment["name"] == "spectnet"
    assert environment["channels"][0] == "conda-forge"
    python, pip, by_pip = environment["dependencies"]
    assert (python, pip) == ("python=3.11", "pip")
    assert by_pip == {"pip": ["-r requirements.lock", "-e ."]}
    assert Version("3.11") in Requirement(f"python{PROJECT['requires-python']}").specifier


def test_lock_fits_the_oldest_python_asked_for() -> None:
    oldest = Version(PROJECT["requires-python"].removeprefix(">="))
    for name in LOCK:
        wanted = metadata.metadata(name)["Requires-Python"] or ">=3"
        assert Requirement(f"python{wanted}").specifier.contains(f"{oldest}.0"), (
            f"{name} needs Python {wanted}"
        )


def test_shape_checks_are_on() -> None:
    import torch

    from spectnet import scales

    with pytest.raises(Exception, match="parameter 'frequency'"):
        scales.hz_to_mel("100")
    assert torch.isfinite(scales.hz_to_mel(100.0))


def test_package_carries_its_browser_code() -> None:
    """A wheel holds the explorers' scripts and styles, not only Python."""
    assert PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["spectnet"]
    ignored = ["git", "check-ignore", *map(str, (ROOT / "spectnet").rglob("*.js"))]
    answer = subprocess.run(ignored, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.stdout == ""


def test_installing_makes_pages_open_as_notebooks() -> None:
    """JupyterLab of this environment opens a .md file with Jupytext, by its own reading of its settings."""
    from jupyter_core.paths import ENV_JUPYTER_PATH
    from jupyterlab_server.settings_utils import _get_overrides

    overrides, error = _get_overrides(str(Path(ENV_JUPYTER_PATH[0]) / "lab" / "settings"))
    assert not error
    assert (
        overrides["@jupyterlab/docmanager-extension:plugin"]["defaultViewers"]["markdown"]
        == "Jupytext Notebook"
    )
    ours = json.loads((ROOT / "tools" / "jupyterlab-overrides.json").read_text("utf-8"))
    assert ours.items() <= overrides.items()


def test_author_is_the_same_everywhere() -> None:
    who = "The SpectNet book contributors"
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert [author["name"] for author in citation["authors"]] == [who]
    assert [author["name"] for author in PROJECT["authors"]] == [who]
    assert f"Copyright (c) 2026, {who}" in (ROOT / "LICENSE").read_text("utf-8")
    assert yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["author"] == who


def test_citation_names_the_paper_as_a_reference() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    paper = citation["references"][0]
    assert [author["family-names"] for author in paper["authors"]] == ["Ansari", "Hasan"]
    assert paper["identifiers"][0]["value"] == "arXiv:2211.09352"


def test_version_stands_in_the_changelog_and_the_citation() -> None:
    from spectnet import __version__

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_text_licence_is_whole() -> None:
    """Creative Commons Attribution 4.0, all eight sections of it."""
    text = (ROOT / "LICENSE-TEXT").read_text("utf-8")
    assert text.startswith("Attribution 4.0 International")
    assert [int(number) for number in re.findall(r"(?m)^Section (\d) -- ", text)] == list(range(1, 9))


def test_workflow_runs_the_gate_and_publishes_the_site() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text("utf-8"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    assert "bash .ci/run" in [step.get("run") for step in steps]
    kept = [step["with"]["path"] for step in steps if "upload" in step.get("uses", "")]
    assert kept == ["_build/html/notebooks", "_build/html"]
