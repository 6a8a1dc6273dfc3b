"""Write what the package makes of a run on record, for the training player's JavaScript to be held to.

python -m tests.explorers.write_player
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import torch

from spectnet import gammatone
from spectnet.explorers import TrainingPlayer
from tests.explorers.stored import write

VECTORS = Path(__file__).with_name("player.json")
RUN = Path(__file__).resolve().parents[2] / "results" / "runs" / "learned-16_paper-fold-0_seed0.json"
POINTS = 301  # of the grid that responses are drawn on
SOME = (0, 13)  # filters whose responses are stored


def epoch_vectors(epoch: int) -> dict:
    """All that is drawn of one epoch."""
    player = TrainingPlayer(RUN, epoch=epoch)
    rate = player.runs[0]["sample_rate"]
    filters = (
        torch.tensor(values, dtype=torch.float64) for values in (player.center_frequencies, player.bandwidths)
    )
    grid = torch.linspace(0, rate / 2, POINTS, dtype=torch.float64)
    power = gammatone.frequency_response(*filters, grid, sample_rate=rate).abs().square()
    sizes = [abs(move) for move in player.moved]
    return {
        "epoch": epoch,
        "loss": player.loss,
        "macc": player.validation_macc,
        "center_frequencies": player.center_frequencies,
        "bandwidths": player.bandwidths,
        "moved": player.moved,
        "furthest": sizes.index(max(sizes)),
        "median": statistics.median(sizes),
        "filters": list(SOME),
        # What lies 60 dB down is not drawn.
        "power": [torch.where(power[i] > 1e-5, power[i], 0.0)[::10].tolist() for i in SOME],
    }


def vectors() -> dict:
    """The run as the browser has it, and three of its epochs."""
    (run,) = TrainingPlayer(RUN).runs
    return {"run": run, "epochs": [epoch_vectors(epoch) for epoch in (0, 9, 16)]}


def record() -> dict:
    """The run as it lies in its file."""
    return json.loads(RUN.read_text(encoding="utf-8"))


if __name__ == "__main__":
    write(VECTORS, vectors())
