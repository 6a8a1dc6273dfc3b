"""Hidden checks of *Train and judge*."""

import math
import weakref

import numpy as np
import torch
from torch import nn

from spectnet import metrics
from spectnet.classroom.checks import Check, expect, expect_close
from spectnet.classroom.sandbox import Limits
from spectnet.classroom.student import StudentError
from spectnet.frontend import GammatoneSpectrogram

LIMITS = Limits(cell_seconds=60)
RATE = 1000
N_DRAWS = 2000


def _numbers(values, shape, hint=""):
    """The answer as an array of finite real numbers of the right shape, or a failed check."""
    expect(type(values) in (np.ndarray, list), hint, f"no array but {type(values).__name__}")
    array = np.asarray(values)
    expect(array.dtype.kind in "iuf", hint, "holds no real numbers")
    expect(array.shape == shape, hint, f"wanted shape {shape}, got {array.shape}")
    expect(np.isfinite(array).all(), hint, "holds values that are not finite")
    return array.astype(float)


def _number(values, name):
    """One finite number of a dict."""
    expect(type(values) is dict and name in values, detail=f"no dict with {name!r}")
    value = values[name]
    expect(type(value) in (int, float, np.ndarray) and np.size(value) == 1, detail=f"{name} is no number")
    expect(math.isfinite(float(value)), detail=f"{name} is {value}")
    return float(value)


# --- folds


def _class(rng, n_patients=60):
    """Patients under numbers of their own, out of order, and their labels: two normal ones to an abnormal."""
    names = rng.permutation(10 * n_patients)[:n_patients]
    ill = np.arange(n_patients) % 3 == 0
    owner = rng.permutation(np.repeat(np.arange(n_patients), 4))
    return names[owner], ill[owner].astype(int)


def _folds(student, patients, labels, n_folds, seed):
    given = _numbers(student.call("assign_folds", patients, labels, n_folds, seed), patients.shape)
    expect(set(given.tolist()) == set(range(n_folds)), detail=f"folds {sorted(set(given.tolist()))}")
    return given.astype(int)


def _patients_apart(student, rng):
    for n_folds in (3, 6):
        patients, labels = _class(rng)
        folds = _folds(student, patients, labels, n_folds, int(rng.integers(1000)))
        shared = [p for p in np.unique(patients) if len(np.unique(folds[patients == p])) > 1]
        expect(not shared, detail=f"{len(shared)} patients are in two folds")


def _classes_in_every_fold(student, rng):
    patients, labels = _class(rng)
    folds = _folds(student, patients, labels, 5, int(rng.integers(1000)))
    for k in range(5):
        share, size = labels[folds == k].mean(), (folds == k).mean()
        expect(0.2 < share < 0.48, detail=f"{share:.2f} of fold {k} are abnormal, of all 0.33")
        expect(0.1 < size < 0.3, detail=f"fold {k} holds {size:.2f} of all")


def _seed_decides(student, rng):
    patients, labels = _class(rng)
    seeds = [int(seed) for seed in rng.permutation(1000)[:3]]
    first, second, third = (_folds(student, patients, labels, 5, seed) for seed in seeds)
    expect((first == _folds(student, patients, labels, 5, seeds[0])).all(), detail="one seed, two answers")
    together = [np.equal.outer(folds, folds) for folds in (first, second, third)]
    expect((together[0] != together[1]).any(), detail="two seeds, one answer")
    expect((together[0] != together[2]).any(), detail="two seeds, one answer")


# --- loss


def _loss(student, logits, labels):
    given = student.call("loss_of", torch.tensor(logits, dtype=torch.float32), torch.tensor(labels))
    expect(type(given) in (np.ndarray, float) and np.shape(given) == (), detail="no single number")
    return float(given)


def _cross_entropy(student, rng):
    logits, labels = rng.normal(0, 2, (40, 2)), rng.integers(0, 2, 40)
    wanted = np.mean(np.logaddexp(*logits.T) - logits[np.arange(40), labels])
    expect_close(_loss(student, logits, labels), wanted, rtol=1e-3)


def _sure_and_wrong(student, rng):
    margins, labels = rng.uniform(150, 900, 9), rng.integers(0, 2, 9)
    logits = np.stack([margins * labels, margins * (1 - labels)], axis=1) - 200
    logits[:, :] = np.where(np.arange(9)[:, None] < 4, logits, -logits)  # some sure and right
    wanted = np.mean(np.logaddexp(*logits.T) - logits[np.arange(9), labels])
    expect_close(_loss(student, logits, labels), wanted, rtol=1e-3)


# --- training


def _bank():
    """The notebook's front-end, fresh."""
    return GammatoneSpectrogram(RATE, n_filters=8, f_min=25, f_max=400, algorithm="direct")


