"""Figures show the numbers they are given, on axes that say what they are, and compute nothing else."""

import numpy as np
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt

from spectnet import plots
from spectnet.evaluation import Prediction, predict
from spectnet.recordings import HeartStates


@pytest.fixture
def ax():
    return plt.subplots()[1]


def spans(ax) -> list[tuple[float, float, tuple]]:
    return [
        (round(patch.get_x(), 6), round(patch.get_x() + patch.get_width(), 6), patch.get_facecolor()[:3])
        for patch in ax.patches
    ]


def test_a_waveform_stands_over_seconds(ax):
    samples = np.sin(np.arange(2000)).astype(np.float32)
    plots.waveform(ax, samples, 1000)
    (line,) = ax.lines
    np.testing.assert_allclose(line.get_xdata(), np.arange(2000) / 1000)
    np.testing.assert_array_equal(line.get_ydata(), samples)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "amplitude")


def test_each_heart_state_has_its_colour_from_its_start_to_the_next(ax):
    """Up to the end of the waveform; where no state could be told, nothing is claimed."""
    states = HeartStates(
        np.array([0.1, 0.2, 0.5, 0.6, 1.0, 1.4, 2.5]),
        ("S1", "systole", "S2", "diastole", "noise", "S1", "systole"),
    )
    plots.waveform(ax, np.zeros(2000), 1000, states=states)
    expected = [
        (0.1, 0.2, "S1"),
        (0.2, 0.5, "systole"),
        (0.5, 0.6, "S2"),
        (0.6, 1.0, "diastole"),
        (1.4, 2.0, "S1"),
    ]
    assert spans(ax) == [(a, b, colors.to_rgb(plots.STATE_COLORS[name])) for a, b, name in expected]
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["S1", "systole", "S2", "diastole"]


@pytest.mark.parametrize("shape", [(1, 5), (4, 1), (4, 30)])
def test_a_spectrogram_is_in_decibels_below_its_maximum(ax, shape):
    log_energy = np.random.default_rng(0).normal(size=shape)
    frequencies = np.linspace(30.0, 400.0, shape[0])
    mesh = plots.spectrogram(ax, log_energy, frequencies, 0.01, range_db=40.0)
    decibels = 10 * np.log10(np.exp(log_energy) / np.exp(log_energy).max())
    np.testing.assert_allclose(mesh.get_array().reshape(shape), decibels, atol=1e-9)
    assert mesh.get_clim() == (-40.0, 0.0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "centre frequency (Hz)")


def test_filters_that_overtook_each_other_are_drawn_by_frequency(ax):
    mesh = plots.spectrogram(ax, np.array([[0.0], [-1.0], [-2.0]]), np.array([100.0, 300.0, 200.0]), 0.01)
    decibels = mesh.get_array().ravel() * np.log(10) / 10
    np.testing.assert_allclose(decibels, [0.0, -2.0, -1.0], atol=1e-9)


def test_filters_without_frequencies_stand_by_their_number(ax):
    mesh = plots.spectrogram(ax, np.array([[0.0], [-1.0], [-2.0]]), None, 0.01)
    decibels = mesh.get_array().ravel() * np.log(10) / 10
    np.testing.assert_allclose(decibels, [0.0, -1.0, -2.0], atol=1e-9)
    assert ax.get_ylabel() == "filter"
    assert ax.get_ylim() == (0.5, 3.5)


def test_no_difference_lies_in_the_middle_of_the_colours(ax):
    decibels = np.array([[0.0, 3.0], [-3.0, -20.0]])
    mesh = plots.difference(ax, decibels, np.array([100.0, 200.0]), 0.01, limit_db=6.0)
    np.testing.assert_array_equal(mesh.get_array().reshape(2, 2), decibels)
    assert mesh.get_clim() == (-6.0, 6.0)
    none, more, less, far_less = mesh.to_rgba(decibels.ravel())[:, :3]
    assert none.min() > 0.95, "nothing is white"
    assert more[0] > more[2]
    assert less[2] > less[0]
    assert far_less.sum() < less.sum()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "centre frequency (Hz)")


def test_filter_responses_are_gains_in_decibels(ax):
    frequency = np.array([10.0, 20.0, 30.0])
    plots.filter_responses(ax, frequency, np.array([[1.0, 0.1, 0.0], [0.5, 1.0, 0.5]]))
    first, second = ax.lines
    np.testing.assert_allclose(first.get_ydata(), [0.0, -20.0, -120.0])  # a gain of zero has a floor
    np.testing.assert_allclose(second.get_ydata(), [-6.02, 0.0, -6.02], atol=0.01)
    assert not np.array_equal(first.get_color(), second.get_color())


