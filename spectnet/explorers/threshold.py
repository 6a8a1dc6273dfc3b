"""The threshold explorer: the scores of a real test fold, and a threshold to move over them.

Counts, sensitivity, specificity, MACC with its interval and the place on the ROC curve follow, drawn in
the browser with no kernel.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from os import PathLike

import anywidget
import numpy as np
import traitlets

from spectnet import metrics
from spectnet.explorers.module import STYLE, joined
from spectnet.explorers.recorded import read_run, title_of

_NEEDED = ("name", "label", "score")
_SHOWN = (*_NEEDED, "subset", "good_quality")
_ORIGINS = {"inner": ", chosen on inner validation", "test-fold": ", chosen on this very test fold"}


class ThresholdExplorer(anywidget.AnyWidget):
    """Move the threshold over a run's scores and see what follows; name any recording.

    The run's own threshold stays marked. To move it on the test fold is to look, not to choose: a
    threshold that the test recordings chose has no test left.

    Attributes:
        threshold: 0 to 1; everything that scores at least this is called abnormal.
        chosen: name of the recording that is pointed at.
        true_positives: abnormal recordings called abnormal; this and all below follow from the threshold.
        false_negatives: abnormal recordings called normal.
        true_negatives: normal recordings called normal.
        false_positives: normal recordings called abnormal.
        sensitivity: share of the abnormal that were found.
        specificity: share of the normal that were left in peace.
        macc: mean of the two.
        macc_interval: its 95 % bootstrap interval, as `metrics.macc_interval` gives it.
        own_threshold: the run's own, where the explorer starts.
        recordings: name, label, score and what else is known of each, lowest score first.

    Args:
        run: a file of ``results/runs``, or a dict with ``threshold`` and ``recordings``, each of which has
            a ``name``, a ``label`` (0 normal, 1 abnormal) and a ``score`` in 0 to 1.

    Raises:
        ValueError: no such file; a run without recordings, with a class missing, or with scores that are no
            probabilities.
        TraitError: a threshold out of range, or the name of no recording.

    Example:
        >>> recordings = [{"name": f"r{i}", "label": i % 2, "score": i / 4} for i in range(4)]
        >>> explorer = ThresholdExplorer({"threshold": 0.5, "recordings": recordings})
        >>> explorer.true_positives, explorer.macc
        (1, 0.5)

    Taught in *Judging a classifier*.
    """

    _esm = joined("threshold.js")
    _css = STYLE

    threshold = traitlets.Float(0.5).tag(sync=True)
    chosen = traitlets.Unicode().tag(sync=True)
    own_threshold = traitlets.Float(read_only=True).tag(sync=True)
    true_positives = traitlets.Int(read_only=True).tag(sync=True)
    false_negatives = traitlets.Int(read_only=True).tag(sync=True)
    true_negatives = traitlets.Int(read_only=True).tag(sync=True)
    false_positives = traitlets.Int(read_only=True).tag(sync=True)
    sensitivity = traitlets.Float(read_only=True).tag(sync=True)
    specificity = traitlets.Float(read_only=True).tag(sync=True)
    macc = traitlets.Float(read_only=True).tag(sync=True)
    macc_interval = traitlets.List(traitlets.Float(), read_only=True).tag(sync=True)
    title = traitlets.Unicode(read_only=True).tag(sync=True)
    origin = traitlets.Unicode(read_only=True).tag(sync=True)
    recordings = traitlets.List(traitlets.Dict(), read_only=True).tag(sync=True)
    intervals = traitlets.List(traitlets.List(traitlets.Float()), read_only=True).tag(sync=True)

    def __init__(self, run: Mapping | str | PathLike[str]) -> None:
        run = read_run(run, "threshold", "recordings")
        rows = _checked(run["recordings"])
        # In the run's own order, on which the draws of its interval depend.
        self._labels = np.array([row["label"] for row in rows], dtype=int)
        self._scores = np.array([row["score"] for row in rows], dtype=float)
        self._intervals = _intervals(self._labels, self._scores)
        rows = sorted(rows, key=lambda row: row["score"])
        for name, value in {
            "recordings": [{key: row[key] for key in _SHOWN if key in row} for row in rows],
            "intervals": list(self._intervals.values()),
            "own_threshold": float(run["threshold"]),
            "title": title_of(run),
            "origin": _ORIGINS.get(run.get("selection", ""), ""),
        }.items():
            self.set_trait(name, value)
        closest = min(rows, key=lambda row: abs(row["score"] - self.own_threshold))
        super().__init__(threshold=self.own_threshold, chosen=closest["name"])
        self._follow()

    @traitlets.validate("threshold")
    def _check_threshold(self, proposal: traitlets.Bunch) -> float:
        if not 0 <= proposal.value <= 1:  # nor NaN
            raise traitlets.TraitError(f"threshold must lie in 0 to 1, got {proposal.value:g}")
        return proposal.value

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: traitlets.Bunch) -> str:
        if proposal.value not in {row["name"] for row in self.recordings}:
            n = len(self.recordings)
            raise traitlets.TraitError(f"chosen must name one of the {n} recordings, got {proposal.value!r}")
        return proposal.value

    @traitlets.observe("threshold")
    def _follow(self, _: traitlets.Bunch | None = None) -> None:
        found = metrics.binary_metrics(self._labels, self._scores, self.threshold)
        with self.hold_sync():
            for name in ("true_positives", "false_negatives", "true_negatives", "false_positives"):
                self.set_trait(name, int(getattr(found, name)))
            for name in ("sensitivity", "specificity", "macc"):
                self.set_trait(name, float(getattr(found, name)))
            n_called = found.true_positives + found.false_positives
            self.set_trait("macc_interval", self._intervals[int(n_called)])


def _checked(rows: Sequence[Mapping]) -> Sequence[Mapping]:
    for row in rows:
        if missing := [key for key in _NEEDED if key not in row]:
            raise ValueError(f"each recording must have {', '.join(_NEEDED)}, got one without {missing[0]}")
        if not 0 <= row["score"] <= 1:  # nor NaN
            raise ValueError(f"scores must lie in 0 to 1, got {row['score']} for {row['name']}")
    if twice := [name for name, times in Counter(row["name"] for row in rows).items() if times > 1]:
        raise ValueError(f"each recording must have a name of its own, got {twice[0]!r} more than once")
    return rows


def _intervals(labels: metrics.Labels, scores: metrics.Scores) -> dict[int, list[float]]:
    """MACC's interval for every call that a threshold can make, by how many are called abnormal."""
    thresholds = np.concatenate([[np.inf], np.unique(scores)[::-1]])
    called = (scores >= thresholds[:, None]).sum(axis=1)
    ends = metrics.macc_intervals(labels, scores, thresholds)
    return dict(zip(called.tolist(), ends.tolist(), strict=True))
