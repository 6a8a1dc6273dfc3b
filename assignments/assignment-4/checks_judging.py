"""Hidden checks of *Train and judge*, its second half: threshold, interval and difference."""

import numpy as np

from spectnet import metrics
from spectnet.classroom.checks import Check, expect, expect_close, finite_array, finite_number

N_DRAWS = 2000


# --- threshold


def _sides(rng):
    """Validation and test: four normal to an abnormal, scores that overlap, and a best place far from 0.5."""
    found = []
    for n in (100, 140):
        labels = rng.permutation(np.arange(n) % 5 == 0).astype(int)
        scores = 1 / (1 + np.exp(2.0 - 1.5 * labels - rng.normal(0, 0.9, n)))
        found += [labels, scores]
    return found


def _macc(labels, scores, threshold):
    return metrics.binary_metrics(labels, scores, threshold).macc


def _shares(student, rng):
    for _ in range(4):
        sides = _sides(rng)
        given = student.call("judge", *sides)
        true = metrics.binary_metrics(sides[2], sides[3], finite_number(given, "threshold"))
        for name in ("sensitivity", "specificity", "macc"):
            expect_close(finite_number(given, name), getattr(true, name), rtol=1e-6)


def _best_in_validation(student, rng):
    """Or on the test, where that is another question's mistake: a best place of either side will do here."""
    for _ in range(3):
        sides = _sides(rng)
        threshold = finite_number(student.call("judge", *sides), "threshold")
        lost = [
            _macc(*side, metrics.best_threshold(*side)) - _macc(*side, threshold)
            for side in (sides[:2], sides[2:])
        ]
        expect(min(lost) < 1e-9, detail=f"{threshold:.3f} loses {lost[0]:.3f} of MACC in validation")


def _test_has_no_say(student, rng):
    validation_labels, validation_scores, labels, scores = _sides(rng)
    thresholds = [
        finite_number(student.call("judge", validation_labels, validation_scores, *test), "threshold")
        for test in ((labels, scores), (1 - labels, scores), (labels, scores**3), (labels, 1 - scores))
    ]
    expect(np.ptp(thresholds) < 1e-9, detail=f"thresholds {np.round(thresholds, 3)}")
    other = finite_number(
        student.call("judge", 1 - validation_labels, validation_scores, labels, scores), "threshold"
    )
    same = abs(other - thresholds[0]) < 1e-9
    expect(not same, "The threshold comes from validation: other labels there must move it.", "never moves")


# --- interval and difference


def _patients(rng, sizes, n_ill):
    """Labels and patients of recordings, in random order; the first `n_ill` patients are abnormal."""
    order = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    names = rng.permutation(10 * len(sizes))[: len(sizes)]
    return (order < n_ill).astype(int), names[order], order


def _scored_right(rng, labels, right):
    """Scores that the threshold 0.4 calls right or wrong."""
    high = (labels == 1) == right
    return np.where(high, rng.uniform(0.4, 1, len(labels)), rng.uniform(0, 0.39, len(labels)))


def _ends(values):
    low, high = finite_array(list(values) if type(values) is list else values, (2,))
    expect(low <= high, detail="the ends are the wrong way round")
    return np.array([low, high])


def _drawn(rng, labels, patients, right):
    """MACC (or a difference) of each draw of patients, class by class."""
    shares = []
    for label in (0, 1):
        names, unit = np.unique(patients[labels == label], return_inverse=True)
        sums, sizes = np.bincount(unit, right[labels == label]), np.bincount(unit)
        picked = rng.integers(0, len(names), (10 * N_DRAWS, len(names)))
        shares.append(sums[picked].sum(axis=1) / sizes[picked].sum(axis=1))
    return np.mean(shares, axis=0)


def _interval(student, rng, labels, patients, right):
    """Given and wanted ends."""
    scores = _scored_right(rng, labels, right)
    seed = int(rng.integers(1000))
    given = student.call("macc_interval", labels, scores, patients, 0.4, N_DRAWS, seed)
    return _ends(given), np.quantile(_drawn(rng, labels, patients, right * 1.0), [0.025, 0.975])


def _middle_share(student, rng):
    """Many recordings, one of each patient: it does not matter what is drawn, only which share is kept."""
    ratios = []
    for _ in range(3):
        labels, patients, _ = _patients(rng, np.ones(400, dtype=int), 200)
        given, wanted = _interval(student, rng, labels, patients, rng.uniform(size=400) < 0.75)
        expect_close(float(given.mean()), float(wanted.mean()), rtol=0, atol=0.01)
        ratios.append(np.ptp(given) / np.ptp(wanted))
    expect(0.93 < np.mean(ratios) < 1.07, detail=f"{np.mean(ratios):.2f} times as wide as the middle 95 %")


