"""What a test set can show: the formula, the simulation and the design of the test agree."""

import numpy as np
import pytest

from spectnet.comparison import (
    Discordance,
    compare,
    discordance,
    power_by_simulation,
    smallest_difference,
    smallest_difference_by_simulation,
)

FOLD_0 = Discordance(0.12, 0.10, n_normal=146, n_abnormal=151)


def test_the_formula_by_hand():
    """With equal classes of n and a share p of disagreement: z^2 (p - d^2) / (2 n) = d^2."""
    found = smallest_difference(Discordance(0.2, 0.2, 100, 100))
    z = 1.959964 + 0.841621
    assert z**2 * (0.2 - found**2) / 200 == pytest.approx(found**2, rel=1e-5)


def test_formula_and_simulation_agree():
    """To a fifth of a point: the percentile interval of 500 simulated tests is not quite the normal's."""
    by_formula, by_trying = smallest_difference(FOLD_0), smallest_difference_by_simulation(FOLD_0)
    assert by_formula == pytest.approx(by_trying, abs=0.003)
    assert 0.035 < by_formula < 0.06, "the paper's 1.02 points are out of reach"


def test_the_simulation_is_of_the_test_that_is_used(make_run):
    """Whole runs, drawn and compared by `compare`, show a difference as often as the simulation says."""
    rng, n, shown = np.random.default_rng(0), 60, 0
    labels, share, gain = np.repeat([0, 1], n), 0.3, 0.15
    for number in range(100):
        kind = rng.choice(3, size=2 * n, p=[(share + gain) / 2, (share - gain) / 2, 1 - share])
        runs = [
            [
                make_run(
                    labels, np.where(kind != wrong, labels, 1 - labels) * 1.0, experiment=name, judge=False
                )
            ]
            for name, wrong in (("fixed", 0), ("learned", 1))
        ]
        shown += compare(*runs, n_draws=400, seed=number).excludes_zero
    expected = power_by_simulation(gain, Discordance(share, share, n, n))
    # Both near 0.88; 100 tests have a deviation of 0.03.
    assert shown / 100 == pytest.approx(expected, abs=0.09)


def test_without_a_difference_one_test_in_twenty_shows_one():
    """The test's size; the percentile bootstrap is known to be a little liberal."""
    assert 0.03 < power_by_simulation(0.0, FOLD_0) < 0.08


def test_an_intervals_width_says_the_same_as_the_disagreement(make_run):
    """For one pair of runs; more seeds make the interval narrower, and less would show."""
    rng, labels = np.random.default_rng(1), np.repeat([0, 1], 300)
    runs = [
        [
            make_run(labels, rng.uniform(size=600) * 0.55 + labels * 0.45, experiment=name, seed=s)
            for s in range(4)
        ]
        for name in ("fixed", "learned")
    ]
    one_seed = compare(runs[0][:1], runs[1][:1])
    expected = smallest_difference(discordance(runs[0][:1], runs[1][:1]))
    # The one takes the spread at the difference found, the other at the one that would just show.
    assert one_seed.detectable() == pytest.approx(expected, rel=0.05)
    assert compare(*runs).detectable() < one_seed.detectable()
    assert one_seed.detectable(power=0.5) == pytest.approx((one_seed.high - one_seed.low) / 2)


def test_more_recordings_and_less_disagreement_show_less():
    more = Discordance(0.12, 0.10, n_normal=4 * 146, n_abnormal=4 * 151)
    assert smallest_difference(more) == pytest.approx(smallest_difference(FOLD_0) / 2, rel=0.03)
    assert smallest_difference(Discordance(0.06, 0.05, 146, 151)) < smallest_difference(FOLD_0)
    assert smallest_difference(FOLD_0, power=0.5) < smallest_difference(FOLD_0)


def test_disagreement_is_counted_by_class_over_seeds(make_run):
    labels = [0, 0, 0, 0, 1, 1]
    first = [make_run(labels, [0.1] * 4 + [0.9] * 2, experiment="fixed", seed=s) for s in (0, 1)]
    second = [
        make_run(labels, [0.9, 0.9, 0.1, 0.1, 0.9, 0.9], experiment="learned", seed=0),
        make_run(labels, [0.1, 0.9, 0.9, 0.9, 0.1, 0.9], experiment="learned", seed=1),
    ]
    found = discordance(first, second)
    assert (found.share_normal, found.share_abnormal) == (5 / 8, 1 / 4)
    assert (found.n_normal, found.n_abnormal) == (4, 2)


def test_what_cannot_be_shown_is_said(make_run):
    rare = Discordance(0.01, 0.01, 50, 50)
    with pytest.raises(ValueError, match=r"the two disagree on 1\.0 % of a class only; a difference would"):
        smallest_difference(rare)
    with pytest.raises(
        ValueError, match=r"1\.0 % of a class only; no difference .* shown 80 times in a hundred"
    ):
        smallest_difference_by_simulation(rare, n_tests=50)
    with pytest.raises(ValueError, match=r"a difference would have to be 2\.0 points"):
        power_by_simulation(0.02, rare)
    with pytest.raises(ValueError, match=r"a share of disagreement must lie in \(0, 1\], got 0"):
        discordance(
            [make_run([0, 1], [0.1, 0.9], experiment="fixed")],
            [make_run([0, 1], [0.1, 0.9], experiment="learned")],
        )
    with pytest.raises(ValueError, match="both classes, got 0 normal and 3 abnormal"):
        Discordance(0.1, 0.1, 0, 3)
