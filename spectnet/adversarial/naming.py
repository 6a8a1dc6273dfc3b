"""How well a plain classifier names the device from features: what is left of it in them.

A head that was trained along has been fought against; it may have given up while the device is still there.
So a fresh classifier asks, best of recordings that took no part in the training. Where the target's sound
joined, its recordings did take part, without their class.

Taught in *Whose stethoscope is this?*
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, confusion_matrix
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectnet.adversarial.domains import device_names, device_numbers
from spectnet.model import SpectNet
from spectnet.recordings import Recording
from spectnet.segments import SegmentDataset
from spectnet.splits import neighbour_blocks

N_FOLDS = 4
_BATCH = 256


@dataclass(frozen=True)
class Naming:
    """How well devices were named.

    Attributes:
        devices: their names.
        accuracy: mean over devices of the share named rightly, so that a large set counts no more.
        chance: what guessing gives.
        matrix: ``(devices, devices)`` recordings, by true device (rows) and named device.
        named: for each recording, the place in `devices` of the one that was named.
    """

    devices: list[str]
    accuracy: float
    chance: float
    matrix: Int[np.ndarray, "devices devices"]
    named: Int[np.ndarray, " recordings"]


@torch.inference_mode()
def recording_features(model: SpectNet, dataset: SegmentDataset) -> Float[np.ndarray, "recordings features"]:
    """The CNN's features of each recording: the mean over its segments, in evaluation mode.

    Args:
        model: whose backbone has `embed`.
        dataset: of segments.
    """
    was_training, device = model.training, next(model.parameters()).device
    model.eval()
    sums = None
    for start in range(0, len(dataset), _BATCH):
        segments, _, owners = dataset.gather(np.arange(start, min(start + _BATCH, len(dataset))))
        found = model.reader.embed(model.frontend(segments.to(device))).float().cpu()
        if sums is None:
            sums = torch.zeros(len(dataset.recordings), found.shape[1])
        sums.index_add_(0, owners, found)
    model.train(was_training)
    assert sums is not None  # a dataset has segments
    return (sums / torch.from_numpy(np.asarray(dataset.n_segments))[:, None]).double().numpy()


def name_devices(
    features: Float[np.ndarray, "recordings features"], recordings: Sequence[Recording], *, seed: int = 0
) -> Naming:
    """Name the device of each recording by logistic regression that has learned from others.

    Devices count alike, in learning and in the accuracy. Recordings are divided by blocks of neighbours by
    name, as large as a device's number allows, up to ten. Where names tell patients, one patient's heart is
    then not learned and asked about; PhysioNet/CinC 2016 numbers at random, and there it may be.

    Args:
        features: one row a recording, such as `recording_features` gives.
        recordings: whose subset is the device; best such that trained no part of the features.
        seed: of the division.

    Raises:
        ValueError: fewer than two devices, or one with too few recordings to divide.
    """
    devices = device_names(recordings)
    numbers = device_numbers(recordings, devices)
    counts = np.bincount(numbers)
    if len(devices) < 2 or counts.min() < N_FOLDS:
        raise ValueError(
            f"naming needs two devices or more with {N_FOLDS} recordings each, got "
            + ", ".join(f"{n} of {name}" for name, n in zip(devices, counts.tolist(), strict=True))
        )
    classifier = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000))
    folds = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=seed)
    blocks = _blocks(recordings, numbers)
    named = cross_val_predict(classifier, features, numbers, groups=blocks, cv=folds)
    matrix = confusion_matrix(numbers, named, labels=range(len(devices)))
    return Naming(devices, float(balanced_accuracy_score(numbers, named)), 1 / len(devices), matrix, named)


def _blocks(
    recordings: Sequence[Recording], numbers: Int[np.ndarray, " recordings"]
) -> Int[np.ndarray, " recordings"]:
    """Block of each recording: neighbours by name of one device, as many as leave a block for each fold."""
    blocks = np.empty(len(numbers), dtype=np.int64)
    first = 0
    for number in np.unique(numbers):
        places = np.flatnonzero(numbers == number)
        size = min(10, len(places) // N_FOLDS)
        blocks[places] = first + neighbour_blocks([recordings[place] for place in places.tolist()], size)
        first = blocks[places].max() + 1
    return blocks
