"""The report's figures, each from the rows of its tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from spectnet import plots
from spectnet.comparison import gather
from spectnet.report.errors import groups
from spectnet.report.summary import Difference, Row


def macc_figure(rows: Sequence[Row]) -> Figure:
    """A forest for each part, one above the other; learned banks are blue."""
    parts = {name: [row for row in rows if row.part == name] for name in dict.fromkeys(r.part for r in rows)}
    heights = [0.8 + len(mine) for mine in parts.values()]
    figure, axes = plt.subplots(
        len(parts), 1, figsize=(8, 0.32 * sum(heights) + 0.6), height_ratios=heights, squeeze=False
    )
    for ax, (title, mine) in zip(axes[:, 0], parts.items(), strict=True):
        several = len({row.splits for row in mine}) > 1
        names = [f"{r.experiment}, {r.split}" if several else r.experiment for r in mine]
        plots.forest(
            ax,
            dict(zip(names, (r.estimate for r in mine), strict=True)),
            references={n: r.paper["macc"] for n, r in zip(names, mine, strict=True) if r.paper},
            highlighted={n for n, r in zip(names, mine, strict=True) if r.experiment.startswith("learned")},
        )
        ax.set_title(title, fontsize=10, loc="left")
    return figure


def gains_figure(found: Sequence[Difference]) -> Figure:
    """All differences under one another."""
    figure, ax = plt.subplots(figsize=(8, 0.9 + 0.5 * len(found)))
    plots.gains(ax, {
        f"{d.second} less {d.first}\n{d.part}":
            (d.by_recordings, d.by_blocks) if d.by_recordings and d.by_blocks else None
        for d in found
    })  # fmt: skip
    return figure


def scores_figure(results: Sequence[dict]) -> Figure:
    """The mean score of an experiment's seeds, a histogram for each subset."""
    judged = gather(results)
    scores, threshold = judged.scores.mean(axis=0), float(judged.thresholds.mean())
    subsets = np.array([r.subset for r in judged.recordings])
    present = sorted(set(subsets.tolist()))
    figure, axes = plt.subplots(1, len(present), figsize=(max(4, 2.2 * len(present)), 2.8), squeeze=False)
    for ax, subset in zip(axes[0], present, strict=True):
        plots.score_histogram(ax, judged.labels[subsets == subset], scores[subsets == subset], threshold)
        ax.set_title(f"subset {subset}", fontsize=10)
    axes[0, 0].legend(loc="upper right", fontsize=8)
    return figure


def subsets_figure(runs: dict[str, list[dict]]) -> Figure:
    """MACC of each experiment over the subsets of its test."""
    figure, ax = plt.subplots(figsize=(8, 3.2))
    plots.macc_by_subset(ax, {
        name: {g.name.removeprefix("subset "): g.macc for g in groups(mine) if g.name.startswith("subset ")}
        for name, mine in runs.items()
    })  # fmt: skip
    return figure
