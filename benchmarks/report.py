"""The benchmark's rows as tables: all that was measured, and how it stands to what was aimed at.

python -m benchmarks.report     all of them, from results/benchmark-frontend.json
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import record

Row = dict[str, Any]
MAIN_PASS = "forward_backward"


@dataclass(frozen=True)
class Goal:
    """A ratio to reach, forward and backward to the parameters.

    Attributes:
        workload: where.
        initialisation: of the filters.
        against: the contestant that ours is divided into.
        quantity: ``"cpu_seconds"``, or ``"peak_mb"``.
        times: how many times less ours should take.
    """

    workload: str
    initialisation: str
    against: str
    quantity: str
    times: float


def _goals() -> tuple[Goal, ...]:
    speed = [  # workload, initialisation, against conv1d, against the paper's layer
        ("H1-16", "default", 3, 5),
        ("H1-64", "default", 5, 10),
        ("H2", "default", 6, 20),
        ("S1", "default", 8, 16),
        ("S1", "b100", 10, 16),
        ("S2", "default", 20, None),
        ("S2", "b100", 28, None),
    ]
    memory = {"H1-16": 5, "H1-64": 8, "H2": 8, "S1": 25, "S2": 25}
    goals = []
    for workload, initialisation, conv1d, paper in speed:
        goals.append(Goal(workload, initialisation, "conv1d", "cpu_seconds", conv1d))
        if paper:
            goals.append(Goal(workload, initialisation, "paper", "cpu_seconds", paper))
        goals.append(Goal(workload, initialisation, "conv1d", "peak_mb", memory[workload]))
        if workload in {"S1", "S2"}:
            times = 1.0 if workload == "S1" else 1.2
            goals.append(Goal(workload, initialisation, "efficientleaf", "cpu_seconds", times))
    return tuple(goals)


GOALS = _goals()
TWO_THREADS_FASTER = 1.6
ERROR_BOUNDS_DB = {"spectnet": 0.02, "spectnet-exact": 1e-3}
GRADIENT_BOUNDS = {  # contestant to the clips that count, and the largest relative error
    "spectnet": (("tones",), 1e-2),
    "spectnet-exact": (("white", "pink", "heart"), 1e-5),
}


def find(rows: Iterable[Row], **fields: Any) -> Row | None:
    """The first row with these fields."""
    return next((row for row in rows if all(row.get(key) == value for key, value in fields.items())), None)


def ratio(rows: list[Row], goal: Goal, ours: str = "spectnet") -> float | None:
    """How many times less `ours` takes; None where a number is missing or they did not run together."""
    place = {
        "workload": goal.workload,
        "initialisation": goal.initialisation,
        "pass": MAIN_PASS,
        "threads": 1,
    }
    mine, other = find(rows, contestant=ours, **place), find(rows, contestant=goal.against, **place)
    if not (mine and other and mine["run"] == other["run"]):
        return None
    if not mine[goal.quantity] or other[goal.quantity] is None:
        return None
    return other[goal.quantity] / mine[goal.quantity]


def goals_table(rows: list[Row]) -> str:
    """Every goal beside what was reached, for the default and for the exact mode, as Markdown."""
    quantities = {"cpu_seconds": "time", "peak_mb": "memory"}
    lines = [
        "| workload | initialisation | against | quantity | goal | reached | exact mode |",
        "|---|---|---|---|---:|---:|---:|",
    ]
    for goal in GOALS:
        default, exact = (ratio(rows, goal, ours) for ours in ("spectnet", "spectnet-exact"))
        other = find(
            rows, workload=goal.workload, initialisation=goal.initialisation, contestant=goal.against
        )
        reached = _times(default) + (" *" if default is not None and default < goal.times else "")
        if default is None and other and other.get("note"):
            reached = other["note"]
        lines.append(
            f"| {goal.workload} | {goal.initialisation} | {goal.against} | {quantities[goal.quantity]} "
            f"| {goal.times:g}x | {reached} | {_times(exact)} |"
        )
    return "\n".join([*lines, "", "\\* short of the goal"])


def bounds_table(rows: list[Row]) -> str:
    """Errors and gradient errors beside their bounds, and what a second thread brings, as Markdown."""
    lines = [
        "| workload | initialisation | contestant | what | bound | measured |",
        "|---|---|---|---|---:|---:|",
    ]
    for row in rows:
        place = f"| {row['workload']} | {row['initialisation']} | {row['contestant']} "
        if row["threads"] == 2:
            faster = row["wall_seconds_one_thread"] / row["wall_seconds"]
            what = (
                f"two threads, {row['pass'].replace('_', ' ')}, load {row['load'][0]:g} to {row['load'][1]:g}"
            )
            lines.append(f"{place}| {what} | {TWO_THREADS_FASTER}x | {faster:.2f}x |")
        elif row["contestant"] in ERROR_BOUNDS_DB and row["pass"] == MAIN_PASS:
            bound, error = ERROR_BOUNDS_DB[row["contestant"]], row["error_db"]
            lines.append(f"{place}| error in dB | {bound:g} | {_number(error)} |")
            kinds, bound = GRADIENT_BOUNDS[row["contestant"]]
            errors = [row["gradient_errors"][k] for k in kinds if k in (row["gradient_errors"] or {})]
            what = f"parameters' gradient, {', '.join(kinds)}"
            lines.append(f"{place}| {what} | {bound:g} | {_number(max(errors, default=None))} |")
    return "\n".join(lines)


def measurements(rows: list[Row]) -> str:
    """All rows of one thread as one Markdown table: a line a contestant, its three passes side by side."""
    lines = [
        "| workload | initialisation | contestant | forward, ms | + backward to parameters | + to the input "
        "| peak, MB (the same passes) | error, dB | kernel | |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    seen: dict[tuple, list[Row]] = {}
    for row in rows:
        if row["threads"] == 1:
            seen.setdefault((row["workload"], row["initialisation"], row["contestant"]), []).append(row)
    for (workload, initialisation, contestant), group in seen.items():
        times = " | ".join(_milliseconds(row["cpu_seconds"]) for row in group)
        peaks = " / ".join(_number(row["peak_mb"]) for row in group)
        notes = "; ".join(dict.fromkeys(row["note"] for row in group if row["note"]))
        lines.append(
            f"| {workload} | {initialisation} | {contestant} | {times} | {peaks} "
            f"| {_number(group[0]['error_db'])} | {group[0]['kernel_size'] or ''} | {notes} |"
        )
    return "\n".join(lines)


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}x"


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1000 * seconds:.3g}" if seconds < 1 else f"{1000 * seconds:.0f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2g}" if abs(value) < 10 else f"{value:.0f}"


def main(path: Path = record.RESULT) -> None:
    """Print the three tables."""
    rows = record.load(path)
    print(measurements(rows), goals_table(rows), bounds_table(rows), sep="\n\n")


if __name__ == "__main__":
    main()
