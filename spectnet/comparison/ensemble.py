"""Several models asked together: the mean of their scores, and a threshold chosen without the test set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import numpy as np

from spectnet.metrics import best_threshold
from spectnet.results import DIGITS, metrics_of, recordings_of
from spectnet.splits import balancing_weights


def ensemble(
    members: Sequence[dict],
    name: str = "ensemble",
    *,
    threshold: Literal["validation", "mean"] = "validation",
) -> dict:
    """Judge by the mean score of several runs; the result is a record like theirs.

    The threshold comes from the members' inner-validation scores. Where each member set another part of
    the training recordings aside, these together score all of them, each by models that did not learn
    from it. It is then chosen as in training: highest MACC, balanced over class and subset.

    Args:
        members: runs of one split, as `results.load_results` gives them; seeds, experiments or both differ.
        name: of the ensemble, as the table shows it.
        threshold: ``"validation"`` as above, or the ``"mean"`` of the members' own.

    Raises:
        ValueError: fewer than two members, several splits, different recordings, or validation scores
            that are missing or of test recordings.
    """
    if len(members) < 2:
        raise ValueError(f"an ensemble needs at least two runs, got {len(members)}")
    if len(splits := sorted({member["split"] for member in members})) > 1:
        raise ValueError(f"the members must share one split, got {', '.join(splits)}")
    rows = _mean_scores([member["recordings"] for member in members])
    if any(len(member["recordings"]) != len(rows) for member in members):
        raise ValueError("the members tested different recordings; take runs of one split and data set")
    if threshold == "mean":
        chosen = float(np.mean([member["threshold"] for member in members]))
    else:
        chosen = _validated_threshold(members, {row["name"] for row in rows})
    return _record(members, name, rows, chosen)


def _mean_scores(parts: Sequence[Sequence[dict]]) -> list[dict]:
    """One row a recording, with the mean of its scores wherever it stands."""
    scores: dict[str, list[float]] = defaultdict(list)
    rows: dict[str, dict] = {}
    for row in (row for part in parts for row in part):
        scores[row["name"]].append(row["score"])
        rows.setdefault(row["name"], row)
    return [rows[key] | {"score": round(float(np.mean(scores[key])), DIGITS)} for key in sorted(rows)]


def _validated_threshold(members: Sequence[dict], tested: set[str]) -> float:
    if lacking := [m for m in members if not m["validation"]]:
        raise ValueError(
            f"{len(lacking)} members keep no validation scores, such as {lacking[0]['experiment']} seed "
            f"{lacking[0]['seed']}; train them again, or take threshold='mean'"
        )
    rows = _mean_scores([member["validation"] for member in members])
    if shared := tested & {row["name"] for row in rows}:
        raise ValueError(
            f"{len(shared)} recordings are both validated and tested, such as {min(shared)}; "
            "an ensemble's threshold must not see the test set"
        )
    labels, scores = (np.array([row[key] for row in rows]) for key in ("label", "score"))
    return best_threshold(labels, scores, balancing_weights(recordings_of(rows)))


def _record(members: Sequence[dict], name: str, rows: list[dict], threshold: float) -> dict:
    selections = {member["selection"] for member in members}
    commits = sorted({member["commit"] for member in members})

    def total(key: str) -> float | None:
        values = [member[key] for member in members]
        return None if None in values else sum(values)

    return {
        "experiment": name,
        "split": members[0]["split"],
        "seed": min(member["seed"] for member in members),
        "role": "",
        **metrics_of(rows, threshold),
        "n_recordings": len(rows),
        "segment_accuracy": None,
        "threshold": threshold,
        "selection": "inner" if selections == {"inner"} else "test-fold",
        "validation_macc": None,
        "n_parameters": total("n_parameters"),
        "commit": ", ".join(commits),
        "seconds": total("seconds"),
        "core_seconds": total("core_seconds"),
        "members": [[member["experiment"], member["seed"]] for member in members],
        "validation": [],
        "recordings": rows,
    }
