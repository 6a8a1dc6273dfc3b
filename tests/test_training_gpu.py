"""On a GPU a training learns in every precision, repeats itself and resumes; these run wherever a GPU is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from spectnet.augmentation import AugmentationConfig, augment
from spectnet.experiment import TrainingConfig
from spectnet.model import SpectNet, SpectNetConfig
from spectnet.recordings import Recording
from spectnet.segments import Preprocessing, SegmentDataset
from spectnet.training import History, seed_everything, train
from spectnet.training.checkpoints import load_checkpoint
from spectnet.training.trainer import Trainer

pytestmark = pytest.mark.gpu

CONFIG = TrainingConfig(
    epochs=3,
    segments_per_epoch=320,
    batch_size=32,
    learning_rate=1e-2,
    crop_hop_s=0,
    averaging=0.9,
    mixup=0.2,
    deterministic=True,
    augmentation=AugmentationConfig(gain_db=6, colour_db=6, noise_snr_db=10, speed=0.1, filter_mask=1),
)


@pytest.fixture(scope="module")
def halves() -> tuple[SegmentDataset, SegmentDataset]:
    """Noise that is normal, and abnormal with a hum at 150 Hz."""
    draw, time, found = np.random.default_rng(0), np.arange(3000) / 1000, []
    for number in range(24):
        hum = number % 2 * 2 * np.sin(2 * np.pi * 150 * time + draw.uniform(0, 6))
        sound = (draw.standard_normal(3000) + hum).astype(np.float32)
        found.append(Recording(str(number), number % 2, "x", samples=sound, sample_rate=1000))

    def cut(part: list[Recording], hop_s: float | None = None) -> SegmentDataset:
        return SegmentDataset(part, Preprocessing(), segment_s=1.0, hop_s=hop_s)

    return cut(found[:12], hop_s=0), cut(found[12:])


def run(
    halves: tuple[SegmentDataset, SegmentDataset],
    checkpoint: Path | None = None,
    *,
    device: str = "cuda",
    **changes: object,
) -> tuple[History, SpectNet]:
    """A training, resumed from the checkpoint where there is one, and what it left."""
    seed_everything(0)
    settings = {"frontend": {"n_filters": 4}, "backbone": {"channels": [4, 8, 8]}, "segment_s": 1.0}
    model = SpectNet(SpectNetConfig.model_validate(settings))
    config = CONFIG.model_copy(update=changes)
    history = train(
        model, *halves, config, device=device, progress=False, checkpoint=checkpoint, resume=bool(checkpoint)
    )
    return history, model


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_every_precision_learns_on_a_gpu(halves, precision):
    history, model = run(halves, precision=precision)
    assert next(model.parameters()).device.type == "cuda"
    assert history.epochs[-1].loss < history.epochs[0].loss
    assert history.best.validation_macc > 0.9


def test_a_gpu_trains_as_a_cpu_does(halves):
    """Without what each device draws for itself: dropout and augmentation."""
    plain = {"mixup": 0.0, "augmentation": AugmentationConfig(), "epochs": 1}
    on_gpu, on_cpu = (run(halves, device=device, **plain)[0].best.loss for device in ("cuda", "cpu"))
    assert on_gpu == pytest.approx(on_cpu, abs=0.1)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_deterministic_trainings_are_the_same_on_a_gpu(halves, precision):
    (first, one), (second, other) = (run(halves, precision=precision) for _ in range(2))
    assert first.epochs == second.epochs
    for name, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[name]), name


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_a_training_stopped_on_a_gpu_goes_on_bit_for_bit(halves, precision, tmp_path, monkeypatch):
    whole, expected = run(halves, tmp_path / "whole", precision=precision)
    run_epoch = Trainer.run_epoch

    def stopped(self, number, bar):
        if number == 3:
            raise KeyboardInterrupt
        return run_epoch(self, number, bar)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", stopped)
        with pytest.raises(KeyboardInterrupt):
            run(halves, tmp_path / "stopped", precision=precision)
    assert ("scaler" in load_checkpoint(tmp_path / "stopped").head) == (precision == "fp16")
    history, model = run(halves, tmp_path / "stopped", precision=precision)
    assert history.epochs == whole.epochs
    for name, value in expected.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


@pytest.mark.filterwarnings("ignore:.*worker")
def test_batches_are_pinned_and_workers_fetch_the_same_ones(halves):
    seed_everything(0)
    model = SpectNet(SpectNetConfig.model_validate({"segment_s": 1.0}))
    found = []
    for workers in (0, 2):
        trainer = Trainer(model, halves[0], CONFIG.model_copy(update={"workers": workers}), "cuda")
        assert trainer.loader.base_dataloader.pin_memory
        trainer._segments.manual_seed(0)
        segments, labels, _ = next(iter(trainer.loader))
        assert segments.device.type == labels.device.type == "cuda"
        found.append(segments)
    assert found[0].equal(found[1])


def test_augmentation_draws_on_the_gpu():
    waveform = torch.randn(8, 1000, device="cuda")
    out = augment(waveform, 1000, CONFIG.augmentation, torch.Generator("cuda").manual_seed(0))
    assert out.device == waveform.device
    assert out.isfinite().all()
    assert not out.equal(waveform)
