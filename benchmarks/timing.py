"""Time, contestant beside contestant: each runs once a round, so that what slows the machine slows all."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from benchmarks.passes import run_pass

SHORTEST_S = 0.1  # a reading repeats its pass until it is this long
SLOW_S, FEW_ROUNDS = 5.0, 2  # who takes so long a pass runs in so few of the rounds


def cpu_rounds(
    modules: dict[str, nn.Module], waveform: Tensor, pass_: str, *, rounds: int, expected: dict[str, float]
) -> dict[str, list[float]]:
    """Process CPU seconds of one pass, one value a round, contestants interleaved.

    Args:
        modules: the contestants, warmed up.
        waveform: the batch.
        pass_: one of `workloads.PASSES`.
        rounds: how many.
        expected: about how many seconds each takes.
    """
    seconds: dict[str, list[float]] = {name: [] for name in modules}
    names = list(modules)
    with _no_collection():
        for k in range(rounds):
            for name in names[k % len(names) :] + names[: k % len(names)]:  # each has another before it
                if expected[name] > SLOW_S and k >= FEW_ROUNDS:
                    continue
                repeats = max(1, round(SHORTEST_S / max(expected[name], 1e-4)))
                gc.collect()
                start = time.process_time()
                for _ in range(repeats):
                    run_pass(modules[name], waveform, pass_)
                seconds[name].append((time.process_time() - start) / repeats)
    return seconds


def wall_rounds(
    modules: dict[str, nn.Module], waveform: Tensor, pass_: str, *, rounds: int, threads: tuple[int, ...]
) -> dict[tuple[str, int], list[float]]:
    """Wall-clock seconds of one pass with so many threads each, interleaved."""
    seconds: dict[tuple[str, int], list[float]] = {(name, n): [] for name in modules for n in threads}
    with _no_collection():
        for _ in range(rounds):
            for name, module in modules.items():
                for n in threads:
                    set_threads(n)
                    run_pass(module, waveform[:1], pass_)  # the pool has its size before the clock runs
                    gc.collect()
                    start = time.perf_counter()
                    run_pass(module, waveform, pass_)
                    seconds[name, n].append(time.perf_counter() - start)
    set_threads(1)
    return seconds


def set_threads(n: int) -> None:
    """Let PyTorch use `n` threads; the package's own workers follow PyTorch's number."""
    torch.set_num_threads(n)


def load() -> float:
    """Processes that want to run, averaged over the last minute; this one is among them."""
    return round(os.getloadavg()[0], 2)


def spread(values: list[float]) -> tuple[float, float, float]:
    """Lowest, median and highest."""
    return min(values), statistics.median(values), max(values)


@contextmanager
def _no_collection() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
