"""Results on record: one JSON file a run, with everything needed to trust or repeat its numbers.

Taught in *Fixed or learned?*
"""

from spectnet.results.class_record import class_metrics_of
from spectnet.results.origin import current_commit, machine
from spectnet.results.record import (
    DIGITS,
    RUNS,
    load_results,
    make_result,
    metrics_of,
    recordings_of,
    rows_of,
    save_result,
)
from spectnet.results.table import COLUMNS, csv_table, markdown_table, table_rows

__all__ = [
    "COLUMNS",
    "DIGITS",
    "RUNS",
    "class_metrics_of",
    "csv_table",
    "current_commit",
    "load_results",
    "machine",
    "make_result",
    "markdown_table",
    "metrics_of",
    "recordings_of",
    "rows_of",
    "save_result",
    "table_rows",
]
