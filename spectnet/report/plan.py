"""What was planned: parts of the table, their rows, splits and seeds, from ``results/table.toml``."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from spectnet.results import RUNS
from spectnet.settings import Settings, explain

PLAN = RUNS.parent / "table.toml"
PAPER = RUNS.parent / "paper.json"


class Part(Settings):
    """One part of the table: experiments that are compared over the same test recordings.

    Attributes:
        title: above its rows.
        splits: that are tested; together they test each recording once.
        seeds: how many were planned, by experiment, in the order of the rows.
        paper: which of the paper's systems is an experiment's twin.
        compare: pairs of experiments; the difference is the second less the first.
        each: show each split in a row of its own, too.
        over_subsets: let each subset count alike in the row of all splits.
    """

    title: str
    splits: tuple[str, ...]
    seeds: dict[str, int]
    paper: dict[str, str] = Field(default_factory=dict)
    compare: tuple[tuple[str, str], ...] = ()
    each: bool = False
    over_subsets: bool = False


class _Plan(Settings):
    part: tuple[Part, ...]


def load_plan(path: Path | str = PLAN) -> tuple[Part, ...]:
    """The parts of the table as planned.

    Raises:
        ValueError: no such file, not TOML, a misspelt key.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path} does not exist; restore it from the repository")
    try:
        return _Plan.model_validate(tomllib.loads(path.read_text())).part
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        raise ValueError(f"{path}: {explain(error)}") from error


def with_unplanned(plan: Sequence[Part], results: Sequence[dict]) -> tuple[Part, ...]:
    """The plan, and a part more for each split with runs that it does not foresee: none is left out."""
    planned = {(name, split) for part in plan for name in part.seeds for split in part.splits}
    seeds: dict[str, dict[str, int]] = {}
    for experiment, split in sorted({(r["experiment"], r["split"]) for r in results} - planned):
        run = {r["seed"] for r in results if (r["experiment"], r["split"]) == (experiment, split)}
        seeds.setdefault(split, {})[experiment] = len(run)
    return *plan, *(
        Part(title=f"Beside the plan: {split}", splits=(split,), seeds=found)
        for split, found in sorted(seeds.items())
    )


def paper_figures() -> dict[str, dict]:
    """The paper's rows on fold 0, by system, in percent."""
    return {row["system"]: row for row in json.loads(PAPER.read_text())["physionet2016-fold-0"]["rows"]}
