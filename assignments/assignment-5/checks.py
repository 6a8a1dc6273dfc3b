"""Hidden checks of the capstone: hearts that nobody has heard.

`train` runs in one sandbox and `predict` in another; between them pass arrays, copied by the grader.
"""

import functools
import time
import weakref

import numpy as np
from scipy import signal

from spectnet import metrics, synthesis
from spectnet.classroom.checks import Check, Failed, expect
from spectnet.classroom.sandbox import Limits
from spectnet.classroom.student import StudentError
from spectnet.synthesis.devices import peaking_section

LIMITS = Limits(memory_mb=2000, cell_seconds=60)
RATE = 1000
N_TRAIN, N_HIDDEN = 100, 100
TRAIN_SECONDS, PREDICT_SECONDS, ALL_SECONDS = 60, 30, 120
STATE_BYTES = 5_000_000
FAULTS = ("ejection", "holosystolic", "early diastolic")


# --- the hearts, drawn from the course's secret


@functools.lru_cache(maxsize=4)
def _to_learn_from(seed):
    """Recordings of the practice kind, under random names and in random order."""
    rng = np.random.default_rng(seed)
    hearts = synthesis.synthetic_hearts(N_TRAIN, int(rng.integers(2**31)), duration_s=6.0, sample_rate=RATE)
    return [
        {"name": rng.bytes(4).hex(), "waveform": hearts[i].read()[0], "label": hearts[i].label}
        for i in rng.permutation(N_TRAIN)
    ]


