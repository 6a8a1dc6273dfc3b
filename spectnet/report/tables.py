"""The report's tables: as flat records for JSON and CSV, and as Markdown for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spectnet.comparison import Estimate
from spectnet.report.errors import Group
from spectnet.report.summary import MEASURES, Difference, Row

EMPTY = "–"


def summary_records(rows: Sequence[Row]) -> list[dict]:
    """The summary as flat dicts: shares in 0 to 1, the paper's in percent, None where nothing was run."""
    return [
        {
            "part": row.part, "experiment": row.experiment, "split": row.split, "role": row.role,
            "splits_run": row.splits_run, "seeds_planned": row.seeds_planned,
            "seeds": len(row.estimate.seeds) if row.estimate else 0,
            **_flat("macc", row.estimate),
            "macc_seed_deviation": row.estimate.seed_deviation if row.estimate else None,
            **{name: row.measures.get(name) for name in MEASURES},
            "n_recordings": row.estimate.n_recordings if row.estimate else None,
            "core_seconds": round(row.core_seconds, 1),
            "paper_macc": row.paper["macc"] if row.paper else None,
        }
        for row in rows
    ]  # fmt: skip


def difference_records(found: Sequence[Difference]) -> list[dict]:
    """The differences as flat dicts."""
    return [
        {
            "part": d.part, "first": d.first, "second": d.second,
            "seeds": len(d.by_recordings.seeds) if d.by_recordings else 0,
            **_flat("difference", d.by_recordings),
            **{f"blocks_{end}": getattr(d.by_blocks, end, None) for end in ("low", "high")},
            "excludes_zero": d.by_recordings.excludes_zero if d.by_recordings else None,
            "only_first_right": d.test.only_first if d.test else None,
            "only_second_right": d.test.only_second if d.test else None,
            "mcnemar_p": d.test.p_value if d.test else None,
            "detectable_by_one_seed": d.detectable,
            "detectable_by_all_seeds": d.by_recordings.detectable() if d.by_recordings else None,
        }
        for d in found
    ]  # fmt: skip


def _flat(name: str, found: Estimate | None) -> dict:
    keys = {name: "value", f"{name}_low": "low", f"{name}_high": "high"}
    return {key: getattr(found, end, None) for key, end in keys.items()}


def summary_markdown(rows: Sequence[Row]) -> str:
    """A table for each part; shares in percent, empty cells where nothing was run."""
    lines: list[str] = []
    for part in dict.fromkeys(row.part for row in rows):
        lines += [f"\n### {part}\n", *_table(
            ["experiment", "split", "seeds", "MACC (95 % interval)", "SD over seeds", "sensitivity",
             "specificity", "precision", "F1", "Challenge", "segments", "core-minutes", "paper's MACC"],
            [_summary_cells(row) for row in rows if row.part == part],
        )]  # fmt: skip
    return "\n".join(lines).strip()


def _summary_cells(row: Row) -> list[str]:
    found, deviation = row.estimate, row.estimate.seed_deviation if row.estimate else None
    partly = (
        f" ({row.splits_run} of {len(row.splits)} splits)" if 0 < row.splits_run < len(row.splits) else ""
    )
    return [
        row.experiment + (" (chosen)" if row.role == "chosen" else ""),
        row.split + partly,
        f"{len(found.seeds) if found else 0} of {row.seeds_planned}",
        _interval(found) if found else EMPTY,
        EMPTY if deviation is None else f"{100 * deviation:.1f}",
        *(_percent(row.measures.get(name)) for name in MEASURES),
        f"{row.core_seconds / 60:.0f}" if found else EMPTY,
        f"{row.paper['macc']:.1f}" if row.paper else EMPTY,
    ]


def difference_markdown(found: Sequence[Difference]) -> str:
    """A line for each comparison: points with both intervals, McNemar's test, and what would have shown."""
    return "\n".join(_table(
        ["comparison", "part", "seeds", "difference, recordings drawn", "blocks drawn", "only first right",
         "only second right", "McNemar's p", "detectable by one seed", "by all"],
        [_difference_cells(d) for d in found],
    ))  # fmt: skip


def _difference_cells(d: Difference) -> list[str]:
    name = f"{d.second} less {d.first}"
    if d.by_recordings is None or d.by_blocks is None or d.test is None:
        return [name, d.part, "0", *[EMPTY] * 7]
    return [
        name, d.part, str(len(d.by_recordings.seeds)), _interval(d.by_recordings, signed=True),
        _interval(d.by_blocks, signed=True), str(d.test.only_first), str(d.test.only_second),
        f"{d.test.p_value:.3f}", _percent(d.detectable), _percent(d.by_recordings.detectable()),
    ]  # fmt: skip


def errors_markdown(found: Sequence[Group]) -> str:
    """A line for each group of recordings: who is missed."""
    return "\n".join(_table(
        ["recordings", "abnormal", "normal", "sensitivity", "specificity", "share of all errors"],
        [[g.name, str(g.n_abnormal), str(g.n_normal),
          *map(_percent, (g.sensitivity, g.specificity, g.share_of_errors))] for g in found],
    ))  # fmt: skip


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def _percent(share: float | None) -> str:
    return EMPTY if share is None else f"{100 * share:.1f}"


def _interval(found: Estimate, *, signed: bool = False) -> str:
    value, low, high = (f"{100 * v:{'+' if signed else ''}.1f}" for v in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"
