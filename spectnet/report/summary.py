"""Runs by experiment: means over seeds with their interval, and differences of twins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from spectnet.comparison import (
    Estimate,
    McNemar,
    compare,
    discordance,
    gather,
    macc_over_seeds,
    mcnemar,
    smallest_difference,
)
from spectnet.metrics import binary_metrics, challenge_score
from spectnet.report.plan import Part, paper_figures, with_unplanned

N_DRAWS = 4000
FROM_COUNTS = ("sensitivity", "specificity", "precision", "f1")
MEASURES = (*FROM_COUNTS, "challenge_score", "segment_accuracy")


@dataclass(frozen=True)
class Row:
    """One experiment over one or several splits, as planned and as run.

    Attributes:
        part: title of the part it belongs to.
        experiment: its name.
        splits: that it shows, one or all of the part.
        splits_run: how many of them were run with all of `estimate`'s seeds.
        seeds_planned: how many.
        estimate: MACC with interval over recordings and seeds; None where nothing was run.
        measures: means over seeds of sensitivity, specificity, precision, F1, the Challenge's score and
            segment accuracy, in 0 to 1; empty where nothing was run.
        core_seconds: of all its runs together.
        role: ``"chosen"`` or empty.
        paper: the paper's figures of the twin in percent, if it has one.
    """

    part: str
    experiment: str
    splits: tuple[str, ...]
    splits_run: int
    seeds_planned: int
    estimate: Estimate | None
    measures: dict[str, float]
    core_seconds: float
    role: str
    paper: dict | None

    @property
    def split(self) -> str:
        """The splits in a word: the one, or the first to the last."""
        return self.splits[0] if len(self.splits) == 1 else f"{self.splits[0]} to {self.splits[-1][-1]}"


@dataclass(frozen=True)
class Difference:
    """Two experiments of a part: how far the second is ahead, and what would have shown.

    Attributes:
        part: title of the part.
        first: name of the one.
        second: name of the other.
        by_recordings: difference of MACC, recordings drawn; None where twins are missing.
        by_blocks: the same with blocks of neighbours drawn.
        test: McNemar's, on accuracy of the seeds' mean score.
        detectable: the smallest difference of MACC that one seed's test would show, 4 times in 5; None
            where the two hardly ever disagree.
    """

    part: str
    first: str
    second: str
    by_recordings: Estimate | None
    by_blocks: Estimate | None
    test: McNemar | None
    detectable: float | None


def summary_rows(results: Sequence[dict], plan: Sequence[Part], *, n_draws: int = N_DRAWS) -> list[Row]:
    """A row for each experiment of each part; runs beyond the plan get parts of their own, at the end.

    Runs that chose their epoch on the test recordings count in none of them, nor do those of more than two
    classes: `sweep_rows` has them.

    Args:
        results: as `results.load_results` gives them.
        plan: as `load_plan` gives it.
        n_draws: of each bootstrap.

    Raises:
        ValueError: runs of one experiment tested different recordings.
    """
    honest = [r for r in results if r["selection"] == "inner" and r.get("classes") is None]
    return [
        _row(part, name, splits, honest, n_draws)
        for part in with_unplanned(plan, honest)
        for splits in ([(s,) for s in part.splits] if part.each else []) + [part.splits]
        for name in part.seeds
    ]


def complete(results: Sequence[dict], experiment: str, splits: Sequence[str]) -> list[dict]:
    """Honest runs of an experiment that make whole tests: seeds that ran on all splits.

    Where no seed did, those of the seed that ran on most.
    """
    mine = [
        r for r in results
        if r["experiment"] == experiment and r["split"] in splits and r["selection"] == "inner"
    ]  # fmt: skip
    run = {
        seed: {r["split"] for r in mine if r["seed"] == seed} for seed in sorted({r["seed"] for r in mine})
    }
    most = max((len(done) for done in run.values()), default=0)
    chosen = [seed for seed, done in run.items() if len(done) == most]
    if most < len(splits):
        chosen = chosen[:1]
    return [r for r in mine if r["seed"] in chosen]


def _row(part: Part, name: str, splits: tuple[str, ...], results: Sequence[dict], n_draws: int) -> Row:
    mine = complete(results, name, splits)
    balanced = part.over_subsets and len(splits) > 1
    paper = paper_figures()[part.paper[name]] if name in part.paper else None
    return Row(
        part.title,
        name,
        splits,
        len({r["split"] for r in mine}),
        part.seeds[name],
        macc_over_seeds(mine, over_subsets=balanced, n_draws=n_draws) if mine else None,
        _measures(mine) if mine else {},
        sum(r["core_seconds"] or 0.0 for r in mine),
        max((r["role"] for r in mine), default=""),
        paper,
    )


def _measures(mine: Sequence[dict]) -> dict[str, float]:
    """Means over seeds, each seed judged over all of its splits together."""
    judged = gather(mine)
    labels, good = judged.labels, np.array([r.good_quality for r in judged.recordings])
    called = np.where(judged.right, labels, 1 - labels).astype(float)  # (seeds, recordings)
    each = [binary_metrics(labels, row).as_dict() for row in called]
    values: dict[str, list] = {name: [one[name] for one in each] for name in FROM_COUNTS}
    values["challenge_score"] = [challenge_score(labels, row, 0.5, good) for row in called]
    values["segment_accuracy"] = [r["segment_accuracy"] for r in mine]
    # What is unknown for one seed, such as the precision of nothing called, is unknown on average.
    return {name: float(np.mean(found)) for name, found in values.items() if None not in found}


def difference_rows(
    results: Sequence[dict], plan: Sequence[Part], *, n_draws: int = N_DRAWS
) -> list[Difference]:
    """A row for each pair that the plan compares, over the splits and seeds that both have.

    Args:
        results: as `results.load_results` gives them.
        plan: as `load_plan` gives it.
        n_draws: of each bootstrap.
    """
    return list(_differences(results, plan, n_draws))


def _differences(results: Sequence[dict], plan: Sequence[Part], n_draws: int) -> Iterator[Difference]:
    for part in plan:
        for first, second in part.compare:
            one, other = twins(results, first, second, part.splits)
            if not one:
                yield Difference(part.title, first, second, None, None, None, None)
                continue
            drawn = partial(compare, one, other, over_subsets=part.over_subsets, n_draws=n_draws)
            yield Difference(
                part.title,
                first,
                second,
                drawn(),
                drawn(units="blocks"),
                mcnemar(one, other),
                _detectable(one, other),
            )


def twins(
    results: Sequence[dict], first: str, second: str, splits: Sequence[str]
) -> tuple[list[dict], list[dict]]:
    """Honest runs of two experiments on the same splits with the same seeds, as whole as there are."""
    shared = set.intersection(
        *(
            {
                (r["split"], r["seed"])
                for r in results
                if r["experiment"] == name and r["selection"] == "inner"
            }
            for name in (first, second)
        )
    )
    both = [r for r in results if (r["split"], r["seed"]) in shared]
    one, other = (complete(both, name, splits) for name in (first, second))
    return one, other


def _detectable(one: Sequence[dict], other: Sequence[dict]) -> float | None:
    try:
        return smallest_difference(discordance(one, other))
    except ValueError:  # they disagree on next to nothing
        return None
