"""Write what the package draws, for the spectrogram explorer's JavaScript to be held to.

python -m tests.explorers.write_spectrogram
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from spectnet import gammatone
from spectnet.explorers import SpectrogramExplorer
from spectnet.frontend import LogMel
from tests.explorers.stored import write

VECTORS = Path(__file__).with_name("spectrogram.json")
GRID = 1024  # steps between the tones that the explorer measures, from 0 Hz to Nyquist

# front-end, filters, window, hop, floor, f_min, f_max, sample rate
PICTURES = [
    ("mel", 16, 0.025, 0.010, 1e-6, 25.0, 400.0, 1000.0),
    ("mel", 64, 0.100, 0.004, 1e-2, 25.0, 400.0, 1000.0),
    ("mel", 1, 0.005, 0.050, 1e-10, 0.0, 500.0, 1000.0),
    ("mel", 5, 0.0125, 0.010, 1e-4, 50.0, 3000.0, 8000.0),
    ("gammatone", 16, 0.025, 0.010, 1e-6, 25.0, 400.0, 1000.0),
    ("gammatone", 7, 0.100, 0.002, 1e-3, 60.0, 300.0, 1000.0),
]


def waveform() -> np.ndarray:
    """A click and a rising tone: something at every frequency."""
    k = np.arange(600.0)
    return np.sin(0.001 * k**2 + 0.1 * k) + (k == 20)


@contextmanager
def double_precision() -> Iterator[None]:
    """The layers' own tables in float64 too."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def energies(explorer: SpectrogramExplorer, sounds: torch.Tensor, **change: float) -> torch.Tensor:
    """What the package's own layer makes of each sound, before the logarithm."""
    other = SpectrogramExplorer(sample_rate=explorer.sample_rate, **_settings(explorer) | change)
    layer = other.layer()
    if isinstance(layer, LogMel):
        return layer.energy(sounds)
    layer.tolerance, layer.algorithm, layer.compression = 1e-14, "direct", torch.nn.Identity()
    return layer(sounds).detach()


def _settings(explorer: SpectrogramExplorer) -> dict:
    names = ("front_end", "n_filters", "window_s", "hop_s", "floor", "f_min", "f_max")
    return {name: getattr(explorer, name) for name in names}


def tone_responses(explorer: SpectrogramExplorer) -> torch.Tensor:
    """Energy of each filter at each tone, whatever the tone's phase: (filters, tones)."""
    layer, rate = explorer.layer(), explorer.sample_rate
    frequencies = torch.arange(GRID + 1) * rate / 2 / GRID
    if not isinstance(layer, LogMel):
        bank = layer.center_frequencies.detach(), layer.bandwidths.detach()
        return gammatone.frequency_response(*bank, frequencies, sample_rate=rate).abs().square() / 2
    turn = 2 * torch.pi * frequencies[:, None] * torch.arange(layer.window_length) / rate  # (tones, time)
    # Two phases a quarter turn apart average over all.
    return (layer.energy(turn.cos()) + layer.energy(turn.sin()))[:, :, 0].T / 2


def click_lengths(explorer: SpectrogramExplorer) -> torch.Tensor:
    """Seconds for which each filter shows a click within 10 dB of its peak."""
    click = torch.zeros(1, round(2 * explorer.sample_rate))
    click[0, len(click[0]) // 2] = 1
    shown = energies(explorer, click, hop_s=1 / explorer.sample_rate)[0]
    return (shown > 0.1 * shown.amax(dim=1, keepdim=True)).sum(dim=1) / explorer.sample_rate


def half_width(response: np.ndarray, step: float) -> float:
    """Width in Hz over which a response stays above half its peak, straight between the tones."""
    top, half = int(response.argmax()), response.max() / 2
    edges = []
    for direction in (-1, 1):
        k = top
        while 0 <= k + direction < len(response) and response[k + direction] >= half:
            k += direction
        if 0 <= k + direction < len(response):
            edges.append(k + direction * (response[k] - half) / (response[k] - response[k + direction]))
        else:
            edges.append(k)
    return (edges[1] - edges[0]) * step


def picture_vectors(explorer: SpectrogramExplorer) -> dict:
    """Everything that the explorer draws."""
    tones, step = tone_responses(explorer), explorer.sample_rate / 2 / GRID
    drawn = energies(explorer, torch.tensor(waveform())[None])[0]  # (filters, frames)
    shown = tones >= 1e-3 * tones.amax(dim=1, keepdim=True)  # what lies lower is not drawn
    some = [0, explorer.n_filters - 1]
    return {
        "settings": _settings(explorer),
        "sample_rate": explorer.sample_rate,
        "center_frequencies": explorer.center_frequencies,
        "filters": some,
        "energy": drawn[some].tolist(),
        "most": drawn.max().item(),
        "drowned": (drawn < explorer.floor).double().mean().item(),
        "tones": [torch.where(shown[i], tones[i], 0.0)[::8].tolist() for i in some],
        "tone_widths": [half_width(row, step) for row in tones.numpy()],
        "click_lengths": click_lengths(explorer).tolist(),
    }


def vectors() -> dict:
    """All pictures, and the waveform that they are of."""
    names = ("front_end", "n_filters", "window_s", "hop_s", "floor", "f_min", "f_max")
    with double_precision():
        pictures = [
            picture_vectors(SpectrogramExplorer(sample_rate=rate, **dict(zip(names, values, strict=True))))
            for *values, rate in PICTURES
        ]
    return {"waveform": waveform().tolist(), "pictures": pictures}


if __name__ == "__main__":
    write(VECTORS, vectors())
