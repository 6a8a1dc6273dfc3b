"""Write what the package synthesises, for the segment explorer's JavaScript to be held to.

python -m tests.explorers.write_segment
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from spectnet.explorers import SegmentExplorer
from spectnet.recordings import HeartStates, Recording
from tests.explorers.stored import write

VECTORS = Path(__file__).with_name("segment.json")
EVERY = 11  # which samples are kept, so that the file stays small

# murmur of the book, lowest and highest frequency (None: the murmur's own), loudness, heart rate
CYCLES = [
    (None, None, None, -14.0, 72.0),
    ("ejection", None, None, -14.0, 72.0),
    ("holosystolic", None, None, -20.0, 128.0),
    ("early diastolic", None, None, -6.0, 50.0),
    ("mid-diastolic", None, None, -14.0, 40.0),
    ("ejection", 40.0, 60.0, 0.0, 150.0),
    ("holosystolic", 20.0, 900.0, -30.0, 61.0),
]


def own_recording() -> Recording:
    """Two cycles with known states, at another sample rate."""
    time = np.arange(3000) / 1000
    starts = np.array([0.2, 0.3, 0.55, 0.64, 1.1, 1.2, 1.46, 1.55, 2.0113])
    names = ("S1", "systole", "S2", "diastole") * 2 + ("S1",)
    samples = 0.3 * np.sin(2 * np.pi * 40 * time) * (1 + np.sin(2 * np.pi * time))
    return Recording(
        name="own",
        label=0,
        subset="a",
        samples=samples.astype(np.float32),
        sample_rate=1000,
        states=HeartStates(starts, names),
    )


def explorers() -> list[SegmentExplorer]:
    """One of each cycle, and one from a recording."""
    made = []
    for murmur, low, high, level, rate in CYCLES:
        explorer = SegmentExplorer(murmur=murmur, murmur_db=level, heart_rate=rate)
        if low is not None:
            with explorer.hold_trait_notifications():
                explorer.f_min, explorer.f_max = low, high
        made.append(explorer)
    return [*made, SegmentExplorer(own_recording(), 1, murmur="ejection")]


def picture(whole: np.ndarray, sample_rate: float) -> np.ndarray:
    """Power of the short-time Fourier transform by torch: windows of 64 ms every 4 ms, up to 700 Hz."""
    window, hop = 2 * round(0.032 * sample_rate), round(0.004 * sample_rate)
    points = 1 << (2 * window - 1).bit_length()
    shape = torch.hann_window(window, dtype=torch.float64)
    padded = torch.tensor(np.pad(whole, window // 2))
    # torch centres a short window in its points; silence around moves it to the front.
    before = (points - window) // 2
    padded = torch.nn.functional.pad(padded, (before, points - window - before))
    bins = int(min(700.0, sample_rate / 2) * points / sample_rate) + 1
    kwargs = {"hop_length": hop, "win_length": window, "center": False, "return_complex": True}
    return torch.stft(padded, points, window=shape, **kwargs)[:bins].abs().square().numpy()


def handed_over(explorer: SegmentExplorer) -> dict:
    """What the browser gets, in full precision as the package draws it."""
    count = int(60 / 40 * explorer.sample_rate) + 1
    room, white = explorer._room(count), explorer._generator(2).standard_normal(count + 400)
    return {"voice": explorer.voice, "white": white.tolist(), "room": room.tolist()}


def cycle_vectors(explorer: SegmentExplorer) -> dict:
    """Everything that the explorer draws of one cycle."""
    parts, rate = explorer.parts(), explorer.sample_rate
    whole = parts["heart"] + parts["murmur"]
    shown = picture(whole, rate)
    settings = {name: getattr(explorer, name) for name in ("shape", "f_min", "f_max", "murmur_db")}
    return {
        "settings": settings,
        "heart_rate": explorer.heart_rate,
        "sample_rate": rate,
        "own_states": explorer.own_states,
        "heart": np.frombuffer(explorer.heart, "<f4").tolist(),
        "cycle": explorer.cycle,
        "length": len(whole),
        "clean": parts["heart"][::EVERY].tolist(),
        "murmur": parts["murmur"][::EVERY].tolist(),
        "levels": list(explorer.levels().values()),
        "picture_shape": list(shown.shape),
        "picture": shown[::EVERY, :: 8 * EVERY].tolist(),
        "most": float(shown.max()),
    }


def vectors() -> dict:
    """All cycles, and the random numbers that they share."""
    every = explorers()
    return {**handed_over(every[0]), "cycles": [cycle_vectors(explorer) for explorer in every]}


if __name__ == "__main__":
    write(VECTORS, vectors())
