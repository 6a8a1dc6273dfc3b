"""Figures of results show each number where it is, say what was not run, and can be read in grey."""

import numpy as np
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from spectnet import plots
from spectnet.comparison import Estimate


@pytest.fixture
def ax():
    return plt.subplots()[1]


def estimate(value: float, low: float, high: float, *by_seed: float) -> Estimate:
    return Estimate(value, low, high, by_seed or (value,), tuple(range(len(by_seed) or 1)), 297, 297)


def test_a_forest_shows_mean_interval_seeds_and_reference(ax):
    found = {"static-16": estimate(0.86, 0.82, 0.90, 0.85, 0.87), "learned-16": estimate(0.88, 0.84, 0.91)}
    plots.forest(ax, found, references={"learned-16": 88.7}, highlighted={"learned-16"}, goal=88.7)
    interval, mean, seeds, other_interval, _, diamond, goal = ax.lines
    assert interval.get_xdata() == pytest.approx([82, 90])
    assert mean.get_xdata() == pytest.approx([86])
    assert seeds.get_xdata() == pytest.approx([85, 87])
    assert (seeds.get_ydata() > 0).all(), "below the mean, so that both are seen"
    assert list(other_interval.get_ydata()) == [1, 1]
    assert (diamond.get_xdata()[0], diamond.get_ydata()[0]) == (88.7, 1)
    assert goal.get_xdata() == [88.7, 88.7]
    assert (interval.get_color(), other_interval.get_color()) == (plots.GREY, plots.BLUE)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["static-16", "learned-16"]
    assert ax.yaxis_inverted()
    assert ax.get_xlabel() == "MACC (%)"


def test_an_empty_row_says_that_nothing_was_run(ax):
    plots.forest(ax, {"mfcc": None, "log-mel": estimate(0.8, 0.7, 0.9)})
    (text,) = ax.texts
    assert (text.get_text(), text.get_position()[1]) == ("not run yet", 0)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["mfcc", "log-mel"]


def test_a_part_without_any_run_has_no_scale(ax):
    plots.forest(ax, {"mfcc": None, "log-mel": None})
    assert len(ax.get_xticks()) == 0


def test_gains_stand_beside_zero_with_both_intervals(ax):
    pair = (estimate(0.01, -0.02, 0.04, 0.0, 0.02), estimate(0.01, -0.03, 0.05, 0.0, 0.02))
    plots.gains(ax, {"16 filters": pair, "8 filters": None})
    zero, narrow, mean, wide, _, seeds, *_ = ax.lines
    assert zero.get_xdata() == [0, 0]
    assert narrow.get_xdata() == pytest.approx([-2, 4])
    assert mean.get_xdata() == pytest.approx([1])
    assert seeds.get_xdata() == pytest.approx([0, 2])
    assert wide.get_xdata() == pytest.approx([-3, 5])
    assert narrow.get_ydata()[0] != wide.get_ydata()[0]
    labels = [t.get_text() for t in ax.get_legend().get_texts()]
    assert labels == ["recordings drawn", "blocks of neighbours drawn"]
    assert [t.get_text() for t in ax.texts] == ["not run yet"]


def test_subsets_stand_side_by_side_and_one_class_leaves_a_gap(ax):
    plots.macc_by_subset(ax, {"static": {"a": 0.8, "b": None}, "learned": {"a": 0.85, "b": 0.6}})
    static, learned = ax.lines[:2]
    assert static.get_ydata() == pytest.approx([80])
    assert learned.get_ydata() == pytest.approx([85, 60])
    assert static.get_xdata()[0] < learned.get_xdata()[0], "not on top of each other"
    assert static.get_marker() != learned.get_marker(), "told apart without colour"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b"]


def test_a_histogram_counts_normal_upwards_and_abnormal_downwards(ax):
    labels, scores = np.array([0, 0, 0, 1, 1]), np.array([0.01, 0.02, 0.99, 0.97, 1.0])
    plots.score_histogram(ax, labels, scores, 0.4)
    up, down = ([bar.get_height() for bar in box] for box in ax.containers)
    assert (up[0], up[-1], sum(up)) == (2, 1, 3)
    assert (down[-1], sum(down)) == (-2, -2)
    assert ax.lines[-1].get_xdata() == [0.4, 0.4]
    assert ax.yaxis.get_major_formatter()(-2, 0) == "2", "a count is not negative"


def test_the_two_intervals_are_told_apart_in_grey():
    blue, orange = (np.dot(colors.to_rgb(c), [0.299, 0.587, 0.114]) for c in (plots.BLUE, plots.ORANGE))
    assert abs(blue - orange) > 0.2


def test_a_confusion_matrix_has_its_counts_by_true_class_in_rows(ax):
    plots.confusion(ax, np.array([[9, 1, 0], [0, 3, 1], [2, 0, 0]]), ["dog", "rain", "sea"])
    cells = {(round(t.get_position()[1]), round(t.get_position()[0])): t.get_text() for t in ax.texts}
    assert cells == {(0, 0): "9", (0, 1): "1", (1, 1): "3", (1, 2): "1", (2, 0): "2"}, "no noughts"
    assert ax.images[0].get_array()[0].tolist() == pytest.approx([0.9, 0.1, 0])  # of the row
    assert [t.get_text() for t in ax.get_yticklabels()] == ["dog", "rain", "sea"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("taken for", "is")
    assert ax.yaxis_inverted()


def test_counts_of_a_confusion_matrix_stand_out_from_their_cells(ax):
    plots.confusion(ax, np.array([[1, 1], [1, 3]]), ["a", "b"])
    shade = ax.images[0]
    for text in ax.texts:
        column, row = (round(place) for place in text.get_position())
        cell = luminance(shade.cmap(shade.norm(shade.get_array()[row, column])))
        lighter, darker = sorted((cell, luminance(colors.to_rgb(text.get_color()))), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) > 4.5, "as WCAG asks of small text"


def test_a_class_without_any_clip_has_an_empty_row(ax):
    plots.confusion(ax, np.array([[2, 0], [0, 0]]), ["a", "b"])
    assert len(ax.texts) == 1


def luminance(color) -> float:
    """Of a colour, relative to white, as WCAG defines it."""
    channels = np.array(color[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])
