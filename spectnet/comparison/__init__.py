"""Is one experiment better than another, or was it luck? Paired tests over the same recordings and seeds.

Taught in *Judging a classifier*.
"""

from spectnet.comparison.bootstrap import Estimate, compare, macc_over_seeds, seed_offsets
from spectnet.comparison.detectable import (
    Discordance,
    discordance,
    power_by_simulation,
    smallest_difference,
    smallest_difference_by_simulation,
)
from spectnet.comparison.ensemble import ensemble
from spectnet.comparison.judged import Judged, gather, pair
from spectnet.comparison.mcnemar import McNemar, mcnemar

__all__ = [
    "Discordance",
    "Estimate",
    "Judged",
    "McNemar",
    "compare",
    "discordance",
    "ensemble",
    "gather",
    "macc_over_seeds",
    "mcnemar",
    "pair",
    "power_by_simulation",
    "seed_offsets",
    "smallest_difference",
    "smallest_difference_by_simulation",
]