def _whole_patients(student, rng):
    """All recordings of a patient are right, or all wrong."""
    labels, patients, order = _patients(rng, np.full(40, 6), 20)
    right = (rng.permutation(40) % 4 > 0)[order]
    given, wanted = _interval(student, rng, labels, patients, right)
    expect(np.ptp(given) > 0.6 * np.ptp(wanted), detail=f"{np.ptp(given):.3f} wide, not {np.ptp(wanted):.3f}")
    expect(
        np.ptp(given) < 1.35 * np.ptp(wanted), detail=f"{np.ptp(given):.3f} wide, not {np.ptp(wanted):.3f}"
    )


def _each_class(student, rng):
    """Two abnormal patients among many: one in seven draws from one urn has none of them."""
    labels, patients, order = _patients(rng, np.full(50, 2), 2)
    right = (order < 2) | (rng.uniform(size=100) < 0.8)
    given, _ = _interval(student, rng, labels, patients, right)
    expect(given[0] > 0.7 and given[1] <= 1.0, detail=f"{given}")


def _compared(student, rng, n_changed, swapped=False):
    """Two systems that err on the same patients, but for a few that only the learned one gets right."""
    labels, patients, order = _patients(rng, np.full(80, 3), 40)
    shuffled = rng.permutation(80)
    fixed, learned = (shuffled[order] > 27), (shuffled[order] > 27 - n_changed)
    fixed, learned = (learned, fixed) if swapped else (fixed, learned)
    scores = _scored_right(rng, labels, fixed), 0.5 * _scored_right(rng, labels, learned)
    given = student.call("compare", labels, *scores, patients, 0.4, 0.2, N_DRAWS, int(rng.integers(1000)))
    gain = learned * 1.0 - fixed
    true = (gain[labels == 1].mean() + gain[labels == 0].mean()) / 2
    drawn = np.quantile(_drawn(rng, labels, patients, gain), [0.025, 0.975])
    return given, true, drawn


def _difference(student, rng):
    for swapped in (False, True):
        given, true, _ = _compared(student, rng, 9, swapped)
        expect_close(finite_number(given, "difference"), true, rtol=1e-4, atol=1e-6)


def _width(given):
    low, high = finite_number(given, "low"), finite_number(given, "high")
    expect(low <= high, detail="the ends are the wrong way round")
    return high - low


def _same_draws(student, rng):
    given, _, wanted = _compared(student, rng, 3)
    expect(_width(given) < 1.5 * np.ptp(wanted), detail=f"{_width(given):.3f} wide, not {np.ptp(wanted):.3f}")
    given, _, _ = _compared(student, rng, 0)
    expect(_width(given) < 1e-9, detail="a system differs from itself")


def _patients_of_difference(student, rng):
    given, _, wanted = _compared(student, rng, 12)
    expect(
        _width(given) > 0.75 * np.ptp(wanted), detail=f"{_width(given):.3f} wide, not {np.ptp(wanted):.3f}"
    )
    ends = np.array([given["low"], given["high"]], dtype=float)
    expect((ends[0] < wanted.mean() < ends[1]), detail=f"{ends} does not hold {wanted.mean():.3f}")


CHECKS = [
    Check(
        "judge",
        "the shares follow from the threshold",
        1,
        "Sensitivity over the abnormal, specificity over the normal, and MACC is the mean of the two: not "
        "the share of all that is right.",
        _shares,
    ),
    Check(
        "judge",
        "as good as any threshold",
        1,
        "The best threshold lies between two scores, not at 0.5 by law: try all places, and keep the one "
        "with the highest MACC.",
        _best_in_validation,
    ),
    Check(
        "judge",
        "the test has no say",
        1,
        "A threshold that the test has chosen has seen the answers. It comes from validation alone.",
        _test_has_no_say,
    ),
    Check(
        "interval",
        "the middle 95 % of the draws",
        1,
        "As many as there are, with replacement, many times; then the 2.5 % and the 97.5 % quantile of MACC.",
        _middle_share,
    ),
    Check(
        "interval",
        "whole patients are drawn",
        1,
        "Recordings of one patient err together: they are not so many witnesses. Draw patients, and let "
        "each bring all recordings.",
        _whole_patients,
    ),
    Check(
        "interval",
        "each class by itself",
        1,
        "Drawn from one urn, some draws hold no abnormal patient, and have no MACC. Draw each class by "
        "itself.",
        _each_class,
    ),
    Check(
        "difference",
        "learned minus fixed",
        1,
        "MACC of the learned system at its own threshold, minus MACC of the fixed one at its own.",
        _difference,
    ),
    Check(
        "difference",
        "both on the same draws",
        1,
        "What is hard for both systems must cancel: judge both on the same draws, and take the difference "
        "in each.",
        _same_draws,
    ),
    Check(
        "difference",
        "whole patients, each class by itself",
        1,
        "As in the interval before: a patient who is drawn brings all recordings.",
        _patients_of_difference,
    ),
]
