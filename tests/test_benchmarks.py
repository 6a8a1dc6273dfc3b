"""Contestants compute what they claim, errors are found, records are whole."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import scipy.signal
import torch

from benchmarks import accuracy, frontend, record, reference, report, timing
from benchmarks.clips import NOISE_AND_HEARTS, clips
from benchmarks.contestants import CONTESTANTS, NotRunnable, gammatones
from benchmarks.contestants.efficientleaf import GroupedGabor, efficientleaf
from benchmarks.contestants.peers import _import
from benchmarks.memory import MemoryServer, Probe
from benchmarks.passes import run_pass
from benchmarks.workloads import INITIALISATIONS, PASSES, WORKLOADS, Workload

ROOT = Path(__file__).resolve().parents[1]
SMALL = Workload("H1-16", 2, 1500, 1000, 8, 25.0)
FIELDS = {
    "workload", "contestant", "pass", "cpu_seconds", "peak_mb", "error_db", "initialisation", "tolerance",
    "threads", "kernel_size", "machine", "versions", "commit",
}  # fmt: skip


def test_workloads_are_those_of_the_table() -> None:
    table = {
        "H1-16": (64, 2500, 1000, 16, 25, 10),
        "H1-64": (64, 2500, 1000, 64, 25, 10),
        "H2": (32, 10_000, 2000, 64, 50, 20),
        "S1": (8, 160_000, 16_000, 64, 400, 160),
        "S2": (4, 441_000, 44_100, 64, 1102, 441),
    }
    found = {
        name: (w.batch, w.n_samples, w.sample_rate, w.n_filters, w.window_length, w.hop_length)
        for name, w in WORKLOADS.items()
    }
    assert found == table
    assert {name: w.f_min for name, w in WORKLOADS.items()} == {
        "H1-16": 25, "H1-64": 25, "H2": 25, "S1": 50, "S2": 50,
    }  # fmt: skip


def test_reference_is_scipys_convolution_of_the_formula() -> None:
    frequencies, bandwidths = torch.tensor([60.0, 300.0]), torch.tensor([20.0, 45.0])
    waveform = clips(SMALL)["pink"]
    t = np.arange(3000) / 1000
    for row, (f, b) in enumerate(zip(frequencies.tolist(), bandwidths.tolist(), strict=True)):
        kernel = t**3 * np.exp(-2 * np.pi * b * t) * np.cos(2 * np.pi * f * t)
        kernel /= abs(scipy.signal.freqz(kernel, worN=[f], fs=1000)[1][0])
        output = np.convolve(waveform[0].double().numpy(), kernel)[:1500]
        expected = [np.mean(output[i : i + 25] ** 2) for i in range(0, 1476, 10)]
        found = reference.energy(SMALL, frequencies, bandwidths, waveform)[0, row]
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9)


def test_error_looks_at_the_top_80_db_only() -> None:
    expected = torch.tensor([[[1.0, 1e-3, 0.9e-8]]], dtype=torch.float64)
    found = expected * torch.tensor([1.0, 1.1, 5.0])
    assert reference.error_db(found, expected) == pytest.approx(10 * math.log10(1.1))
    assert reference.share_over(found, expected, db=0.1) == 0.5
    assert reference.error_db(found * math.nan, expected) == math.inf


@pytest.mark.parametrize("initialisation", INITIALISATIONS)
def test_plain_convolution_has_the_shortest_kernel_within_the_bound(initialisation: str) -> None:
    bound = gammatones.ERROR_BOUND_DB
    taps = gammatones.shortest_kernel(SMALL, initialisation)
    contestant = CONTESTANTS["conv1d"]

    def error_db(kernel_size: int) -> float:
        options = {"kernel_size": kernel_size}
        errors = accuracy.energy_errors(contestant, SMALL, initialisation, options)
        assert errors is not None
        return max(errors.in_db.values())

    # float32 adds its own 2e-3 dB to what the cut leaves out
    assert error_db(taps) < bound + 2e-3
    assert error_db(taps - 1) > bound - 2e-3
    assert contestant.prepare(SMALL, initialisation) == {"kernel_size": taps}


def test_plain_convolution_has_no_subnormal_taps() -> None:
    """They would make it many times slower, and the comparison unfair."""
    module = gammatones.plain_convolution(SMALL, "b100", kernel_size=1000)
    seen = []

    def conv1d(waveform: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
        seen.append(kernel)
        return torch.nn.functional.conv1d(waveform, kernel)

    with pytest.MonkeyPatch.context() as patch:
        spy = type("Functional", (), {**vars(torch.nn.functional), "conv1d": staticmethod(conv1d)})
        patch.setattr(gammatones, "functional", spy)
        module(clips(SMALL)["white"])
    nonzero = seen[0][seen[0] != 0].abs()
    assert len(nonzero) < seen[0].numel()
    assert nonzero.min() >= torch.finfo(torch.float32).tiny


@pytest.mark.parametrize("name", [n for n, c in CONTESTANTS.items() if c.computes == "gammatone"])
def test_gammatone_contestants_compute_the_references_energies(name: str) -> None:
    contestant = CONTESTANTS[name]
    for initialisation in INITIALISATIONS:
        options = contestant.prepare(SMALL, initialisation)
        errors = accuracy.energy_errors(contestant, SMALL, initialisation, options)
        assert errors is not None
        bound = 1e-3 if name == "spectnet-exact" else gammatones.ERROR_BOUND_DB + 2e-3
        assert max(errors.in_db.values()) < bound
        assert errors.white_over_1_db == 0
        assert clips(SMALL).keys() >= set(NOISE_AND_HEARTS) | {"speech", "chirp", "tones", "impulses"}


def test_a_wrong_contestant_has_an_error() -> None:
    """A tenth of an octave off in frequency must be seen, in the energies and in the gradients."""
    contestant = CONTESTANTS["conv1d"]
    errors = accuracy.energy_errors(contestant, SMALL, "default", {"kernel_size": 40})
    gradients = accuracy.gradient_errors(contestant, SMALL, "default", {"kernel_size": 40})
    assert errors is not None
    assert gradients is not None
    assert errors.in_db["white"] > 0.02
    assert gradients["forward_backward"]["white"] > 1e-2
    assert gradients["forward_backward_input"]["white"] >= gradients["forward_backward"]["white"]


def test_exact_gradients_are_float64s() -> None:
    gradients = accuracy.gradient_errors(CONTESTANTS["spectnet-exact"], SMALL, "default", {})
    assert gradients is not None
    assert max(gradients["forward_backward_input"][kind] for kind in NOISE_AND_HEARTS) < 1e-5


def test_papers_layer_is_its_formula() -> None:
    """81 taps and 240 frames of 2500 samples; correlation, sum of squares, log(x + 1e-16)."""
    workload = Workload("H1-16", 1, 2500, 1000, 4, 25.0)
    layer = CONTESTANTS["paper"].build(workload, "default").double()
    waveform = 0.1 * np.random.default_rng(0).normal(size=2500)
    mel = np.linspace(0, 2595 * np.log10(1 + 500 / 700), 4)
    t = np.arange(81) / 1000
    rows = []
    for f in 700 * (10 ** (mel / 2595) - 1):
        kernel = 1e4 * t**3 * np.exp(-2 * np.pi * 100 * t) * np.cos(2 * np.pi * f * t)
        squares = np.correlate(waveform, kernel, mode="valid") ** 2
        rows.append([np.log(squares[i : i + 25].sum() + 1e-16) for i in range(0, len(squares) - 24, 10)])
    found = layer(torch.from_numpy(waveform)[None])[0].detach().numpy()
    assert found.shape == (4, 240)
    np.testing.assert_allclose(found, rows, atol=1e-4)  # its raw parameters were float32


def test_papers_layer_keeps_its_whole_kernel_and_dense_pooling() -> None:
    sizes = []
    for workload in WORKLOADS.values():
        layer = CONTESTANTS["paper"].build(workload, "default")
        sizes.append(CONTESTANTS["paper"].kernel_size(layer))
        weights = dict(layer.named_parameters())["pooling"]
        assert weights.shape == (workload.n_filters, workload.n_filters, workload.window_length)
        assert weights.requires_grad
    assert sizes == [81, 81, 161, 1281, 3529]


def _plain_gabor(module: GroupedGabor, waveform: np.ndarray) -> np.ndarray:
    """Filter by filter in NumPy: Gabor, squared modulus, Gaussian window."""
    rows = []
    for group in module.groups:
        half = module.kernel_size(group) // 2
        t = np.arange(-half, half + 1)
        for i in range(group.start, group.stop):
            omega, sigma = module.angular_frequency[i].item(), module.deviation[i].item()
            gabor = np.exp(-0.5 * (t / sigma) ** 2 + 1j * omega * t) / (math.sqrt(2 * math.pi) * sigma)
            # correlation, as conv1d does; the modulus is that of the convolution with the conjugate
            squares = np.abs(np.convolve(waveform, gabor[::-1], mode="same")) ** 2
            n = module.window_length // 2
            window = np.exp(-0.5 * (np.arange(-n, n + 1) / (module.window_length / 2) / 0.4) ** 2)
            rows.append(np.convolve(squares, window / window.sum(), mode="same")[:: module.hop_length])
    return np.array(rows)


def test_efficientleaf_at_stride_one_is_plain_gabor_filtering() -> None:
    module = efficientleaf(SMALL, "default", floor=0.0, stride_factor=0.0)
    waveform = clips(SMALL)["white"]
    assert {module.stride(group) for group in module.groups} == {1}
    expected = np.log(_plain_gabor(module, waveform[0].double().numpy()))
    np.testing.assert_allclose(module(waveform)[0].detach().numpy(), expected, atol=1e-3)


def test_efficientleaf_gives_each_group_its_kernel_and_stride() -> None:
    module = efficientleaf(WORKLOADS["S1"], "default")
    sizes = [module.kernel_size(group) for group in module.groups]
    strides = [module.stride(group) for group in module.groups]
    assert len(sizes) == 8
    assert sizes == sorted(sizes, reverse=True)
    assert strides == sorted(strides, reverse=True)
    assert len(set(sizes)) > 4
    assert all(160 % stride == 0 and stride > 1 for stride in strides)
    errors = accuracy.energy_errors(CONTESTANTS["efficientleaf"], SMALL, "default", {})
    assert errors is not None
    assert 0 < errors.white_over_1_db < 0.5  # approximate, and yet the same feature


def test_efficientleaf_filters_are_as_wide_as_the_gammatones() -> None:
    """Half the power half a -3 dB width away."""
    workload = WORKLOADS["S1"]
    module = efficientleaf(workload, "default")
    layer = gammatones.spectrogram(workload, "default")
    width = layer.bandwidths[40].item() * 2 * math.sqrt(2 ** (1 / 4) - 1)
    sigma_s = module.deviation[40].item() / workload.sample_rate
    assert math.exp(-((2 * math.pi * sigma_s * width / 2) ** 2)) == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("name", CONTESTANTS)
def test_contestants_draw_what_they_are_asked_for(name: str) -> None:
    """A frame a hop, but for the window that some leave out at the edges; finite gradients to what learns."""
    contestant = CONTESTANTS[name]
    try:
        module = contestant.build(SMALL, "default", **contestant.prepare(SMALL, "default"))
    except NotRunnable as reason:
        pytest.skip(str(reason))  # the peers live in an environment of their own
    drawn = module(SMALL.waveform())
    assert drawn.shape[:2] == (2, 8)
    assert 138 <= drawn.shape[2] <= 151
    for pass_ in contestant.passes:
        run_pass(module, SMALL.waveform(), pass_)
        if pass_ == "forward_backward":
            assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
    assert ("forward_backward" in contestant.passes) == bool(list(module.parameters()))


def test_a_missing_peer_is_told_from_a_broken_one() -> None:
    with pytest.raises(NotRunnable, match="no_such_peer cannot be imported"):
        _import("no_such_peer")


def test_rounds_take_every_contestant_once_and_slow_ones_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    monkeypatch.setattr(timing, "run_pass", lambda module, waveform, pass_: ran.append(module))
    expected = {"quick": 1.0, "slow": timing.SLOW_S + 1}
    modules = dict(zip(expected, ("q", "s"), strict=True))
    seconds = timing.cpu_rounds(modules, torch.zeros(1), "forward", rounds=5, expected=expected)
    assert {name: len(values) for name, values in seconds.items()} == {"quick": 5, "slow": timing.FEW_ROUNDS}
    assert ran == ["q", "s", "s", "q", "q", "q", "q"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the high-water mark is Linux's")
def test_peak_memory_is_what_a_pass_holds() -> None:
    """conv1d holds the filters' output and its square at least; ours never does."""
    workload = Workload("H1-16", 8, 20_000, 1000, 16, 25.0)
    server = MemoryServer()
    outputs_mb = 8 * 20_000 * 16 * 4 / 1e6
    plain = server.probe("conv1d", workload, "b100", "forward_backward", {"kernel_size": 33})
    ours = server.probe("spectnet", workload, "b100", "forward_backward", {})
    assert plain.note is ours.note is None
    assert plain.peak_mb is not None
    assert ours.peak_mb is not None
    assert 2 * outputs_mb < plain.peak_mb < 8 * outputs_mb
    assert ours.peak_mb < outputs_mb
    assert plain.kernel_size == 33


