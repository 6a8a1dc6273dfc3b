"""All of a training on disk, so that it can be killed at any moment and go on as if nothing had happened.

A checkpoint is one safetensors file: numbers, and a head in JSON for history, schedule and settings.
accelerate's own ``save_state`` writes several files, of which most are pickles: a kill between two of them
leaves halves that do not belong together, and reading a pickle runs whatever code it holds. One file is
replaced in one step, and can be read from anybody.

No generator's state is kept, since every epoch seeds its own: see `seeds`.

Taught in *Training on a GPU*.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from spectnet import atomic

FILE = "checkpoint.safetensors"
Tensors = dict[str, Tensor]


class CheckpointError(ValueError):
    """A checkpoint that cannot be continued; its message says why, and what to do."""


@dataclass(frozen=True)
class Checkpoint:
    """A training between two epochs.

    Attributes:
        tensors: by name, one group for each of the parts that have a state.
        head: everything else, as JSON takes it.
    """

    tensors: dict[str, Tensors]
    head: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: Path | str) -> None:
    """Write it in one step.

    Raises:
        OSError: it could not be written; the checkpoint before it is kept.
    """
    flat = {
        f"{group}/{name}": tensor.detach().cpu().contiguous().clone()  # tensors on disk share no memory
        for group, tensors in checkpoint.tensors.items()
        for name, tensor in tensors.items()
    }
    atomic.write(path, safetensors.torch.save(flat, {"head": json.dumps(checkpoint.head)}))


def load_checkpoint(path: Path | str) -> Checkpoint:
    """Read what `save_checkpoint` wrote.

    Raises:
        CheckpointError: the file is damaged, or something else.
    """
    tensors: dict[str, Tensors] = {}
    try:
        with safe_open(path, framework="pt") as file:
            head = json.loads(file.metadata()["head"])
            for key in file.keys():  # noqa: SIM118  # it is no dict
                group, _, name = key.partition("/")
                tensors.setdefault(group, {})[name] = file.get_tensor(key)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path} is not a whole checkpoint ({error}); start again without --resume"
        ) from error
    return Checkpoint(tensors, head)


def check_same(before: Any, now: Any, path: Path | str, key: str = "") -> None:
    """Refuse to continue what was begun with other settings or data.

    Args:
        before: the settings in the checkpoint, nested as JSON is.
        now: those of today, nested alike.
        path: of the checkpoint, for the message.
        key: where in the settings.

    Raises:
        CheckpointError: they differ; the message names the first that does.
    """
    if isinstance(before, dict) and isinstance(now, dict):
        for name in before.keys() | now.keys():
            check_same(before.get(name), now.get(name), path, f"{key}.{name}" if key else name)
    elif before != now:
        raise CheckpointError(
            f"{path} was made with {key} = {before!r}, and now it is {now!r}; "
            "go back to that, or start again without --resume"
        )


def optimizer_tensors(state: dict[str, Any]) -> Tensors:
    """The tensors in an optimiser's state, by parameter's number and name."""
    found = state["state"].items()
    return {f"{number}/{name}": value for number, one in found for name, value in one.items()}


def optimizer_state(tensors: Tensors, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """An optimiser's state from its tensors and its groups' settings."""
    state: dict[int, Tensors] = {}
    for key, value in tensors.items():
        number, _, name = key.partition("/")
        state.setdefault(int(number), {})[name] = value
    return {"state": state, "param_groups": groups}
