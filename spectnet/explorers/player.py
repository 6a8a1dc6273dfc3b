"""The training player: runs on record, played epoch by epoch.

Filters, loss and validation MACC as they stood after each epoch, drawn in the browser with no kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike

import anywidget
import traitlets

from spectnet.explorers.module import STYLE, joined
from spectnet.explorers.recorded import read_run, title_of
from spectnet.frontend import GammatoneSpectrogram
from spectnet.frontend.settings import build_frontend
from spectnet.model import SpectNetConfig

_CHOSEN = {"inner": "inner validation", "test-fold": "the test fold itself"}


class TrainingPlayer(anywidget.AnyWidget):
    """Play a training again: where its filters went, and what loss and validation did, epoch by epoch.

    Every setting is a synced trait: read it, set it, `observe` it or `jslink` it. A setting out of range
    raises `traitlets.TraitError` and leaves the others as they were.

    Attributes:
        run: which run is shown, from 0.
        epoch: after which epoch, from 0, the start, to the run's last.
        loss: of the training in that epoch, None at the start; follows from the two above, as all below.
        validation_macc: after it, None at the start.
        center_frequencies: of the filters after it in Hz; none where a run's filters are no gammatones.
        bandwidths: their decays b in Hz.
        moved: how far each centre is from its start, in Hz.
        runs: what is drawn of each run.

    Args:
        run: a file of ``results/runs``, or a dict with a ``history``: of each epoch its ``loss``, its
            ``validation_macc`` and perhaps its filters.
        more: further runs, to compare.
        epoch: where to start.

    Raises:
        ValueError: no such file, a run without a history, an epoch without loss or validation MACC.
        TraitError: a setting out of range.

    Example:
        >>> history = [{"loss": 0.7, "validation_macc": 0.6}, {"loss": 0.5, "validation_macc": 0.8}]
        >>> player = TrainingPlayer({"history": history}, epoch=2)
        >>> player.validation_macc
        0.8

    Taught in *Fixed or learned?*
    """

    _esm = joined("player.js")
    _css = STYLE

    run = traitlets.Int(0, min=0).tag(sync=True)
    epoch = traitlets.Int(0, min=0).tag(sync=True)
    loss = traitlets.Float(None, allow_none=True, read_only=True).tag(sync=True)
    validation_macc = traitlets.Float(None, allow_none=True, read_only=True).tag(sync=True)
    center_frequencies = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    bandwidths = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    moved = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    runs = traitlets.List(traitlets.Dict(), read_only=True).tag(sync=True)

    def __init__(
        self, run: Mapping | str | PathLike[str], *more: Mapping | str | PathLike[str], epoch: int = 0
    ) -> None:
        self.set_trait("runs", [_as_drawn(read_run(one, "history")) for one in (run, *more)])
        super().__init__(epoch=epoch)
        self._follow()

    @traitlets.validate("run")
    def _check_run(self, proposal: traitlets.Bunch) -> int:
        if proposal.value >= len(self.runs):
            raise traitlets.TraitError(f"run must be 0 to {len(self.runs) - 1}, got {proposal.value}")
        return proposal.value

    @traitlets.validate("epoch")
    def _check_epoch(self, proposal: traitlets.Bunch) -> int:
        last = len(self.runs[self.run]["loss"])
        if proposal.value > last:
            raise traitlets.TraitError(f"epoch must be 0 to {last}, got {proposal.value}")
        return proposal.value

    @traitlets.observe("run")
    def _stay_inside(self, _: traitlets.Bunch) -> None:
        """A shorter run ends earlier."""
        self.epoch = min(self.epoch, len(self.runs[self.run]["loss"]))

    @traitlets.observe("run", "epoch")
    def _follow(self, _: traitlets.Bunch | None = None) -> None:
        shown, at = self.runs[self.run], self.epoch
        if at > len(shown["loss"]):  # the run has changed, and the epoch is about to
            return
        with self.hold_sync():
            for name in ("loss", "validation_macc"):
                self.set_trait(name, shown[name][at - 1] if at else None)
            for name in ("center_frequencies", "bandwidths"):
                self.set_trait(name, shown[name][at] if shown[name] else [])
            start = shown["center_frequencies"][:1]
            pairs = zip(self.center_frequencies, *start, strict=True) if start else ()
            self.set_trait("moved", [now - begun for now, begun in pairs])


def _as_drawn(run: Mapping) -> dict:
    """What the browser draws of a run."""
    history = run["history"]
    if not history or any(
        epoch.get(name) is None for epoch in history for name in ("loss", "validation_macc")
    ):
        raise ValueError(f"every epoch of {title_of(run)} must have a loss and a validation_macc")
    return {
        "title": title_of(run),
        "loss": [float(epoch["loss"]) for epoch in history],
        "validation_macc": [float(epoch["validation_macc"]) for epoch in history],
        "best_epoch": run.get("best_epoch"),
        "chosen_on": _CHOSEN.get(run.get("selection", ""), "validation"),
        **_filters(run, history),
    }


def _filters(run: Mapping, history: Sequence[Mapping]) -> dict:
    """Gammatones at the start and after every epoch; none where the run has no such filters."""
    named = "center_frequencies", "bandwidths"
    start = _first_bank(run)
    if start is None or any(not epoch.get(name) for epoch in history for name in named):
        return {
            "center_frequencies": [],
            "bandwidths": [],
            "orders": [],
            "sample_rate": None,
            "learnable": False,
        }
    return {
        **{
            name: [getattr(start, name).tolist(), *(list(epoch[name]) for epoch in history)] for name in named
        },
        "orders": list(start.order) if isinstance(start.order, tuple) else [start.order] * start.n_filters,
        "sample_rate": float(start.sample_rate),
        "learnable": bool(start.learnable),
    }


def _first_bank(run: Mapping) -> GammatoneSpectrogram | None:
    model = run.get("config", {}).get("model")
    if model is None:
        return None
    config = SpectNetConfig.model_validate(model)
    if config.frontend.kind != "gammatone":
        return None
    bank = build_frontend(config.frontend, config.preprocessing.sample_rate)
    return bank.requires_grad_(False) if isinstance(bank, GammatoneSpectrogram) else None
