"""Hidden checks of *Train and judge*."""

import weakref

import numpy as np
import torch
from torch import nn

from spectnet.classroom.checks import Check, expect, expect_close, finite_array
from spectnet.classroom.sandbox import Limits
from spectnet.classroom.student import StudentError
from spectnet.frontend import GammatoneSpectrogram

LIMITS = Limits(cell_seconds=60)
RATE = 1000


# --- folds


def _class(rng, n_patients=60):
    """Patients under numbers of their own, out of order, and their labels: two normal ones to an abnormal."""
    names = rng.permutation(10 * n_patients)[:n_patients]
    ill = np.arange(n_patients) % 3 == 0
    owner = rng.permutation(np.repeat(np.arange(n_patients), 4))
    return names[owner], ill[owner].astype(int)


def _folds(student, patients, labels, n_folds, seed):
    given = finite_array(student.call("assign_folds", patients, labels, n_folds, seed), patients.shape)
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
    return finite_array(student.call("scored", weights, clips, owners, seconds=30), (int(owners.max()) + 1,))


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
]
