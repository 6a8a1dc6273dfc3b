"""Peak memory of one pass, each in a process of its own.

What is counted: how far the process's resident memory rises during one pass above what it held just before,
with the modules imported, the front-end built, its batch made and one pass over a tiny batch done. So
outputs, saved tensors, gradients, workspaces and compiled code that the tiny batch did not need all count;
the waveform, the parameters and the libraries do not. Linux keeps the high-water mark (VmHWM), and a 5 in
clear_refs resets it.

Freed blocks go back to the system at once (the same malloc settings for all), so that a peak is what was in
use, and no pass lives on what an earlier one left.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.workloads import Workload

TIME_LIMIT_S = 900.0
_MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "1"}


@dataclass(frozen=True)
class Probe:
    """What one pass in a process of its own showed.

    Attributes:
        peak_mb: extra memory at the peak, in 10^6 bytes; None where it did not finish.
        seconds: that it took, CPU time.
        note: why it did not finish.
        kernel_size: as the contestant tells it.
    """

    peak_mb: float | None = None
    seconds: float | None = None
    note: str | None = None
    kernel_size: int | None = None


def _resident_mb(field: str) -> float:
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6


def _give_back() -> None:
    """Return what is free to the system, so that the pass cannot live on it unseen."""
    gc.collect()
    with suppress(AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def _measure(
    channel: Connection,
    name: str,
    workload: Workload,
    initialisation: str,
    pass_: str,
    options: dict[str, Any],
) -> None:
    """Run in the child: build, warm up on little, reset the mark, run once, tell."""
    import torch

    from benchmarks.contestants import CONTESTANTS, NotRunnable
    from benchmarks.passes import run_pass

    torch.set_num_threads(1)
    try:
        contestant = CONTESTANTS[name]
        module = contestant.build(workload, initialisation, **options)
        # Little, but longer than the longest window of a peer: at 1 kHz some take 256 samples.
        run_pass(module, workload.smaller(batch=1, seconds=0.5).waveform(), pass_)
        waveform = workload.waveform()
        module.zero_grad(set_to_none=True)
        _give_back()
        Path("/proc/self/clear_refs").write_text("5")
        before, start = _resident_mb("VmRSS"), time.process_time()
        run_pass(module, waveform, pass_)
        seconds, peak = time.process_time() - start, _resident_mb("VmHWM") - before
        probe = Probe(round(max(0.0, peak), 2), seconds, None, contestant.kernel_size(module))
    except NotRunnable as error:
        probe = Probe(note=str(error))
    except Exception as error:  # whatever goes wrong in a contestant is its result
        probe = Probe(note=f"{type(error).__name__}: {error}".splitlines()[0][:200])
    channel.send(probe)


class MemoryServer:
    """Makes the processes: forks of one that has imported everything and run nothing."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["benchmarks.contestants", "benchmarks.passes"])
        kept = {key: os.environ.get(key) for key in _MALLOC}
        os.environ.update(_MALLOC)  # malloc reads them when the server starts
        try:
            multiprocessing.forkserver.ensure_running()
        finally:
            for key, value in kept.items():
                os.environ.pop(key) if value is None else os.environ.update({key: value})

    def probe(
        self, name: str, workload: Workload, initialisation: str, pass_: str, options: dict[str, Any]
    ) -> Probe:
        """Run one pass of contestant `name` in a new process and say what it took, or how it died."""
        receiver, sender = self._context.Pipe(duplex=False)
        arguments = (sender, name, workload, initialisation, pass_, options)
        process = self._context.Process(target=_measure, args=arguments)
        process.start()
        sender.close()
        try:
            return (
                receiver.recv()
                if receiver.poll(TIME_LIMIT_S)
                else Probe(note=f"no end in {TIME_LIMIT_S:.0f} s")
            )
        except EOFError:
            process.join()
            code = process.exitcode or 0
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            return Probe(note=f"crashes ({how})")
        finally:
            process.kill()
            process.join()
            receiver.close()
