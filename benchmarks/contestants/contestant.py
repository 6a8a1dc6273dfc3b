"""What a contestant is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from torch import nn

from benchmarks.workloads import INITIALISATIONS, PASSES, Workload


class NotRunnable(Exception):
    """A contestant that cannot take part here; its message says why."""


class Build(Protocol):
    """Makes the front-end of a workload: ``(batch, time)`` to log energies ``(batch, filters, frames)``."""

    def __call__(
        self, workload: Workload, initialisation: str, *, floor: float = ..., **options: Any
    ) -> nn.Module:
        """Build it, with an energy added before the logarithm and the options from `Contestant.prepare`."""


def _nothing(workload: Workload, initialisation: str) -> dict[str, Any]:
    return {}


def _no_kernel(module: nn.Module) -> int | None:
    return None


@dataclass(frozen=True)
class Contestant:
    """A front-end that takes part.

    Attributes:
        name: in the table.
        build: makes it.
        what: one sentence on what it is and how it was matched to the others.
        computes: ``"gammatone"`` where its error is measured against the float64 reference,
            ``"efficientleaf"`` where it is measured against its own form at stride 1, else in words
            what other feature it computes, and why it has no error.
        tolerance: share at which kernels are cut; None where that says nothing.
        prepare: works out, once a workload and initialisation, options that `build` needs.
        kernel_size: reads the longest kernel in samples off the built module.
        initialisations: those that it knows.
        passes: those that it can run.
        longest_s: CPU seconds of a pass above which it is not timed.
    """

    name: str
    build: Build
    what: str
    computes: str = "gammatone"
    tolerance: float | None = None
    prepare: Callable[[Workload, str], dict[str, Any]] = _nothing
    kernel_size: Callable[[nn.Module], int | None] = _no_kernel
    initialisations: tuple[str, ...] = field(default=tuple(INITIALISATIONS))
    passes: tuple[str, ...] = PASSES
    longest_s: float = 120.0
