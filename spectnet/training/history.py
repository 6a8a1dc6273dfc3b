"""What every epoch of a run gave, and which of them inner validation chose."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from spectnet import atomic

CSV_COLUMNS = (
    "epoch", "loss", "validation_macc", "validation_auc", "threshold", "learning_rate", "seconds",
    "device_weight", "device_accuracy",
)  # fmt: skip


@dataclass(frozen=True)
class Epoch:
    """What one epoch gave: loss, inner validation, and where the filters stand.

    Attributes:
        epoch: its number, from 1.
        loss: mean over the epoch's steps, with augmentation and dropout on.
        validation_macc: highest MACC on inner validation, balanced over class and subset.
        threshold: which gave it.
        center_frequencies: of the filters in Hz; empty where a filter has no one frequency.
        bandwidths: in Hz; empty where the front-end has none.
        validation_auc: area under the ROC curve, balanced alike; None in records from before it was kept.
        learning_rate: of the CNN in the epoch's last step; None in those records.
        seconds: that the epoch took, its validation included.
        device_weight: how much the features learned against the device in the epoch's last step; None where
            they did not.
        device_accuracy: share of the epoch's segments whose device the trained head named rightly, devices
            counted alike.
    """

    epoch: int
    loss: float
    validation_macc: float
    threshold: float
    center_frequencies: list[float]
    bandwidths: list[float]
    validation_auc: float | None = None
    learning_rate: float | None = None
    seconds: float = field(default=0.0, compare=False)  # the one thing that chance and other programs change
    device_weight: float | None = None
    device_accuracy: float | None = None


@dataclass
class History:
    """Every epoch of a run, and which of them inner validation chose."""

    epochs: list[Epoch] = field(default_factory=list)

    @property
    def best(self) -> Epoch:
        """The epoch with the highest validation MACC; of equals, the first."""
        return max(self.epochs, key=lambda epoch: (epoch.validation_macc, -epoch.epoch))

    def rows(self) -> list[dict]:
        """One dict an epoch, as JSON takes it."""
        return [asdict(epoch) for epoch in self.epochs]

    def write_csv(self, path: Path | str) -> None:
        """One line an epoch, without its filters."""
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, CSV_COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(self.rows())
        atomic.write(path, text.getvalue())

    def write_json(self, path: Path | str) -> None:
        """All of it, the filters' trajectories too."""
        atomic.write(path, json.dumps(self.rows(), indent=1) + "\n")