def test_a_contestant_that_fails_is_a_row_with_its_reason() -> None:
    server = MemoryServer()
    broken = server.probe("conv1d", SMALL, "default", "forward", {"kernel_size": 0})
    assert broken.peak_mb is None
    assert "kernel_size" in (broken.note or "")


def test_who_takes_too_long_is_told_so_and_not_timed() -> None:
    """The passes after a long one take longer still, and are not even tried."""

    class Server:
        asked: ClassVar[list[str]] = []

        def probe(
            self, name: str, workload: Workload, initialisation: str, pass_: str, options: dict
        ) -> Probe:
            self.asked.append(pass_)
            return Probe(peak_mb=1.0, seconds={"forward": 10.0, "forward_backward": 31.0}[pass_])

    group = frontend.Group(SMALL, "default", [CONTESTANTS["spectnet-toeplitz"]])
    probes = group.probe(Server())
    notes = [probes["spectnet-toeplitz", pass_].note for pass_ in PASSES]
    assert Server.asked == ["forward", "forward_backward"]
    assert notes == [None, "not timed: over 30 s a pass", "not timed: over 30 s a pass"]


@pytest.fixture
def row() -> dict:
    """A row that a file may hold."""
    return {
        "workload": "S1", "initialisation": "default", "contestant": "spectnet", "pass": "forward_backward",
        "threads": 1, "cpu_seconds": 0.1, "peak_mb": 10.0, "run": "now",
    }  # fmt: skip


