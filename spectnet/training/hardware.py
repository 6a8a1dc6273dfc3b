"""What a run computes on, and how: accelerate's view of the machine.

Taught in *Training on a GPU*.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, GradientState
from accelerate.utils import DataLoaderConfiguration
from torch.utils.data import BatchSampler, DataLoader, Sampler

from spectnet.experiment import TrainingConfig
from spectnet.segments import SegmentDataset


def make_accelerator(config: TrainingConfig, device: torch.device | str = "cpu") -> Accelerator:
    """accelerate's hold on device, precision, processes and accumulation.

    Args:
        config: the settings of the training.
        device: where to compute; of several processes on GPUs each takes its own.

    Raises:
        ValueError: half precision on a CPU; a batch that the processes and parts cannot share evenly.
    """
    device = torch.device(device)
    if config.precision == "fp16" and device.type == "cpu":
        raise ValueError('precision "fp16" needs a GPU; take "bf16" or "fp32" on a CPU')
    # accelerate keeps one state a process, and would refuse a second training with another precision.
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    if device.type == "cuda" and "LOCAL_RANK" not in os.environ:
        torch.cuda.set_device(device)
    accelerator = Accelerator(
        cpu=device.type == "cpu",
        mixed_precision="no" if config.precision == "fp32" else config.precision,
        gradient_accumulation_steps=config.accumulation,
        # A batch is the config's, however many processes share it.
        dataloader_config=DataLoaderConfiguration(split_batches=True, non_blocking=True),
    )
    shares = accelerator.num_processes * config.accumulation
    sizes = {"batch_size": config.batch_size}
    if config.adversarial:
        sizes["adversarial.target_batch"] = config.adversarial.target_batch
    for name, size in sizes.items():
        if size % shares:
            raise ValueError(
                f"{name} must be a multiple of processes x accumulation "
                f"({accelerator.num_processes} x {config.accumulation}), got {size}"
            )
    return accelerator


@contextmanager
def determinism(wanted: bool) -> Iterator[None]:
    """Have PyTorch take only algorithms that give the same numbers every time; a CPU's do anyway."""
    before = torch.are_deterministic_algorithms_enabled()
    if wanted:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS asks for
        torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def make_loader(
    dataset: SegmentDataset,
    sampler: Sampler[int],
    config: TrainingConfig,
    *,
    pin_memory: bool,
    batch_size: int | None = None,
) -> DataLoader:
    """Batches of segments, labels and recordings' numbers, a part of the config's batch at a time.

    A batch is gathered at once from the array that holds all waveforms: item by item and stacked,
    it would take many times as long.

    Args:
        dataset: to gather from.
        sampler: which segments.
        config: batch size and workers.
        pin_memory: for a GPU, so that copies to it run beside the computing.
        batch_size: in place of the config's.
    """
    part = (batch_size or config.batch_size) // config.accumulation
    batches = BatchSampler(sampler, part, drop_last=True)
    return DataLoader(
        range(len(dataset)),  # type: ignore[arg-type]  # an item is its number; `gather` does the rest
        batch_sampler=batches,
        collate_fn=dataset.gather,
        num_workers=config.workers,
        persistent_workers=config.workers > 0,
        pin_memory=pin_memory,
        # Else starting the workers would draw from the numbers that a resumed run must draw alike.
        generator=torch.Generator() if config.workers else None,
    )
