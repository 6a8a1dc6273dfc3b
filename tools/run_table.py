"""Train and test what results/table.toml plans and results/runs lacks, one run after the other.

    python tools/run_table.py --to runs                 # everything, in the table's order
    python tools/run_table.py --to runs --part 1 --experiment static-16 --experiment learned-16
    python tools/run_table.py --to runs --plan results/scenes.toml      # the sweep on ESC-10

A run that was stopped, however it was, goes on where it was. Each result is written as soon as its run is
done. Two of these may work beside each other on one machine: a run's file `lock` says that it is taken.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from spectnet import report, results, runs
from spectnet.experiment import load_experiment
from spectnet.report.plan import Part

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
Cell = tuple[str, str, int]  # experiment, split, seed


def planned_cells(parts: tuple[Part, ...]) -> Iterator[Cell]:
    """Every run of the parts: first seed 0 of all their rows, then seed 1, so that no row waits for long."""
    for part in parts:
        for seed in range(max(part.seeds.values())):
            for split in part.splits:
                yield from ((name, split, seed) for name, n in part.seeds.items() if seed < n)


def missing_cells(parts: tuple[Part, ...], on_record: list[dict]) -> list[Cell]:
    """Those of them that no record holds, each once."""
    done = {(r["experiment"], r["split"], r["seed"]) for r in on_record}
    return [cell for cell in dict.fromkeys(planned_cells(parts)) if cell not in done]


@contextmanager
def taken(run: Path) -> Iterator[bool]:
    """Whether this process has the run to itself; the system lets go of it even when that is killed."""
    run.mkdir(parents=True, exist_ok=True)
    with (run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def run_cell(cell: Cell, folder: Path, device: str | None) -> Path | None:
    """Train one run to its end and put its test on record; None where another process has it, or had."""
    name, split, seed = cell
    run = folder / f"{name}_{split}_seed{seed}"
    with taken(run) as mine:
        if not mine or (results.RUNS / f"{run.name}.json").is_file():
            return None
        experiment = load_experiment(CONFIGS / f"{name}.toml").changed(split=split, seed=seed)
        runs.train_experiment(experiment, run, device=device, resume=True)
        return results.save_result(runs.evaluate_run(run, device=device))


def main(
    to: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs"),
    part: Annotated[
        list[int] | None, typer.Option(help="Parts of the table, from 1; by default all.")
    ] = None,
    experiment: Annotated[list[str] | None, typer.Option(help="Rows; by default all.")] = None,
    plan_file: Annotated[Path, typer.Option("--plan", help="The table, as planned.")] = report.PLAN,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda ...; by default a GPU if there is one.")
    ] = None,
    dry: Annotated[bool, typer.Option("--list", help="Only list what is missing.")] = False,
) -> None:
    """Fill the table."""
    plan = report.load_plan(plan_file)
    chosen = tuple(plan[n - 1] for n in part) if part else plan
    for cell in missing_cells(chosen, results.load_results()):
        if experiment and cell[0] not in experiment:
            continue
        typer.echo("{}, {}, seed {}".format(*cell))
        if not dry and (path := run_cell(cell, to, device)):
            typer.echo(f"  {path}")


if __name__ == "__main__":
    typer.run(main)
