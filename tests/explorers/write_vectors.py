"""Write what the package computes, for the explorers' JavaScript to be held to.

python tests/explorers/write_vectors.py
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

from spectnet import filterbank, gammatone, scales
from spectnet.explorers import FilterbankExplorer
from spectnet.frontend import GammatoneSpectrogram

VECTORS = Path(__file__).with_name("vectors.json")
N_SAMPLES, WINDOW, HOP, KERNEL = 300, 25, 10, 120

# n_filters, order, f_min, f_max, scale, bandwidth rule, sample rate
BANKS = [
    (1, 4, 25.0, 400.0, "mel", "spacing", 1000.0),
    (3, 1, 0.0, 500.0, "linear", "spacing", 1000.0),
    (5, 2, 10.0, 490.0, "erb", "erb", 1000.0),
    (4, 3, 25.0, 400.0, "mel", 100.0, 1000.0),
    (16, 4, 25.0, 400.0, "mel", "spacing", 1000.0),
    (6, 5, 50.0, 350.0, "erb", "spacing", 1000.0),
    (3, 7, 100.0, 3000.0, "mel", "erb", 8000.0),
    (8, 8, 25.0, 400.0, "linear", "spacing", 1000.0),
    (5, 4, 50.0, 3900.0, "slaney", "spacing", 8000.0),
]


def waveform() -> torch.Tensor:
    """A click and a rising tone: something at every frequency."""
    k = torch.arange(N_SAMPLES, dtype=torch.float64)
    return torch.sin(0.001 * k**2 + 0.1 * k) + (k == 20)


def bank_vectors(
    n_filters: int, order: int, f_min: float, f_max: float, scale: str, rule: str | float, rate: float
) -> dict:
    """Everything the explorer draws of one bank."""
    centers = scales.spaced_frequencies(n_filters, f_min, f_max, scale)
    if rule == "spacing":
        widths = gammatone.bandwidth_from_spacing(n_filters, f_min, f_max, scale, order)
    else:
        widths = gammatone.bandwidth_from_erb(centers, order) if rule == "erb" else 0 * centers + rule
    some = [0, n_filters - 1]
    grid = torch.linspace(0, rate / 2, 9, dtype=torch.float64)
    response = gammatone.frequency_response(centers[some], widths[some], grid, sample_rate=rate, order=order)
    impulse = gammatone.impulse_response(
        centers[some], widths[some], kernel_size=KERNEL, sample_rate=rate, order=order
    )
    energy = filterbank.energy(
        waveform()[None],
        centers[some],
        widths[some],
        order=order,
        window_length=WINDOW,
        hop_length=HOP,
        sample_rate=rate,
        algorithm="direct",
        tolerance=1e-14,
    )
    settings = {
        "n_filters": n_filters,
        "order": order,
        "f_min": f_min,
        "f_max": f_max,
        "scale": scale,
        "bandwidth_rule": rule,
    }
    return {
        "settings": settings,
        "sample_rate": rate,
        "center_frequencies": centers.tolist(),
        "bandwidths": widths.tolist(),
        "filters": some,
        "grid": grid.tolist(),
        "response": [response.real.tolist(), response.imag.tolist()],
        "impulse_response": impulse.tolist(),
        "energy": energy[0].tolist(),
    }


def layer_vectors() -> dict:
    """A layer whose filters have learned to stand, ring and sound otherwise than they began."""
    layer = GammatoneSpectrogram(
        1000.0,
        5,
        learnable=("center_frequencies", "bandwidths", "gains"),
        window_s=0.03,
        hop_s=0.015,
        tolerance=1e-14,
        algorithm="direct",
        compression="none",
    )
    with torch.no_grad():
        for size, parameter in enumerate(layer.parameters(), start=1):
            parameter += size * torch.tensor([0.2, -0.3, 0.9, -0.5, 0.1])
    explorer = FilterbankExplorer.from_layer(layer)
    settings = explorer.layer["settings"] | {"bank": explorer.bank}
    with torch.no_grad():
        energy = layer(waveform()[None])[0]
    return {"settings": settings, "layer": explorer.layer, "energy": energy.tolist()}


def _rounded(value: object) -> object:
    """To 12 digits, so that the last bits of another machine's cosine do not change the file."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list) else value


def vectors() -> dict:
    """All banks, and the waveform whose energy they measure."""
    banks = [bank_vectors(*bank) for bank in BANKS]
    shared = {"waveform": waveform().tolist(), "window": WINDOW, "hop": HOP}
    return _rounded(shared | {"banks": banks, "learned": layer_vectors()})


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(), separators=(",", ":")) + "\n", encoding="utf-8")