def _clips(rng, n=48):
    """Half a second of noise, with a hum in every second clip."""
    labels, t = np.arange(n) % 2, np.arange(RATE // 2) / RATE
    tone = np.sin(2 * np.pi * rng.uniform(110, 190) * t + rng.uniform(0, 6))
    clips = rng.standard_normal((n, len(t))) + labels[:, None] * tone
    return torch.tensor(clips, dtype=torch.float32), torch.tensor(labels)


_KEPT = weakref.WeakKeyDictionary()  # one training of each kind for all checks, and what became of it


def _trained(student, rng, learnable):
    """Clips, labels and what was learned from them; who has trained for ever is not asked again."""
    kept = _KEPT.setdefault(student, {})
    if "late" in kept:
        raise kept["late"]
    if learnable not in kept:
        clips, labels = _clips(rng)
        try:
            given = student.call("trained", learnable, clips, labels, 40, seed=1, seconds=40)
        except StudentError as error:
            if error.kind == "timeout":
                kept["late"] = error
            raise
        expect(type(given) is dict and type(given.get("weights")) is dict, detail="no weights")
        weights = {name: torch.tensor(np.array(value)) for name, value in given["weights"].items()}
        kept[learnable] = clips, labels, weights
    return kept[learnable]


def _logits(weights, clips):
    """What a net with these weights says without dropout: the notebook's `Net`, by another way."""
    frontend = _bank()
    inside = {
        name.removeprefix("frontend."): v for name, v in weights.items() if name.startswith("frontend.")
    }
    frontend.load_state_dict(inside)
    with torch.no_grad():
        drawn = frontend(clips)
        drawn = drawn - drawn.mean(dim=(1, 2), keepdim=True)
        numbers = torch.cat([drawn.mean(dim=2), drawn.std(dim=2)], dim=1)
        return numbers @ weights["head.weight"].T + weights["head.bias"], frontend.center_frequencies


def _loss_falls(student, rng):
    """By our own count, on what the returned weights say; not by the losses that it claims."""
    clips, labels, weights = _trained(student, rng, True)
    logits, _ = _logits(weights, clips)
    loss = nn.functional.cross_entropy(logits, labels).item()
    expect(loss < 0.45, detail=f"the loss ends at {loss:.2f}")


def _filters_move(student, rng):
    clips, _, weights = _trained(student, rng, True)
    _, centers = _logits(weights, clips)
    moved = (centers - _bank().center_frequencies).abs().max().item()
    expect(moved > 1, detail=f"the learned filters moved by {moved:.3g} Hz")


def _fixed_stay(student, rng):
    clips, _, weights = _trained(student, rng, False)
    _, centers = _logits(weights, clips)
    expect((centers - _bank().center_frequencies).abs().max().item() < 1e-3, detail="the fixed filters moved")
    expect(weights["head.weight"].abs().max().item() > 0.3, detail="nothing was learned behind them")


# --- scores


def _weights(rng):
    """A fresh net's weights, with a head that leans well to one side, so that p and 1 - p lie far apart."""
    frontend = _bank()
    weights = {f"frontend.{name}": value for name, value in frontend.state_dict().items()}
    weights["head.weight"] = torch.tensor(rng.normal(0, 0.15, (2, 16)), dtype=torch.float32)
    weights["head.bias"] = torch.tensor(rng.permutation([-0.9, 0.9]), dtype=torch.float32)
    return weights


def _segments(rng, owners):
    loudness = rng.uniform(0.2, 2, (len(owners), 1))
    tone = np.sin(2 * np.pi * rng.uniform(40, 300, (len(owners), 1)) * np.arange(RATE) / RATE)
    clips = loudness * (tone + rng.uniform(0, 2, (len(owners), 1)) * rng.standard_normal((len(owners), RATE)))
    return torch.tensor(clips, dtype=torch.float32)


def _scores(student, weights, clips, owners):
    return _numbers(student.call("scored", weights, clips, owners, seconds=30), (int(owners.max()) + 1,))


def _wanted_scores(weights, clips, owners):
    p = _logits(weights, clips)[0].softmax(dim=1)[:, 1].numpy()
    return np.array([p[owners == k].mean() for k in range(owners.max() + 1)])


def _asked_twice(student, rng):
    owners = np.array([0, 0, 1, 1, 2, 2, 3])
    weights, clips = _weights(rng), _segments(rng, owners)
    first, second = (_scores(student, weights, clips, owners) for _ in range(2))
    expect_close(first, second, rtol=1e-5, hint="Asked twice, it must answer twice the same: is dropout on?")


def _probability_of_abnormal(student, rng):
    """One segment a recording: no mean, only the softmax."""
    owners = np.arange(6)
    weights, clips = _weights(rng), _segments(rng, owners)
    given = np.mean([_scores(student, weights, clips, owners) for _ in range(40)], axis=0)  # over dropout too
    expect_close(given, _wanted_scores(weights, clips, owners), rtol=0, atol=0.2)


def _mean_of_segments(student, rng):
    owners = rng.permutation(np.repeat(np.arange(5), [1, 2, 3, 4, 9]))
    weights, clips = _weights(rng), _segments(rng, owners)
    given = np.mean([_scores(student, weights, clips, owners) for _ in range(40)], axis=0)
    singly = np.mean([_scores(student, weights, clips, np.arange(len(owners))) for _ in range(40)], axis=0)
    wanted = [singly[owners == k].mean() for k in range(5)]
    expect_close(given, wanted, rtol=0, atol=0.06)


# --- judge


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
        true = metrics.binary_metrics(sides[2], sides[3], _number(given, "threshold"))
        for name in ("sensitivity", "specificity", "macc"):
            expect_close(_number(given, name), getattr(true, name), rtol=1e-6)


def _best_in_validation(student, rng):
    """Or on the test, where that is another question's mistake: a best place of either side will do here."""
    for _ in range(3):
        sides = _sides(rng)
        threshold = _number(student.call("judge", *sides), "threshold")
        lost = [
            _macc(*side, metrics.best_threshold(*side)) - _macc(*side, threshold)
            for side in (sides[:2], sides[2:])
        ]
        expect(min(lost) < 1e-9, detail=f"{threshold:.3f} loses {lost[0]:.3f} of MACC in validation")


def _test_has_no_say(student, rng):
    validation_labels, validation_scores, labels, scores = _sides(rng)
    thresholds = [
        _number(student.call("judge", validation_labels, validation_scores, *test), "threshold")
        for test in ((labels, scores), (1 - labels, scores), (labels, scores**3), (labels, 1 - scores))
    ]
    expect(np.ptp(thresholds) < 1e-9, detail=f"thresholds {np.round(thresholds, 3)}")
    other = _number(
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
    low, high = _numbers(list(values) if type(values) is list else values, (2,))
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
        expect_close(_number(given, "difference"), true, rtol=1e-4, atol=1e-6)


def _width(given):
    low, high = _number(given, "low"), _number(given, "high")
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
        "folds",
        "no patient is in two folds",
        1,
        "A chest that was heard in training is recognised in the test: that is a leak. Draw patients and "
        "let each bring all recordings along.",
        _patients_apart,
    ),
    Check(
        "folds",
        "both classes in every fold",
        1,
        "A fold with one class has no MACC. Divide the abnormal patients among the folds, then the normal.",
        _classes_in_every_fold,
    ),
    Check(
        "folds",
        "the seed decides",
        1,
        "The folds are drawn from the seed: the same seed gives the same folds, another one others. "
        "Make a generator of the seed inside the function.",
        _seed_decides,
    ),
    Check(
        "loss",
        "the mean cross-entropy of logits",
        1,
        "The softmax belongs to the loss, once. PyTorch's cross-entropy takes logits: a softmax before it is "
        "one too many.",
        _cross_entropy,
    ),
    Check(
        "loss",
        "sure and wrong pays much, and a finite sum",
        1,
        "Large logits overflow an exponential, and the logarithm of 0 is infinite. Take the logarithm of "
        "the softmax in one step.",
        _sure_and_wrong,
    ),
    Check(
        "training",
        "the loss falls",
        1,
        "After forty steps the net should tell a hum from noise. Each step: loss, clear the gradients, "
        "backward, step.",
        _loss_falls,
    ),
    Check(
        "training",
        "learned filters move",
        1,
        "Filters that may learn must be among what the optimiser steps: take all groups that optimiser_of "
        "gives, not the head's alone.",
        _filters_move,
    ),
    Check(
        "training",
        "fixed filters stay, and what is behind them learns",
        1,
        "With fixed filters only the head learns: it must move, and the filters must not.",
        _fixed_stay,
    ),
    Check(
        "scores",
        "asked twice, it answers twice the same",
        1,
        "Dropout is for training. Put the net into evaluation mode before it scores.",
        _asked_twice,
    ),
    Check(
        "scores",
        "the probability of abnormal",
        1,
        "The softmax over the two logits gives two probabilities; the second one is that of abnormal.",
        _probability_of_abnormal,
    ),
    Check(
        "scores",
        "the mean over a recording's segments",
        1,
        "A recording's score is the mean of its segments' probabilities, wherever they stand and however "
        "many they are. The loudest one alone says ill in every long recording.",
        _mean_of_segments,
    ),
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
