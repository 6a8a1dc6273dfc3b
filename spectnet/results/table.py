"""All runs side by side: as rows for a program, as Markdown for a reader, as CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

COLUMNS = (
    "experiment", "split", "seed", "macc", "macc_interval", "sensitivity", "specificity", "precision", "f1",
    "challenge_score", "macc_without_e", "n_recordings", "segment_accuracy", "threshold", "validation_macc",
    "n_parameters", "commit", "seconds", "core_seconds", "selection", "role",
)  # fmt: skip


def table_rows(results: Sequence[dict]) -> list[dict]:
    """The columns that compare runs, one dict a run; shares lie in 0 to 1."""
    return [{column: result[column] for column in COLUMNS} for result in results]


def csv_table(results: Sequence[dict]) -> str:
    """The same for a spreadsheet, the interval in two columns of its own."""
    text = io.StringIO()
    columns = [c for c in COLUMNS if c != "macc_interval"]
    place = columns.index("macc") + 1
    columns[place:place] = ["macc_low", "macc_high"]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in table_rows(results):
        low, high = row.pop("macc_interval")
        writer.writerow(row | {"macc_low": low, "macc_high": high})
    return text.getvalue()


def markdown_table(results: Sequence[dict]) -> str:
    """The same for a reader: shares in percent, MACC with its 95 % interval.

    A run whose epoch was chosen on the test recordings, and the one chosen before, say so behind the seed.
    """
    head = (
        "| experiment | split | seed | MACC (95 % interval) | sensitivity | specificity "
        "| Challenge | segments | recordings |"
    )
    return "\n".join([head, "|---|---|---:|---|---:|---:|---:|---:|---:|", *map(_line, results)])


def _percent(share: float | None) -> str:
    """A share in percent; a dash where it is unknown, or has no meaning for more than two classes."""
    return "–" if share is None else f"{100 * share:.1f}"


def _line(result: dict) -> str:
    low, high = result["macc_interval"]
    notes = ["chosen"] if result["role"] == "chosen" else []
    notes += ["epoch chosen on the test recordings"] if result["selection"] == "test-fold" else []
    cells = [
        result["experiment"] + (f" ({', '.join(notes)})" if notes else ""),
        result["split"],
        result["seed"],
        f"{100 * result['macc']:.1f} ({100 * low:.1f} to {100 * high:.1f})",
        *(_percent(result[k]) for k in ("sensitivity", "specificity", "challenge_score", "segment_accuracy")),
        result["n_recordings"],
    ]
    return f"| {' | '.join(map(str, cells))} |"
