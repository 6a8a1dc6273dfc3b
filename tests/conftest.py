"""What all tests share: the seed, the real recordings, the browser, and the line that says what was left out.

Keep imports of `spectnet` inside the functions: the shape checks are installed on its first import.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    import torch

    from spectnet.model import SpectNet
    from spectnet.recordings import Recording

# Before torch and matplotlib are imported: one thread sums in one order, and no figure needs a screen.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# The same examples in every run, and no clock: a busy machine is no failure.
hypothesis.settings.register_profile("gate", derandomize=True, deadline=None)
hypothesis.settings.load_profile("gate")

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"


def in_ci() -> bool:
    """Whether this run is one that may not leave out the browser or the book."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def missing_recordings() -> str | None:
    """Why tests on real recordings cannot run; None where they can."""
    from spectnet.doctor import real_recordings_folder

    if real_recordings_folder() is None:
        return "no real recordings: run `spectnet fetch physionet2016`, or set SPECTNET_DATA"
    return None


def missing_clips() -> str | None:
    """Why tests on ESC-10 cannot run; None where they can."""
    from spectnet import scenes
    from spectnet.recordings import RecordingError

    try:
        scenes.esc10()
    except RecordingError:
        return "no whole ESC-10: run `spectnet fetch esc10`, or set SPECTNET_DATA"
    return None


def missing_browser() -> str | None:
    """Why browser tests cannot run; None where they can."""
    from spectnet.doctor import chromium

    if chromium() is None:
        return "no Chromium: install it, or name it in SPECTNET_CHROMIUM"
    return None


def missing_sandbox() -> str | None:
    """Why nothing can be graded; None where it can."""
    from spectnet.classroom.sandbox import why_not

    return why_not()


def missing_gpu() -> str | None:
    """Why tests on a GPU cannot run; None where they can."""
    import torch

    return None if torch.cuda.is_available() else "no GPU"


def missing_site() -> str | None:
    """Why tests of the built book cannot run; None where they can."""
    return None if (SITE / "index.html").is_file() else "no built book: run `make book`"


# By mark or by fixture: what a test asks for, and why it may not be there.
MISSING = {
    "real": missing_recordings,
    "real_clips": missing_clips,
    "gpu": missing_gpu,
    "browser": missing_browser,
    "sandbox": missing_sandbox,
    "site": missing_site,
}
LEFT_OUT = "left out: "
MUST_BE_THERE_IN_CI = {"browser", "sandbox", "site"}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out, and count, a test that asks for something this machine lacks."""
    wanted = {mark.name for mark in item.iter_markers()} | set(item.fixturenames)
    for name, missing in MISSING.items():
        if name not in wanted or (reason := missing()) is None:
            continue
        if in_ci() and name in MUST_BE_THERE_IN_CI:
            pytest.fail(f"CI must run this test, but there is {reason}", pytrace=False)
        pytest.skip(f"{LEFT_OUT}{reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line which tests were left out, and why; what several processes report arrives here."""
    reasons = (report.longrepr[2].partition(LEFT_OUT) for report in terminalreporter.stats.get("skipped", []))
    if left_out := Counter(reason for _, ours, reason in reasons if ours):
        parts = [f"{count} ({reason})" for reason, count in sorted(left_out.items())]
        terminalreporter.write_line(f"Tests left out: {', '.join(parts)}", yellow=True)


@pytest.fixture
def generator() -> torch.Generator:
    """Random numbers with a fixed seed."""
    import torch

    return torch.Generator().manual_seed(0)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """No figure outlives its test."""
    yield
    import sys

    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


@pytest.fixture(scope="session")
def real_recordings() -> list[Recording]:
    """The unpacked PhysioNet recordings. A test that asks for them is marked `real`."""
    from spectnet.physionet import index

    return index()


@pytest.fixture(scope="session")
def real_clips() -> list[Recording]:
    """The unpacked clips of ESC-10; a test that asks for them is left out where there are none."""
    from spectnet.scenes import esc10

    return esc10()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Chromium's executable. A test that asks for it is marked `browser`."""
    from spectnet.doctor import chromium

    path = chromium()
    assert path is not None, "mark this test `browser`"
    return str(path)


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the built book."""
    return SITE


@pytest.fixture(scope="session")
def make_run() -> Callable[..., dict]:
    """A run's record from its scores, as `results.make_result` would have written it."""
    from spectnet.results import metrics_of

    def make(
        labels: Sequence[int],
        scores: Sequence[float],
        *,
        experiment: str = "ours",
        split: str = "blocks-0",
        seed: int = 0,
        threshold: float = 0.5,
        subsets: Sequence[str] | None = None,
        first: int = 0,
        judge: bool = True,
        **changes: object,
    ) -> dict:
        subsets = subsets or ["a"] * len(labels)
        rows = [
            {"name": f"{subset}{first + i:04}", "label": int(y), "score": float(s), "good_quality": True,
             "subset": subset}
            for i, (y, s, subset) in enumerate(zip(labels, scores, subsets, strict=True))
        ]  # fmt: skip
        metrics = metrics_of(rows, threshold) if judge and len(set(labels)) == 2 else {}
        return {
            "experiment": experiment, "split": split, "seed": seed, "role": "", **metrics,
            "n_recordings": len(rows), "segment_accuracy": 0.8, "threshold": threshold, "selection": "inner",
            "validation_macc": 0.85, "n_parameters": 1000, "commit": "0123456789ab", "seconds": 60.0,
            "core_seconds": 60.0, "validation": [], "recordings": rows, **changes,
        }  # fmt: skip

    return make


@pytest.fixture(scope="session")
def hearts() -> list[Recording]:
    """Sixteen short synthetic hearts on two devices, half of them abnormal."""
    from spectnet.synthesis import synthetic_hearts

    return synthetic_hearts(16, seed=0, duration_s=4.0, devices=("electronic", "contact"))


@pytest.fixture
def tiny_model() -> SpectNet:
    """Four filters, two small blocks and segments of a second, with random weights."""
    import torch

    from spectnet.model import SpectNet, SpectNetConfig

    torch.manual_seed(0)
    settings = {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 6, 8]}, "segment_s": 1.0}
    return SpectNet(SpectNetConfig.model_validate(settings)).eval()
