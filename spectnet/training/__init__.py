"""Training: inner validation chooses the epoch and the threshold, nothing else does.

accelerate carries it: the same loop runs on a CPU, on one GPU, on several and on several machines.

Taught in *One recording, all the way* and *Training on a GPU*.
"""

from spectnet.training.averaging import WeightAverage
from spectnet.training.checkpoints import FILE as CHECKPOINT_FILE
from spectnet.training.checkpoints import CheckpointError, check_same
from spectnet.training.clock import Clock
from spectnet.training.curves import write_curves
from spectnet.training.hardware import make_accelerator
from spectnet.training.history import Epoch, History
from spectnet.training.loop import train
from spectnet.training.objective import AdversarialObjective, TrainingObjective
from spectnet.training.optimiser import make_optimizer, make_schedule
from spectnet.training.seeds import epoch_seed, seed_everything
from spectnet.training.trainer import Trainer, TrainingError
from spectnet.training.validation import Validation, validate

__all__ = [
    "CHECKPOINT_FILE",
    "AdversarialObjective",
    "CheckpointError",
    "Clock",
    "Epoch",
    "History",
    "Trainer",
    "TrainingError",
    "TrainingObjective",
    "Validation",
    "WeightAverage",
    "check_same",
    "epoch_seed",
    "make_accelerator",
    "make_optimizer",
    "make_schedule",
    "seed_everything",
    "train",
    "validate",
    "write_curves",
]
