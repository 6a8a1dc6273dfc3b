"""Segments per second in training: our whole model beside the paper's network, and where the time goes.

    python -m benchmarks.training                      all of it, into results/benchmark-training.json
    python -m benchmarks.training --small --output x   a few seconds, to see that it works: no numbers to keep
    python -m benchmarks.training --compile            with our CNN compiled by PyTorch besides

Prints two Markdown tables. Every network runs in the same harness: the same batches of 64 segments of 2.5 s
at 1 kHz, the same loss, the same optimiser. A round takes one step of each, so that what slows the machine
slows all; a number is the median over the rounds. On one thread it is CPU time, on two it is the clock's:
that says something only on a machine that does nothing else, since threads that wait for each other spin.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from torch import nn

from benchmarks import record, timing
from benchmarks.paper_network import paper_network
from benchmarks.training_step import BATCH_PARTS, MODEL_PARTS, Batches, Trainee, our_experiment
from spectnet.model import SpectNet

RESULT = record.ROOT / "results" / "benchmark-training.json"
ROUNDS, WARM_UP, BATCH_SIZE = 15, 2, 64
KEY = ("contestant", "threads", "part")
STEP = "step"


@dataclass(frozen=True)
class Contestant:
    """A network as it trains."""

    name: str
    network: str
    precision: str
    channels_last: bool = True
    compiled: bool = False

    def build(self) -> Trainee:
        """It, with fresh weights."""
        model: nn.Module = paper_network() if self.network == "paper" else SpectNet(our_experiment().model)
        return Trainee(
            model.train(), self.precision, channels_last=self.channels_last, compiled=self.compiled
        )


PUBLISHED = "paper, fp32"
CONTESTANTS = (
    Contestant(PUBLISHED, "paper", "fp32", channels_last=False),
    Contestant("paper, fp32, channels last", "paper", "fp32"),
    Contestant("paper, bf16, channels last", "paper", "bf16"),
    Contestant("spectnet, fp32", "spectnet", "fp32"),
    Contestant("spectnet, bf16", "spectnet", "bf16"),
)
COMPILED = Contestant("spectnet, bf16, compiled", "spectnet", "bf16", compiled=True)

Seconds = dict[tuple[str, str], list[float]]


def measure(trainees: dict[str, Trainee], batches: Batches, rounds: int, threads: int) -> Seconds:
    """Seconds of every part of every network's step, one value a round."""
    clock = time.process_time if threads == 1 else time.perf_counter
    timing.set_threads(threads)
    seconds: Seconds = {}
    names = list(trainees)
    gc.disable()
    for k in range(-WARM_UP, rounds):
        for name in names[k % len(names) :] + names[: k % len(names)]:  # each has another before it
            waveform, labels, parts = batches.next(clock)
            parts |= trainees[name].step(waveform, labels, clock)
            parts[STEP] = sum(parts[part] for part in MODEL_PARTS)
            if name.startswith("spectnet"):
                frontend = trainees[name].model.frontend
                rate = frontend.sample_rate / frontend.hop_length
                parts["masks"] = batches.mask(frontend(waveform).detach(), rate, clock)
            gc.collect()
            for part, value in parts.items() if k >= 0 else ():
                seconds.setdefault((name, part), []).append(value)
    gc.enable()
    timing.set_threads(1)
    return seconds


def rows_of(
    contestant: Contestant, trainee: Trainee, seconds: Seconds, batch_size: int, threads: int
) -> list[dict[str, Any]]:
    """A row a part, and one for the whole step."""
    rows = []
    for part in (STEP, *BATCH_PARTS, *MODEL_PARTS):
        if (contestant.name, part) not in seconds:
            continue
        low, middle, high = timing.spread(seconds[contestant.name, part])
        rows.append(
            {
                "contestant": contestant.name,
                "threads": threads,
                "part": part,
                "seconds": float(f"{middle:.4g}"),
                "seconds_range": [float(f"{low:.4g}"), float(f"{high:.4g}")],
                "clock": "CPU" if threads == 1 else "wall",
                "segments_per_second": round(batch_size / middle, 1) if part == STEP else None,
                "rounds": len(seconds[contestant.name, part]),
                "batch_size": batch_size,
                "precision": contestant.precision,
                "channels_last": contestant.channels_last,
                "compiled": contestant.compiled,
                "n_parameters": sum(p.numel() for p in trainee.model.parameters()),
            }
        )
    return rows


