"""The report on paper: one Markdown file, tables as CSV, and figures."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from spectnet import plots
from spectnet.report.errors import groups
from spectnet.report.figures import gains_figure, macc_figure, scores_figure, subsets_figure
from spectnet.report.plan import Part, load_plan
from spectnet.report.summary import complete, difference_rows, summary_rows
from spectnet.report.tables import (
    difference_markdown,
    difference_records,
    errors_markdown,
    summary_markdown,
    summary_records,
)
from spectnet.results import csv_table, markdown_table


def write_report(
    results: Sequence[dict], folder: Path | str, *, plan: Sequence[Part] | None = None, n_draws: int = 4000
) -> list[Path]:
    """Write ``results.md``, a CSV for each table, and the figures.

    Args:
        results: as `results.load_results` gives them.
        folder: is made if need be.
        plan: of the table; by default the book's.
        n_draws: of each bootstrap.

    Returns:
        What was written.
    """
    folder, plan = Path(folder), load_plan() if plan is None else plan
    folder.mkdir(parents=True, exist_ok=True)
    rows = summary_rows(results, plan, n_draws=n_draws)
    found = difference_rows(results, plan, n_draws=n_draws)
    shown = _runs_to_look_at(results, plan)
    text = {
        "Experiments": summary_markdown(rows),
        "Differences": difference_markdown(found),
        **{f"Who is missed: {name}": errors_markdown(groups(mine)) for name, mine in shown.items()},
        "Runs": markdown_table(results),
    }
    plots.style()
    pictures = {"macc": macc_figure(rows), "differences": gains_figure(found)}
    if shown:
        pictures |= {"subsets": subsets_figure(shown), "scores": scores_figure(list(shown.values())[-1])}
    return [
        _write(
            folder / "results.md", "\n\n".join(f"## {head}\n\n{body}" for head, body in text.items()) + "\n"
        ),
        _write(folder / "runs.csv", csv_table(results)),
        _write_csv(folder / "experiments.csv", summary_records(rows)),
        _write_csv(folder / "differences.csv", difference_records(found)),
        *(plots.save(figure, folder / f"{name}.png") for name, figure in pictures.items()),
    ]


def _runs_to_look_at(results: Sequence[dict], plan: Sequence[Part]) -> dict[str, list[dict]]:
    """Of the first part with runs: its first pair or experiment that was run, and what was chosen."""
    chosen = sorted({r["experiment"] for r in results if r["role"] == "chosen"})
    for part in plan:
        for names in (*part.compare, *((name,) for name in part.seeds)):
            found = {name: complete(results, name, part.splits) for name in names}
            if all(found.values()):
                beside = {name: complete(results, name, part.splits) for name in chosen if name not in names}
                return found | {name: mine for name, mine in beside.items() if mine}
    return {}


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _write_csv(path: Path, records: Sequence[dict]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    return path
