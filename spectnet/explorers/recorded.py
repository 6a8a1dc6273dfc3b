"""Runs on record, as the explorers that show one take them: from a file of ``results/runs`` or as a dict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path


def read_run(run: Mapping | str | PathLike[str], *needed: str) -> Mapping:
    """A run, from its file where it is a path, with everything `needed` in it.

    Raises:
        ValueError: the file is not there or no JSON object; the run lacks something needed.
    """
    if not isinstance(run, Mapping):
        run, source = _from_file(Path(run)), f"{run}"
    else:
        source = "the run"
    if missing := [name for name in needed if run.get(name) is None]:
        raise ValueError(
            f"{source} must hold {' and '.join(needed)}, as the files of results/runs do; "
            f"got none for {', '.join(missing)}"
        )
    return run


def title_of(run: Mapping) -> str:
    """What a run is called: its experiment, split and seed, as far as it says so."""
    named = [str(run[key]) for key in ("experiment", "split") if run.get(key)]
    seed = [f"seed {run['seed']}"] if "seed" in run else []
    return ", ".join(named + seed) or "your run"


def _from_file(path: Path) -> Mapping:
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} must be the JSON file of a run, got: {error}") from None
    if not isinstance(run, Mapping):
        raise ValueError(f"{path} must hold one run, a JSON object, got {type(run).__name__}")
    return run
