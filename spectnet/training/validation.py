"""What a model is worth on inner validation, balanced over class and subset as the score is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from accelerate import Accelerator

from spectnet.class_metrics import class_auc, class_metrics
from spectnet.evaluation import Precision, class_probabilities, score_recordings
from spectnet.metrics import best_threshold, binary_metrics, roc_auc
from spectnet.model import SpectNet
from spectnet.recordings import ABNORMAL
from spectnet.segments import SegmentDataset
from spectnet.splits import balancing_weights


class Validation(NamedTuple):
    """MACC at its best threshold, the area under the ROC curve, and that threshold.

    With more than two classes MACC is the mean of their recalls, and there is no threshold to choose.
    """

    macc: float
    auc: float
    threshold: float


def validate(
    model: SpectNet,
    validation: SegmentDataset,
    device: torch.device | str = "cpu",
    *,
    precision: Precision = "fp32",
    dropout_at_test: bool = False,
    accelerator: Accelerator | None = None,
) -> Validation:
    """Score the recordings of `validation`, and judge them balanced over class and subset.

    Args:
        model: to judge.
        validation: segments of recordings that neither train nor test.
        device: where to compute.
        precision: of the computing.
        dropout_at_test: leave dropout on, as a lesson.
        accelerator: of several processes, each of which scores a share; all get the same answer.
    """
    labels = np.array([recording.label for recording in validation.recordings])
    together = accelerator if accelerator and accelerator.num_processes > 1 else None
    probabilities = class_probabilities(
        model,
        validation,
        device,
        precision=precision,
        dropout_at_test=dropout_at_test,
        share=(together.process_index, together.num_processes) if together else (0, 1),
    )
    if together:
        mine = torch.from_numpy(probabilities).to(together.device)
        probabilities = together.reduce(mine, "sum").cpu().numpy()
    scores = score_recordings(validation, probabilities)  # (recordings, classes)
    if scores.shape[1] > 2:
        return Validation(class_metrics(labels, scores).macc, class_auc(labels, scores), 0.5)
    weights, scores = balancing_weights(validation.recordings), scores[:, ABNORMAL]
    threshold = best_threshold(labels, scores, weights)
    auc = roc_auc(labels, scores, weights)
    return Validation(binary_metrics(labels, scores, threshold, weights).macc, auc, threshold)
