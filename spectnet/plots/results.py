"""Numbers side by side: experiments, differences, subsets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from spectnet.comparison import Estimate
from spectnet.plots.look import ABNORMAL_COLOR, BLUE, GREEN, GREY, NORMAL_COLOR, ORANGE, PALE, RED, SKY

NOT_RUN = "not run yet"
MARKERS = "osD^vP"


def bars(
    ax: Axes, names: Sequence[str], values: Sequence[float], *, unit: str, highlighted: Sequence[bool | int]
) -> Axes:
    """Draw a bar to the right for each name, from top to bottom, with its value behind it; some in blue."""
    for row, (value, blue) in enumerate(zip(values, highlighted, strict=True)):
        ax.barh(row, value, height=0.7, color=BLUE if blue else PALE)
        ax.annotate(f"{value:.2g} {unit}" if value < 100 else f"{value:.0f} {unit}", (value, row),
                    xytext=(4, 0), textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set(ylim=(len(names) - 0.4, -0.6), xlim=(0, 1.18 * max(values)))
    return ax


def forest(
    ax: Axes,
    estimates: Mapping[str, Estimate | None],
    *,
    references: Mapping[str, float] | None = None,
    highlighted: Collection[str] = (),
    goal: float | None = None,
) -> Axes:
    """Draw each experiment's MACC in percent: mean and interval, small dots below for single seeds.

    Args:
        ax: to draw on.
        estimates: by name, from top to bottom; None where nothing was run, which the row says.
        references: MACC in percent that somebody else reports of the same row, as a diamond.
        highlighted: names to draw in blue; the rest is grey.
        goal: MACC in percent, as a dashed line.
    """
    for row, (name, found) in enumerate(estimates.items()):
        if found is None:
            ax.text(
                0.02, row, NOT_RUN, color=GREY, va="center", fontsize=8, transform=ax.get_yaxis_transform()
            )
        else:
            color = BLUE if name in highlighted else GREY
            _draw_estimate(ax, row, found, color)
            _draw_seeds(ax, row + 0.25, found, color)
        if references and name in references:
            ax.plot(references[name], row, "D", color=RED, markerfacecolor="white", zorder=3)
    if not any(estimates.values()) and not references:
        ax.set_xticks([])
    if goal is not None:
        ax.axvline(goal, color=GREY, linestyle="--", linewidth=1)
    ax.set_yticks(range(len(estimates)), list(estimates), fontsize=9)
    ax.set(ylim=(len(estimates) - 0.4, -0.6), xlabel="MACC (%)")
    return ax


def _draw_estimate(ax: Axes, row: float, found: Estimate, color: str, marker: str = "o") -> None:
    ax.plot([100 * found.low, 100 * found.high], [row, row], color=color, linewidth=2, solid_capstyle="butt")
    ax.plot(100 * found.value, row, marker, color=color, markersize=7)


def _draw_seeds(ax: Axes, row: float, found: Estimate, color: str) -> None:
    if len(found.by_seed) > 1:
        ax.plot(
            100 * np.array(found.by_seed), np.full(len(found.by_seed), row), ".", color=color, markersize=4
        )


def gains(ax: Axes, estimates: Mapping[str, tuple[Estimate, Estimate] | None]) -> Axes:
    """Draw differences of MACC in points, each with two intervals, and the line of no difference.

    Small grey dots below are single seeds.

    Args:
        ax: to draw on.
        estimates: by name, from top to bottom: the difference with recordings as units and with blocks of
            neighbours; None where a twin is missing.
    """
    ax.axvline(0, color=GREY, linewidth=1)
    kinds = ((-0.2, BLUE, "o", "recordings drawn"), (0.12, ORANGE, "s", "blocks of neighbours drawn"))
    for row, (_, pair) in enumerate(estimates.items()):
        if pair is None:
            ax.text(
                0.02, row, NOT_RUN, color=GREY, va="center", fontsize=8, transform=ax.get_yaxis_transform()
            )
            continue
        for found, (shift, color, marker, _) in zip(pair, kinds, strict=True):
            _draw_estimate(ax, row + shift, found, color, marker)
        _draw_seeds(ax, row + 0.4, pair[0], GREY)
    for _, color, marker, label in kinds:
        ax.plot([], [], color=color, marker=marker, linewidth=2, label=label)
    ax.set_yticks(range(len(estimates)), list(estimates), fontsize=9)
    ax.set(ylim=(len(estimates) - 0.4, -0.6), xlabel="difference of MACC (points)")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, fontsize=8, borderaxespad=0)
    return ax


def macc_by_subset(ax: Axes, values: Mapping[str, Mapping[str, float | None]]) -> Axes:
    """Draw each experiment's MACC in percent over the subsets, side by side.

    Args:
        ax: to draw on.
        values: MACC by subset, by experiment; None where a subset has one class only.
    """
    subsets = sorted({subset for one in values.values() for subset in one})
    colors = (GREY, BLUE, ORANGE, GREEN, RED, SKY)
    for number, (name, found) in enumerate(values.items()):
        shift = 0.5 * ((number + 0.5) / len(values) - 0.5)
        drawn = [(i + shift, 100 * v) for i, s in enumerate(subsets) if (v := found.get(s)) is not None]
        color, marker = colors[number % len(colors)], MARKERS[number % len(MARKERS)]
        places, heights = [x for x, _ in drawn], [y for _, y in drawn]
        ax.plot(places, heights, marker, color=color, label=name)
    for edge in range(1, len(subsets)):
        ax.axvline(edge - 0.5, color=PALE, linewidth=0.5)
    ax.set_xticks(range(len(subsets)), subsets)
    ax.set(xlim=(-0.5, len(subsets) - 0.5), xlabel="subset", ylabel="MACC (%)")
    ax.legend(
        loc="lower right", bbox_to_anchor=(1, 1), ncols=min(4, len(values)), fontsize=8, borderaxespad=0
    )
    return ax


def score_histogram(
    ax: Axes, labels: Int[np.ndarray, " n"], scores: Float[np.ndarray, " n"], threshold: float
) -> Axes:
    """Draw how many recordings have which score: normal upwards, abnormal downwards, and the threshold."""
    edges = np.linspace(0, 1, 21)
    highest = 1
    for label, sign, color, name in ((0, 1, NORMAL_COLOR, "normal"), (1, -1, ABNORMAL_COLOR, "abnormal")):
        counts, _ = np.histogram(scores[labels == label], edges)
        highest = max(highest, int(counts.max()))
        ax.bar(edges[:-1], sign * counts, width=0.05, align="edge", color=color, label=name, alpha=0.85)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.axvline(threshold, color=GREY, linestyle="--", linewidth=1)
    ax.set(xlim=(0, 1), ylim=(-1.1 * highest, 1.1 * highest), xlabel="score", ylabel="recordings")
    ax.yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    return ax


def confusion(ax: Axes, matrix: Int[np.ndarray, "classes classes"], names: Sequence[str]) -> Axes:
    """Draw who was taken for whom: a count in each cell, darker the larger its share of the row.

    A cell of no clip stays empty, and one that is right has a frame.

    Args:
        ax: to draw on.
        matrix: counts by true class (rows) and answer.
        names: of the classes, in their order.
    """
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(matrix), strict=True):
        color = "white" if shares[row, column] > 0.55 else "black"
        ax.text(column, row, str(matrix[row, column]), color=color, ha="center", va="center", fontsize=8)
    for place in range(len(names)):
        ax.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, fill=False, edgecolor=GREY, linewidth=0.8))
    ax.set_xticks(range(len(names)), names, rotation=45, ha="right", rotation_mode="anchor", fontsize=8)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.set(xlabel="taken for", ylabel="is")
    return ax
