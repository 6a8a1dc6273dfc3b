"""One pass of a front-end, as a training step would run it."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def run_pass(module: nn.Module, waveform: Tensor, name: str) -> None:
    """Run ``"forward"``, ``"forward_backward"`` (to the parameters) or ``"forward_backward_input"``."""
    if name == "forward":
        with torch.no_grad():
            module(waveform)
        return
    to_input = name == "forward_backward_input"
    module.zero_grad(set_to_none=True)
    waveform = waveform.detach().requires_grad_(to_input)
    module(waveform).sum().backward()
