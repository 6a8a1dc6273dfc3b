"""The table of all experiments as planned and as run: means, intervals, differences, and who is missed.

Taught in *Fixed or learned?*
"""

from spectnet.report.errors import Group, groups
from spectnet.report.joined import Joined, join
from spectnet.report.naming import SPECTROGRAM, naming_change, naming_seeds
from spectnet.report.nested import nested_choice
from spectnet.report.plan import PLAN, Part, load_plan
from spectnet.report.summary import Difference, Row, difference_rows, summary_rows
from spectnet.report.sweep import SweepDifference, SweepRow, sweep_difference, sweep_rows
from spectnet.report.writing import write_report

__all__ = [
    "PLAN",
    "SPECTROGRAM",
    "Difference",
    "Group",
    "Joined",
    "Part",
    "Row",
    "SweepDifference",
    "SweepRow",
    "difference_rows",
    "groups",
    "join",
    "load_plan",
    "naming_change",
    "naming_seeds",
    "nested_choice",
    "summary_rows",
    "sweep_difference",
    "sweep_rows",
    "write_report",
]
