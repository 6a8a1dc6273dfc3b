"""From segments to recordings: how a model scores what it has never heard.

A segment's score is the model's probability of abnormal; a recording's is the mean of its
segments'. Taught in *One recording, all the way*.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from spectnet.model import SpectNet
from spectnet.recordings import ABNORMAL, Recording
from spectnet.segments import SegmentDataset

BATCH_SIZE = 256
Precision = Literal["fp32", "bf16", "fp16"]
_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Prediction:
    """What a model says of one recording.

    Attributes:
        starts: of the segments, in seconds.
        probabilities: of abnormal, one a segment.
        score: of the recording, their mean.
        threshold: at or above it, the recording is called abnormal.
        segment_s: length of a segment in seconds.
        waveform: as the model heard it, ``(time,)``.
        sample_rate: of the waveform, in Hz.
        log_energy: the spectrogram that the front-end drew of all of it, ``(filters, frames)``.
        center_frequencies: of its filters, in Hz; None where a filter has no one frequency.
        hop_s: from one frame to the next, in seconds.
    """

    starts: Float[np.ndarray, " segments"]
    probabilities: Float[np.ndarray, " segments"]
    score: float
    threshold: float
    segment_s: float
    waveform: Float[np.ndarray, " time"]
    sample_rate: float
    log_energy: Float[np.ndarray, "filters frames"]
    center_frequencies: Float[np.ndarray, " filters"] | None
    hop_s: float

    @property
    def abnormal(self) -> bool:
        """Whether the score reaches the threshold."""
        return self.score >= self.threshold


@torch.inference_mode()
def class_probabilities(
    model: SpectNet,
    dataset: SegmentDataset,
    device: torch.device | str = "cpu",
    *,
    precision: Precision = "fp32",
    dropout_at_test: bool = False,
    share: tuple[int, int] = (0, 1),
) -> Float[np.ndarray, "segments classes"]:
    """Probability of each class for each segment, with the model in evaluation mode.

    Args:
        model: is put in evaluation mode and back: dropout must not decide a patient's score.
        dataset: of segments.
        device: where to compute.
        precision: of the products; the softmax is always fp32.
        dropout_at_test: leave dropout on, as the paper's code did. For the lesson only: the scores are
            then random, and another seed gives others.
        share: number of a process and how many there are: each scores every so many batches, and leaves
            zeros for the others. Batches stay the same, so that the sum is what one process would give.
    """
    kind, was_training = torch.device(device).type, model.training
    model.eval()
    for module in model.modules():
        if dropout_at_test and isinstance(module, nn.modules.dropout._DropoutNd):
            module.train()
    probabilities = np.zeros((len(dataset), model.config.backbone.n_classes))
    for start in range(0, len(dataset), BATCH_SIZE)[share[0] :: share[1]]:
        items = np.arange(start, min(start + BATCH_SIZE, len(dataset)))
        segments, _, _ = dataset.gather(items)
        with torch.autocast(kind, _AUTOCAST.get(precision), enabled=precision in _AUTOCAST):
            logits = model(segments.to(device))
        probabilities[items] = torch.softmax(logits.float(), dim=-1).cpu().numpy()
    model.train(was_training)
    return probabilities


def score_segments(
    model: SpectNet, dataset: SegmentDataset, device: torch.device | str = "cpu", **how: Any
) -> Float[np.ndarray, " segments"]:
    """Probability of abnormal for each segment: that column of `class_probabilities`.

    Args:
        model: of two classes.
        dataset: of segments.
        device: where to compute.
        how: as `class_probabilities` takes it.
    """
    return class_probabilities(model, dataset, device, **how)[:, ABNORMAL]


def score_recordings(
    dataset: SegmentDataset, probabilities: Float[np.ndarray, "segments *classes"]
) -> Float[np.ndarray, "recordings *classes"]:
    """Mean of each recording's segment probabilities, in the order of ``dataset.recordings``.

    Args:
        dataset: of the segments.
        probabilities: of abnormal, or of each class.

    Raises:
        ValueError: a recording has no segment.
    """
    n = len(dataset.recordings)
    counts = np.bincount(dataset.recording_index, minlength=n)
    if empty := [dataset.recordings[i].name for i in np.flatnonzero(counts == 0)]:
        raise ValueError(f"{len(empty)} recordings have no segment, such as {empty[0]}; leave them out")
    columns = probabilities.reshape(len(probabilities), -1).T
    means = [np.bincount(dataset.recording_index, weights=column, minlength=n) / counts for column in columns]
    return np.stack(means, axis=-1).reshape(n, *probabilities.shape[1:])


def predict(model: SpectNet, recording: Recording, *, hop_s: float | None = None) -> Prediction:
    """Score one recording, segment by segment.

    Args:
        model: as `model.load_model` gives it.
        recording: of any sample rate of at least twice the model's upper band edge.
        hop_s: from one segment to the next, in seconds; by default without overlap, as the
            recordings were scored on which the threshold was chosen.

    Raises:
        RecordingError: unreadable, silent, not finite, or shorter than one segment.
    """
    config = model.config
    hop_s = config.segment_s if hop_s is None else hop_s
    dataset = SegmentDataset([recording], config.preprocessing, segment_s=config.segment_s, hop_s=hop_s)
    device = next(model.parameters()).device
    probabilities = score_segments(model, dataset, device)
    waveform = dataset.waveform(0)
    with torch.inference_mode():
        log_energy = model.frontend(torch.from_numpy(waveform)[None].to(device))[0]
        frequencies = model.frontend.center_frequencies
    return Prediction(
        starts=np.arange(len(dataset)) * hop_s,
        probabilities=probabilities,
        score=float(probabilities.mean()),
        threshold=config.threshold,
        segment_s=config.segment_s,
        waveform=waveform,
        sample_rate=config.preprocessing.sample_rate,
        log_energy=log_energy.cpu().numpy(),
        center_frequencies=None if frequencies is None else frequencies.cpu().numpy(),
        hop_s=model.frontend.hop_length / model.frontend.sample_rate,
    )
