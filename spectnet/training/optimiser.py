"""How the weights move: the optimiser, its groups and the schedule of its rates."""

from __future__ import annotations

import torch

from spectnet.experiment import TrainingConfig
from spectnet.frontend.optimiser import learning_group
from spectnet.model import SpectNet


def make_optimizer(
    model: SpectNet, config: TrainingConfig, head: torch.nn.Module | None = None
) -> torch.optim.Optimizer:
    """AdamW or SGD with two groups: the CNN, and the filters with a rate of their own and no decay.

    Args:
        model: to train.
        config: rates and decay.
        head: that names the device, where the training goes against it; a third group.
    """
    frontend, rate = model.frontend, config.frontend_learning_rate
    own = getattr(frontend, "parameter_groups", None)
    groups = [
        {"params": list(model.backbone.parameters()), "lr": config.learning_rate},
        *(own(rate, ratio=1.0) if own else learning_group(frontend, rate)),
    ]
    if head is not None:
        groups.append({"params": list(head.parameters()), "lr": config.learning_rate})
    if config.optimiser == "sgd":
        return torch.optim.SGD(groups, weight_decay=config.weight_decay, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def make_schedule(
    optimizer: torch.optim.Optimizer, config: TrainingConfig, n_steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """One cycle over the whole training, or rates that stay.

    Args:
        optimizer: its groups' rates are the cycle's highest.
        config: says which.
        n_steps: of the optimiser, over all epochs.

    The cycle is by Smith and Topin (2018).
    """
    if config.schedule == "constant":
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1.0)
    rates = [group["lr"] for group in optimizer.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=n_steps)