def test_rows_replace_those_of_the_same_key(tmp_path: Path, row: dict) -> None:
    path = tmp_path / "results.json"
    record.merge(path, [row, row | {"contestant": "conv1d"}])
    record.merge(path, [row | {"cpu_seconds": 0.2}])
    assert [r["cpu_seconds"] for r in record.load(path)] == [0.2, 0.1]
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match="not JSON compliant"):
        record.merge(path, [row | {"cpu_seconds": math.nan}])
    assert len(record.load(path)) == 2


def test_ratios_are_of_one_run(row: dict) -> None:
    goal = report.Goal("S1", "default", "conv1d", "cpu_seconds", 8.0)
    other = row | {"contestant": "conv1d", "cpu_seconds": 1.0}
    assert report.ratio([row, other], goal) == pytest.approx(10.0)
    assert report.ratio([row, other | {"run": "then"}], goal) is None
    assert report.ratio([row], goal) is None
    assert "| 10.0x |" in report.goals_table([row, other])
    assert "| 2.0x * |" in report.goals_table([row, other | {"cpu_seconds": 0.2}])


def test_changed_code_is_never_recorded_as_a_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not record.is_final("unknown")
    assert not record.is_final("0123abc" + record.CHANGED)
    assert record.is_final("0123abc")
    monkeypatch.setattr(record, "commit", lambda: "0123abc" + record.CHANGED)
    with pytest.raises(SystemExit):
        frontend.main(["--workload", "H1-16"])


