"""The history as curves in TensorBoard, for who likes to watch a training in the browser."""

from __future__ import annotations

from pathlib import Path

from spectnet.training.history import History

SCALARS = (
    "loss", "validation_macc", "validation_auc", "threshold", "learning_rate", "device_weight",
    "device_accuracy",
)  # fmt: skip


def write_curves(history: History, folder: Path | str) -> None:
    """Write every epoch's numbers, and each filter's frequency and bandwidth, as TensorBoard reads them.

    Args:
        history: so far; what the folder held is written anew, so that a resumed run has no epoch twice.
        folder: show it with ``tensorboard --logdir``.

    Raises:
        ValueError: TensorBoard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise ValueError('curves need TensorBoard: pip install "spectnet[tensorboard]"') from error
    for old in Path(folder).glob("events.out.tfevents.*"):
        old.unlink()
    with SummaryWriter(str(folder)) as writer:
        for epoch in history.epochs:
            for name in SCALARS:
                if (value := getattr(epoch, name)) is not None:
                    writer.add_scalar(name, value, epoch.epoch)
            for name in ("center_frequencies", "bandwidths"):
                for number, hertz in enumerate(getattr(epoch, name)):
                    writer.add_scalar(f"{name}/{number:02}", hertz, epoch.epoch)
