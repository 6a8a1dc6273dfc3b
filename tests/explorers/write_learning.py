"""Write losses, slopes and paths by the package, for the learning explorer's JavaScript to be held to.

python -m tests.explorers.write_learning
"""

from __future__ import annotations

from pathlib import Path

import torch

from spectnet.explorers.descent import Descent, Listening
from tests.explorers.stored import write

VECTORS = Path(__file__).with_name("learning.json")
BOUNDS = (25.0, 400.0, 2.449, 163.3)
STEPS = (0, 1, 2, 5, 12)

# tone, noise in dB, sample rate, order, scale, bounds
SOUNDS = [
    (250.0, 10.0, 1000.0, 4, "mel", BOUNDS),
    (35.0, -20.0, 1000.0, 4, "mel", BOUNDS),
    (390.0, 25.0, 1000.0, 2, "linear", (10.0, 480.0, 5.0, 90.0)),
    (2000.0, 0.0, 8000.0, 8, "erb", (25.0, 3200.0, 20.0, 1300.0)),
    (120.0, 3.0, 1000.0, 1, "erb", BOUNDS),
]
SHARES = [0.05, 0.2, 0.45, 0.7, 0.95]  # of the way between the bounds, where losses are taken

# parametrisation, optimiser, learning rate, sound, start
WAYS = [
    ("scale", "sgd", 0.02, 0, (120.0, 20.0)),
    ("hertz", "sgd", 0.02, 0, (120.0, 20.0)),
    ("hertz", "sgd", 20.0, 0, (120.0, 20.0)),
    ("scale", "adam", 0.1, 0, (380.0, 100.0)),
    ("hertz", "adam", 5.0, 0, (30.0, 5.0)),
    ("scale", "sgd", 0.05, 1, (200.0, 60.0)),
    ("scale", "adam", 0.1, 3, (500.0, 100.0)),
    ("scale", "sgd", 0.01, 2, (300.0, 40.0)),
    ("hertz", "sgd", 1000.0, 1, (150.0, 30.0)),  # thrown out of its range
]


def listening(index: int) -> Listening:
    """One of the sounds."""
    tone, noise_db, sample_rate, order, scale, bounds = SOUNDS[index]
    return Listening(tone, noise_db, sample_rate, order, scale, bounds)


def sound_vectors(index: int) -> dict:
    """Losses all over the range, and their slopes by autograd."""
    heard = listening(index)
    f_low, f_high, b_low, b_high = heard.bounds
    share = torch.tensor(SHARES, dtype=torch.float64)
    f = (f_low + (f_high - f_low) * share).repeat_interleave(len(share)).requires_grad_()
    b = (b_low * (b_high / b_low) ** share).repeat(len(share)).requires_grad_()
    loss = heard.loss(f, b)
    slopes = torch.autograd.grad(loss.sum(), (f, b))
    return {
        "heard": {
            "tone": heard.tone,
            "noise": 10 ** (heard.noise_db / 10),
            "rate": heard.sample_rate,
            "order": heard.order,
            "scale": heard.scale,
            "bounds": list(heard.bounds),
        },
        "f": f.tolist(),
        "b": b.tolist(),
        "loss": loss.tolist(),
        "slopes": [slope.tolist() for slope in slopes],
    }


def way_vectors(
    parametrisation: str, optimiser: str, learning_rate: float, sound: int, start: tuple[float, float]
) -> dict:
    """Where torch's optimiser leads the filter."""
    descent = Descent(listening(sound), parametrisation, optimiser, learning_rate, start)
    path = descent.walk(max(STEPS))
    return {
        "sound": sound,
        "settings": {
            "parametrisation": parametrisation,
            "optimiser": optimiser,
            "learning_rate": learning_rate,
            "start_frequency": start[0],
            "start_bandwidth": start[1],
        },
        "steps": list(STEPS),
        "f": [path[n].center_frequency for n in STEPS],
        "b": [path[n].bandwidth for n in STEPS],
        "loss": [path[n].loss for n in STEPS],
        "share": [path[n].share for n in STEPS],
        "slopes": [list(path[n].slopes) for n in STEPS],
    }


def vectors() -> dict:
    """All sounds, and the ways through their landscapes."""
    sounds = [sound_vectors(index) for index in range(len(SOUNDS))]
    return {"sounds": sounds, "ways": [way_vectors(*way) for way in WAYS]}


if __name__ == "__main__":
    write(VECTORS, vectors())