@pytest.mark.timeout(300)  # two processes that import and compile
def test_a_small_run_writes_every_row(tmp_path: Path) -> None:
    path = tmp_path / "small.json"
    names = ["spectnet", "conv1d", "paper", "torchaudio-mel"]
    command = [
        sys.executable,
        "-m",
        "benchmarks.frontend",
        "--quick",
        "--workload",
        "H1-16",
        "--output",
        path,
    ]
    command += ["--initialisation", "default", *(word for name in names for word in ("--contestant", name))]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    rows = json.loads(path.read_text())
    assert [(r["contestant"], r["pass"]) for r in rows] == [
        (name, pass_) for name in names for pass_ in PASSES
    ]
    assert all(r.keys() >= FIELDS for r in rows)
    for r in rows:
        if (r["contestant"], r["pass"]) == ("torchaudio-mel", "forward_backward"):
            assert r["cpu_seconds"] is None
            assert r["note"] == "has no parameters that learn"
        else:
            assert r["cpu_seconds"] > 0
            assert r["peak_mb"] >= 0
    assert [r["error_db"] is None for r in rows[::3]] == [False, False, True, True]
    assert run.stdout.count("\n| H1-16 | default |") == len(names)


def test_two_threads_are_set_against_one_in_the_same_rounds() -> None:
    rows = frontend.two_thread_rows(SMALL, "default", [CONTESTANTS["spectnet"]], rounds=2)
    assert [r["pass"] for r in rows] == list(PASSES)
    for r in rows:
        assert r["threads"] == 2
        assert r["wall_seconds"] > 0
        assert r["wall_seconds_one_thread"] > 0
        assert len(r["load"]) == 2
    assert "two threads, forward backward, load" in report.bounds_table(rows)
    assert torch.get_num_threads() == 1


