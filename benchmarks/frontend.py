"""Speed, memory and error of the front-ends, ours beside the others.

    python -m benchmarks.frontend                      all of it, into results/benchmark-frontend.json (hours)
    python -m benchmarks.frontend --workload S1        one workload (repeat the option for more)
    python -m benchmarks.frontend --resume             leave out what this commit has on record
    python -m benchmarks.frontend --quick --output x   a small one, to see that it works: no numbers to keep

Prints one Markdown table. CPU seconds of this process on one thread: the median over rounds, in each of
which every contestant runs once. `passes.py` says what a pass is, `memory.py` what the peak counts,
`accuracy.py` what the error is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torch import nn

from benchmarks import accuracy, clips, record, report, timing
from benchmarks.contestants import CONTESTANTS, Contestant
from benchmarks.memory import MemoryServer, Probe
from benchmarks.passes import run_pass
from benchmarks.workloads import INITIALISATIONS, PASSES, WORKLOADS, Workload

ROUNDS = 7
TWO_THREADS = {"workloads": ("S1", "S2"), "contestants": ("spectnet", "spectnet-exact"), "rounds": 11}


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


class Group:
    """One workload at one initialisation: the contestants that meet there, and their rows."""

    def __init__(self, workload: Workload, initialisation: str, contestants: list[Contestant]) -> None:
        self.workload, self.initialisation = workload, initialisation
        self.contestants = [c for c in contestants if initialisation in c.initialisations]
        self.options = {c.name: c.prepare(workload, initialisation) for c in self.contestants}

    def probe(self, server: MemoryServer) -> dict[tuple[str, str], Probe]:
        """Memory of every pass; who dies here does not run in this process."""
        probes = {}
        for c in self.contestants:
            for pass_ in c.passes:
                options = self.options[c.name]
                found = server.probe(c.name, self.workload, self.initialisation, pass_, options)
                _say(f"  {c.name} {pass_}: {found.note or f'{found.peak_mb:.1f} MB, {found.seconds:.3f} s'}")
                probes[c.name, pass_] = found
                if found.note and "cannot be imported" in found.note:
                    probes |= dict.fromkeys(((c.name, other) for other in c.passes), found)
                    break
                if found.seconds and found.seconds > c.longest_s:  # and the passes after it take longer still
                    late = Probe(note=f"not timed: over {c.longest_s:.0f} s a pass")
                    rest = c.passes[c.passes.index(pass_) :]
                    probes |= dict.fromkeys(((c.name, other) for other in rest), late)
                    break
        return probes

    def time(self, probes: dict[tuple[str, str], Probe], rounds: int) -> dict[tuple[str, str], list[float]]:
        """CPU seconds of every pass that lives, by contestant and pass."""
        seconds = {}
        waveform = self.workload.waveform()
        modules = self._modules({name for (name, _), p in probes.items() if p.note is None})
        for pass_ in PASSES:
            alive = {n: m for n, m in modules.items() if (p := probes.get((n, pass_))) and p.note is None}
            expected = {name: probes[name, pass_].seconds or 0.0 for name in alive}
            for name, module in alive.items():
                slow = expected[name] > timing.SLOW_S
                run_pass(module, waveform[:1, : waveform.shape[1] // 4] if slow else waveform, pass_)
            _say(f"  timing {pass_}")
            found = timing.cpu_rounds(alive, waveform, pass_, rounds=rounds, expected=expected)
            seconds |= {(name, pass_): values for name, values in found.items()}
        return seconds

    def _modules(self, names: set[str]) -> dict[str, nn.Module]:
        return {
            c.name: c.build(self.workload, self.initialisation, **self.options[c.name])
            for c in self.contestants
            if c.name in names
        }

    def rows(self, server: MemoryServer, rounds: int) -> list[dict[str, Any]]:
        """Measure everything: a row a contestant and pass."""
        probes = self.probe(server)
        seconds = self.time(probes, rounds)
        rows = []
        for c in self.contestants:
            errors = gradients = None
            if any(probes[c.name, pass_].note is None for pass_ in c.passes):
                _say(f"  error of {c.name}")
                options = self.options[c.name]
                errors = accuracy.energy_errors(c, self.workload, self.initialisation, options)
                gradients = accuracy.gradient_errors(c, self.workload, self.initialisation, options)
            for pass_ in PASSES:
                timed = seconds.get((c.name, pass_))
                probe = probes.get((c.name, pass_), Probe(note="has no parameters that learn"))
                rows.append(self._row(c, pass_, probe, timed, errors, (gradients or {}).get(pass_)))
        return rows

    def _row(
        self,
        contestant: Contestant,
        pass_: str,
        probe: Probe,
        seconds: list[float] | None,
        errors: accuracy.Errors | None,
        gradients: dict[str, float] | None,
    ) -> dict[str, Any]:
        references = {"gammatone": "float64", "efficientleaf": "its own form at stride 1"}
        low, middle, high = timing.spread(seconds) if seconds else (None, None, None)
        return {
            "workload": self.workload.name,
            "contestant": contestant.name,
            "pass": pass_,
            "cpu_seconds": _rounded(middle),
            "cpu_seconds_range": [_rounded(low), _rounded(high)] if seconds else None,
            "rounds": len(seconds or []),
            "peak_mb": probe.peak_mb,
            "error_db": _rounded(max(errors.in_db.values())) if errors else None,
            "errors_db": _rounded(errors.in_db) if errors else None,
            "white_over_1_db": _rounded(errors.white_over_1_db) if errors else None,
            "error_reference": references.get(contestant.computes, f"none: {contestant.computes}"),
            "gradient_error": _rounded(max(gradients.values())) if gradients else None,
            "gradient_errors": _rounded(gradients),
            "initialisation": self.initialisation,
            "tolerance": contestant.tolerance,
            "threads": 1,
            "kernel_size": probe.kernel_size,
            "note": probe.note,
        }


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    return None if value is None else float(f"{value:.4g}") if abs(value) < float("inf") else 1e9


def two_thread_rows(
    workload: Workload, initialisation: str, contestants: list[Contestant], rounds: int
) -> list[dict]:
    """Wall time with one and with two threads, interleaved, with the load before and after."""
    modules = {c.name: c.build(workload, initialisation) for c in contestants}
    waveform, rows = workload.waveform(), []
    for pass_ in PASSES:
        before = timing.load()
        seconds = timing.wall_rounds(modules, waveform, pass_, rounds=rounds, threads=(1, 2))
        for c in contestants:
            one, two = (statistics.median(seconds[c.name, n]) for n in (1, 2))
            rows.append(
                {
                    "workload": workload.name,
                    "contestant": c.name,
                    "pass": pass_,
                    "cpu_seconds": None,
                    "wall_seconds": _rounded(two),
                    "wall_seconds_one_thread": _rounded(one),
                    "rounds": rounds,
                    "load": [before, timing.load()],
                    "peak_mb": None,
                    "error_db": None,
                    "initialisation": initialisation,
                    "tolerance": c.tolerance,
                    "threads": 2,
                    "kernel_size": None,
                    "note": None,
                }
            )
    return rows


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.frontend", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--workload", action="append", choices=WORKLOADS, help="only this one (repeat for more)"
    )
    parser.add_argument("--initialisation", action="append", choices=INITIALISATIONS, help="only this one")
    parser.add_argument(
        "--contestant", action="append", choices=CONTESTANTS, help="only this one (repeat for more)"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="readings a contestant and pass")
    parser.add_argument("--threads", type=int, choices=(1, 2), help="only the rows of one thread, or of two")
    parser.add_argument("--quick", action="store_true", help="two waveforms of half a second, one round")
    parser.add_argument("--resume", action="store_true", help="leave out what this commit has on record")
    parser.add_argument("--output", type=Path, default=record.RESULT, help="where the JSON goes")
    arguments = parser.parse_args(argv)
    if arguments.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {arguments.rounds}")
    if arguments.output == record.RESULT and (arguments.quick or not record.is_final(record.commit())):
        parser.error(
            "results/ takes whole runs of committed code only: commit first, or name another --output"
        )
    return arguments


def main(argv: list[str] | None = None) -> None:
    """Measure what was asked for, write it group by group, print the table."""
    arguments = _arguments(argv)
    timing.set_threads(1)
    server = MemoryServer()
    contestants = [CONTESTANTS[name] for name in arguments.contestant or CONTESTANTS]
    run = datetime.now(UTC).isoformat(timespec="seconds")
    beside = {"machine": record.machine(), "versions": record.versions(), "commit": record.commit()}
    beside |= {"hearts": "PhysioNet/CinC 2016" if clips.hearts_are_real() else "synthetic"}

    def write(rows: list[dict[str, Any]], start: float) -> None:
        stamp = {"run": f"{run} {rows[0]['workload']} {rows[0]['initialisation']}"}
        stamp |= {"group_seconds": round(time.perf_counter() - start)}
        record.merge(arguments.output, [row | stamp | beside for row in rows])

    def done(workload: str, initialisation: str, threads: int) -> bool:
        key = workload, initialisation, threads, beside["commit"]
        fields = "workload", "initialisation", "threads", "commit"
        return arguments.resume and key in {
            tuple(row[f] for f in fields) for row in record.load(arguments.output)
        }

    for name in arguments.workload or WORKLOADS:
        workload = WORKLOADS[name].smaller(batch=2, seconds=0.5) if arguments.quick else WORKLOADS[name]
        for initialisation in arguments.initialisation or INITIALISATIONS:
            if arguments.threads != 2 and not done(name, initialisation, 1):
                _say(f"{name} {initialisation}")
                start = time.perf_counter()
                group = Group(workload, initialisation, contestants)
                write(group.rows(server, 1 if arguments.quick else arguments.rounds), start)
            parallel = [c for c in contestants if c.name in TWO_THREADS["contestants"]]
            wanted = name in TWO_THREADS["workloads"] and parallel and arguments.threads != 1
            if wanted and not done(name, initialisation, 2):
                if (os.cpu_count() or 1) < 2:
                    _say("  one core: no rows of two threads")
                    continue
                _say(f"{name} {initialisation}, two threads")
                start, rounds = time.perf_counter(), 1 if arguments.quick else TWO_THREADS["rounds"]
                write(two_thread_rows(workload, initialisation, parallel, rounds), start)
    print(report.measurements(record.load(arguments.output)))


if __name__ == "__main__":
    main()