def speed_table(rows: list[dict[str, Any]]) -> str:
    """Segments per second, and how many times the published network's."""
    steps = {(row["contestant"], row["threads"]): row for row in rows if row["part"] == STEP}
    lines = [
        "| network | parameters | threads | segments per second | lowest to highest | times the paper's |",
        "|---|---:|---:|---:|---|---:|",
    ]
    for (name, threads), row in steps.items():
        slow, fast = (row["batch_size"] / value for value in reversed(row["seconds_range"]))
        published = steps.get((PUBLISHED, threads))
        times = f"{published['seconds'] / row['seconds']:.1f}" if published else ""
        lines.append(
            f"| {name} | {row['n_parameters']:,} | {threads} | {row['segments_per_second']:.0f} "
            f"| {slow:.0f} to {fast:.0f} | {times} |"
        )
    return "\n".join(lines)


def parts_table(rows: list[dict[str, Any]]) -> str:
    """Milliseconds of one thread for each part of a batch, network beside network."""
    found = {(r["contestant"], r["part"]): 1000 * r["seconds"] for r in rows if r["threads"] == 1}
    names = list(dict.fromkeys(name for name, _ in found))
    if not names:
        return "No rows of one thread."
    lines = [f"| ms a batch | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    for part in (*BATCH_PARTS, *MODEL_PARTS, STEP):
        cells = [f"{found[name, part]:.1f}" if (name, part) in found else "-" for name in names]
        lines.append(f"| {part} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="readings a network")
    parser.add_argument("--threads", type=int, action="append", choices=(1, 2), help="only this many")
    parser.add_argument("--compile", action="store_true", help="let PyTorch compile our CNN besides")
    parser.add_argument("--small", action="store_true", help="batches of four, two rounds, one thread")
    parser.add_argument("--output", type=Path, default=RESULT, help="where the JSON goes")
    arguments = parser.parse_args(argv)
    if arguments.rounds < 1:
        parser.error(f"--rounds must be at least 1, got {arguments.rounds}")
    if arguments.output == RESULT and (arguments.small or not record.is_final(record.commit())):
        parser.error(
            "results/ takes whole runs of committed code only: commit first, or name another --output"
        )
    return arguments


def main(argv: list[str] | None = None) -> None:
    """Measure, write all rows at once, print the tables."""
    arguments = _arguments(argv)
    rounds, batch_size = (2, 4) if arguments.small else (arguments.rounds, BATCH_SIZE)
    stamp: dict[str, Any] = {
        "run": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": record.commit(),
    }
    stamp |= {"machine": record.machine(), "versions": record.versions()}
    contestants = (*CONTESTANTS, COMPILED) if arguments.compile else CONTESTANTS
    trainees = {contestant.name: contestant.build() for contestant in contestants}
    batches, rows = Batches(batch_size), list[dict[str, Any]]()
    for threads in arguments.threads or ((1,) if arguments.small else (1, 2)):
        if threads > _cores():
            print(f"{_cores()} core to run on: no rows of {threads} threads", file=sys.stderr)
            continue
        before = timing.load()
        seconds = measure(trainees, batches, rounds, threads)
        load = {"load": [before, timing.load()]}
        for contestant in contestants:
            found = rows_of(contestant, trainees[contestant.name], seconds, batch_size, threads)
            rows += [row | load | stamp for row in found]
    record.merge(arguments.output, rows, KEY)
    rows = record.load(arguments.output)
    print(speed_table(rows), parts_table(rows), sep="\n\n")


def _cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    main()