@pytest.fixture(scope="module")
def recorded() -> list[dict]:
    """The rows in results/."""
    rows = record.load()
    if not rows:
        pytest.fail("no results/benchmark-frontend.json: run `make bench`")
    return rows


# Who must be there, and where: what a goal compares at every workload, the packages at least once.
EVERYWHERE = ("spectnet", "spectnet-exact", "conv1d", "efficientleaf")
PEERS = {"nnaudio-mel", "torchaudio-mel", "speechbrain-leaf", "asteroid-sinc"}


def test_recorded_rows_are_whole(recorded: list[dict]) -> None:
    assert all(r.keys() >= FIELDS for r in recorded)
    assert recorded[0]["machine"]["processor"]
    assert recorded[0]["versions"].keys() >= {"python", "torch", "numba", "nnaudio", "speechbrain"}
    single = {tuple(r[f] for f in ("workload", "initialisation", "contestant", "pass")) for r in recorded}
    for name in EVERYWHERE:
        assert {(w, i, name, p) for w in WORKLOADS for i in INITIALISATIONS for p in PASSES} <= single
    assert {(w, "default", "paper", p) for w in WORKLOADS for p in PASSES} <= single
    for workload in ("H1-64", "S1"):
        assert {r["contestant"] for r in recorded if r["workload"] == workload} >= PEERS
    assert {r["workload"] for r in recorded if r["threads"] == 2} == {"S1", "S2"}


def test_every_recorded_run_is_of_one_commit(recorded: list[dict]) -> None:
    commits: dict[str, set[str]] = {}
    for r in recorded:
        commits.setdefault(r["run"], set()).add(r["commit"])
        assert record.is_final(r["commit"])
        assert re.fullmatch("[0-9a-f]{12}", r["commit"])
    assert all(len(found) == 1 for found in commits.values())  # ratios are taken inside a run


def test_recorded_numbers_or_the_reason_why_there_are_none(recorded: list[dict]) -> None:
    for r in recorded:
        if r["threads"] == 1:
            assert (r["cpu_seconds"] is None) == (r["peak_mb"] is None) == bool(r["note"])
            assert (r["error_db"] is None) == r["error_reference"].startswith("none") or r["note"]


def test_recorded_errors_keep_their_bounds(recorded: list[dict]) -> None:
    ours = [r for r in recorded if r["contestant"] in report.ERROR_BOUNDS_DB and r["threads"] == 1]
    assert ours
    for r in ours:
        assert r["error_db"] <= report.ERROR_BOUNDS_DB[r["contestant"]]
        if r["pass"] == "forward_backward":
            kinds, bound = report.GRADIENT_BOUNDS[r["contestant"]]
            assert all(r["gradient_errors"][kind] <= bound for kind in kinds if kind in r["gradient_errors"])


def test_requirements_are_exact_and_leave_the_lock_alone() -> None:
    lines = (ROOT / "benchmarks" / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    locked = {
        line.partition("==")[0].lower() for line in (ROOT / "requirements.lock").read_text().splitlines()
    }
    assert not {pin.partition("==")[0].lower() for pin in pins} & locked
