"""Numbers side by side: experiments, differences, subsets."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from spectnet.plots.look import BLUE, PALE


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