@functools.lru_cache(maxsize=4)
def _hidden(seed):
    """Waveforms in random order, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(N_HIDDEN) % 2)
    return [_stranger(int(label), rng) for label in labels], labels


def _stranger(label, rng):
    """A heart outside the ranges of practice hearts, through a device that is like no other."""
    split = float(rng.uniform(0.012, 0.03))
    fault = {"murmur": str(rng.choice(FAULTS)), "murmur_db": float(rng.uniform(-21, -8))} if label else {}
    settings = synthesis.HeartSettings(
        duration_s=float(rng.uniform(5, 9)),
        sample_rate=RATE,
        device=str(rng.choice(list(synthesis.DEVICES))),
        heart_rate=float(rng.choice([rng.uniform(42, 54), rng.uniform(111, 125)])),
        breaths_per_minute=float(rng.uniform(21, 28)),
        sinus_arrhythmia=float(rng.uniform(0.11, 0.18)),
        irregularity=float(rng.uniform(0.031, 0.06)),
        breath_db=float(rng.uniform(-50, -30)),
        room_db=float(rng.uniform(-34, -20)),
        rub_db=float(rng.uniform(-20, -6)),
        rubs_per_minute=float(rng.choice([0, 4, 12])),
        level=float(10 ** (rng.uniform(-16, 0) / 20)),
        split_out_s=split,
        split_in_s=split + float(rng.uniform(0.015, 0.03)),
        **fault,
    )
    waveform, _ = synthesis.synthesize(settings, int(rng.integers(2**31))).read()
    colour = peaking_section(float(rng.uniform(80, 250)), float(rng.uniform(-3, 3)), 1.0, RATE)
    return signal.sosfilt(colour, waveform).astype(np.float32)


# --- what a submission did, asked once for all checks

_KEPT = weakref.WeakKeyDictionary()


def _once(ask):
    """Keep what was found, or why nothing was, for the next check of the same submission."""

    @functools.wraps(ask)
    def kept(student, rng):
        found = _KEPT.setdefault(student, {})
        if ask.__name__ not in found:
            try:
                found[ask.__name__] = ask(student, rng)
            except (Failed, StudentError) as error:
                found[ask.__name__] = error
        if isinstance(found[ask.__name__], Exception):
            raise found[ask.__name__]
        return found[ask.__name__]

    return kept


@_once
def _seed(student, rng):
    """One for all checks; the first one draws it, so that everybody is judged on the same hearts."""
    return int(rng.integers(2**62))


@_once
def _state(student, rng):
    """What `train` learns, as arrays."""
    recordings = _to_learn_from(_seed(student, rng))
    return _arrays(student.call("train", recordings, seconds=TRAIN_SECONDS))


@_once
def _exchanged(student, rng):
    """What `train` learns when every label is exchanged."""
    recordings = [r | {"label": 1 - r["label"]} for r in _to_learn_from(_seed(student, rng))]
    return _arrays(student.call("train", recordings, seconds=TRAIN_SECONDS))


def _arrays(given):
    expect(type(given) is dict and len(given) > 0, detail=f"no dict, or an empty one: {type(given).__name__}")
    for name, value in given.items():
        expect(type(value) is np.ndarray, detail=f"{name} is a {type(value).__name__}")
        expect(value.dtype.kind in "biuf", detail=f"{name} holds {value.dtype}")
    size = sum(value.nbytes for value in given.values())
    expect(size <= STATE_BYTES, "The arrays weigh more than 5 MB. Keep what was learned.", f"{size} bytes")
    return given


@_once
def _heard(student, rng):
    """All answers of `predict`, in a sandbox that never saw a label."""
    state = _state(student, rng)
    waveforms, _ = _hidden(_seed(student, rng) + 1)
    with student.fresh(LIMITS) as elsewhere:
        until = time.monotonic() + ALL_SECONDS
        scores = np.array([_ask(elsewhere, waveform, state, until) for waveform in waveforms])
        later = time.monotonic() + ALL_SECONDS
        return {
            "scores": scores,
            "again": _kept_error(
                lambda: [_ask(elsewhere, waveforms[i], state, later) for i in range(9, -1, -1)]
            ),
            "louder": _kept_error(lambda: [_ask(elsewhere, 0.3 * w, state, later) for w in waveforms[:12]]),
            "exchanged": _kept_error(lambda: _scores_exchanged(student, elsewhere, rng, waveforms)),
            "odd": _kept_error(lambda: [_ask(elsewhere, odd, state, later) for odd in _odd(waveforms[0])]),
        }


def _scores_exchanged(student, elsewhere, rng, waveforms):
    state = _exchanged(student, rng)
    until = time.monotonic() + ALL_SECONDS
    return [_ask(elsewhere, waveform, state, until) for waveform in waveforms]


def _kept_error(ask):
    try:
        return ask()
    except (Failed, StudentError) as error:
        return error


def _ask(student, waveform, state, until):
    """The probability that `predict` gives, if it is one."""
    if time.monotonic() > until:
        raise StudentError("timeout", f"predict took longer than {ALL_SECONDS} seconds for all recordings")
    given = student.call("predict", waveform, state, seconds=PREDICT_SECONDS)
    expect(type(given) in (float, int, np.ndarray), detail=f"no number but {type(given).__name__}")
    expect(np.shape(given) == (), detail=f"an array of shape {np.shape(given)} for a number")
    expect(np.asarray(given).dtype.kind in "iuf", detail=f"{given!r} is no real number")
    value = float(given)
    expect(0 <= value <= 1, detail=f"{value} is no probability")  # NaN neither
    return value


def _odd(waveform):
    """Silence, a click in silence, and half a second of a heart."""
    click = np.zeros(6000, dtype=np.float32)
    click[3000] = 1
    return [np.zeros(5000, dtype=np.float32), click, waveform[1000:1500].copy()]


def _found(student, rng, name):
    found = _heard(student, rng)[name]
    if isinstance(found, Exception):
        raise found
    return np.array(found)


# --- the checks


def _gives_arrays(student, rng):
    _state(student, rng)


def _learns(student, rng):
    """A guess on 100 hearts is right in 50 %, give or take 5: by chance it falls by 20 points once in 400."""
    labels = _hidden(_seed(student, rng) + 1)[1]
    told = metrics.binary_metrics(labels, _found(student, rng, "scores")).macc
    score = metrics.binary_metrics(labels, _found(student, rng, "exchanged")).macc
    expect(told - score > 0.2, detail=f"MACC is {told:.3f}, and {score:.3f} when trained on exchanged labels")


def _macc(student, rng):
    scores = _found(student, rng, "scores")
    return metrics.binary_metrics(_hidden(_seed(student, rng) + 1)[1], scores).macc


def _same_again(student, rng):
    again = _found(student, rng, "again")[::-1]
    gap = np.abs(again - _found(student, rng, "scores")[:10]).max()
    expect(gap < 1e-4, detail=f"asked again, answers differ by up to {gap:.3g}")


def _level(student, rng):
    gap = np.abs(_found(student, rng, "louder") - _found(student, rng, "scores")[:12]).max()
    expect(gap < 0.05, detail=f"turned down, answers differ by up to {gap:.3g}")


def _odd_recordings(student, rng):
    _found(student, rng, "odd")


def _at_least(wanted):
    def check(student, rng):
        score = _macc(student, rng)
        expect(score >= wanted, detail=f"MACC is {score:.3f}")

    return check


CHECKS = [
    Check(
        "train",
        "arrays within a minute",
        2,
        "train returns a dict of plain arrays, 5 MB at most, within a minute and 2 GB: no model, no text. "
        "Take the numbers out of what was fitted.",
        _gives_arrays,
    ),
    Check(
        "train",
        "learns from the labels it is given",
        2,
        "Trained on hearts whose labels were all exchanged, a system that learns must say the opposite. "
        "All it knows must come from what train is given, and reach predict in the arrays.",
        _learns,
    ),
    Check(
        "predict",
        "MACC",
        1,
        "predict gets a waveform and the arrays in a room of its own, where train never ran, and returns one "
        "number from 0 to 1: 30 seconds at most for one, two minutes for all.",
        _macc,
    ),
    Check(
        "predict",
        "the same answer again",
        1,
        "The same heart must get the same answer, whatever predict heard before: it keeps no memory.",
        _same_again,
    ),
    Check(
        "predict",
        "the same answer when turned down",
        1,
        "A device that is turned down makes no other heart. Take the level out before anything is measured.",
        _level,
    ),
    Check(
        "predict",
        "silence, a click, half a second",
        1,
        "Silence divides by zero, a click has no rhythm, a short piece may be shorter than you think: each "
        "wants a number all the same.",
        _odd_recordings,
    ),
    Check(
        "predict",
        "65 % on hidden hearts",
        3,
        "On hearts that it has not heard it is not much better than a coin. Is it the probability of "
        "abnormal? Does it know something about hearts, or only its training set?",
        _at_least(0.65),
    ),
    Check(
        "predict",
        "75 % on hidden hearts",
        2,
        "It hears something, and loses it on other rooms and devices. Judge it out of fold, leave a device "
        "out, and try fewer numbers or a stronger penalty.",
        _at_least(0.75),
    ),
    Check(
        "predict",
        "80 % on hidden hearts",
        2,
        "Nearly. Murmurs fill the quiet moments between the heart sounds: do your numbers look there?",
        _at_least(0.80),
    ),
]