def test_the_history_marks_the_epoch_that_was_kept():
    axes = plt.subplots(1, 2)[1]
    plots.training_history(axes, [0.7, 0.5, 0.4], [0.6, 0.9, 0.8], best_epoch=2)
    np.testing.assert_array_equal(axes[0].lines[0].get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(axes[1].lines[0].get_ydata(), [0.6, 0.9, 0.8])
    np.testing.assert_array_equal(axes[1].lines[1].get_xdata(), [2, 2])
    assert axes[1].get_legend().get_texts()[0].get_text() == "kept: epoch 2"


def test_every_recording_stands_at_its_score_in_its_class_row(ax):
    labels, scores = np.array([0, 1, 1, 0]), np.array([0.2, 0.9, 0.4, 0.6])
    plots.recording_scores(ax, labels, scores, threshold=0.5)
    normal, abnormal, threshold = ax.lines
    np.testing.assert_array_equal(normal.get_xdata(), [0.2, 0.6])
    np.testing.assert_array_equal(abnormal.get_xdata(), [0.9, 0.4])
    assert (np.abs(normal.get_ydata()) <= 0.25).all()
    assert (np.abs(abnormal.get_ydata() - 1) <= 0.25).all()
    assert threshold.get_xdata() == [0.5, 0.5]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["normal", "abnormal"]


def test_a_trajectory_starts_at_epoch_zero(ax):
    frequencies = np.array([[30.0, 100.0], [31.0, 99.0], [33.0, 98.0]])
    plots.filter_trajectories(ax, frequencies)
    for line, track in zip(ax.lines, frequencies.T, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2])
        np.testing.assert_array_equal(line.get_ydata(), track)


def test_a_trajectory_over_steps_stands_where_they_are(ax):
    plots.filter_trajectories(ax, np.array([[30.0], [31.0], [33.0]]), steps=(0, 20, 50))
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [0, 20, 50])
    assert ax.get_xlabel() == "step"
    assert ax.get_xlim() == (0, 50)


@pytest.fixture
def found(tiny_model, hearts) -> Prediction:
    return predict(tiny_model, hearts[0])


def test_a_prediction_shows_waveform_picture_and_scores_on_one_time_axis(found):
    figure = plots.prediction(found)
    wave, picture, scores = figure.axes[:3]
    np.testing.assert_array_equal(wave.lines[0].get_ydata(), found.waveform)
    assert picture.collections[0].get_array().size == found.log_energy.size
    segments = scores.collections[0].get_segments()
    np.testing.assert_allclose(
        segments, [[[t, p], [t + 1.0, p]] for t, p in zip(found.starts, found.probabilities, strict=True)]
    )
    heights = {line.get_label(): line.get_ydata()[0] for line in scores.lines}
    assert heights == {"recording": found.score, "threshold": found.threshold}
    assert wave.get_xlim() == picture.get_xlim() == scores.get_xlim() == (0, 4.0)
    assert (wave.get_xlabel(), scores.get_xlabel()) == ("", "time (s)")


def test_a_saved_figure_is_a_picture_and_is_closed(found, tmp_path):
    path = plots.save(plots.prediction(found), tmp_path / "picture.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert not plt.get_fignums()


def test_state_colours_are_four_and_told_apart_in_grey():
    """By their luminance (ITU-R BT.601), as a grey printer would show them at full strength."""
    grey = sorted(np.dot(colors.to_rgb(c), [0.299, 0.587, 0.114]) for c in plots.STATE_COLORS.values())
    assert list(plots.STATE_COLORS) == ["S1", "systole", "S2", "diastole"]
    assert min(np.diff(grey)) > 0.04


def test_style_keeps_figures_white_on_dark_pages_too():
    with plt.rc_context():
        plots.style()
        figure, ax = plt.subplots()
        assert colors.to_rgb(figure.get_facecolor()) == colors.to_rgb(ax.get_facecolor()) == (1, 1, 1)


def test_bars_stand_in_order_with_their_values_behind_them(ax):
    plots.bars(ax, ["ours", "theirs"], [0.123, 456.7], unit="s", highlighted=[True, False])
    assert [bar.get_width() for bar in ax.patches] == [0.123, 456.7]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["ours", "theirs"]
    assert [text.get_text() for text in ax.texts] == ["0.12 s", "457 s"]
    assert ax.yaxis_inverted(), "the first name stands at the top"
    blue, other = (bar.get_facecolor()[:3] for bar in ax.patches)
    assert blue == colors.to_rgb(plots.BLUE) != other
