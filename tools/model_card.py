"""Write the card of a saved model from the runs on record, so that no number of it is typed.

    python tools/model_card.py spectnet/weights/learned-16 learned-16_paper-fold-0_seed0 [more runs]

The first run is the model's own: its weights lie in the folder. The others stand beside it in the table. A
run is named as its file in results/runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from spectnet.model import DEFAULT_MODEL, SpectNet, load_model
from spectnet.results import load_results, markdown_table
from spectnet.splits import paper_fold

DATA = {
    "physionet2016": "PhysioNet/CinC Challenge 2016, its public training set (Open Data Commons Attribution "
    "License 1.0; Liu et al. 2016, Goldberger et al. 2000)",
    "synthetic": "synthetic hearts of this project: nobody's",
}


def run_name(run: dict) -> str:
    """A run's file in results/runs, without its ending."""
    return f"{run['experiment']}_{run['split']}_seed{run['seed']}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def _model(model: SpectNet) -> str:
    """What the model is, in a sentence."""
    frontend, config = model.config.frontend, model.config
    learning = sum(p.numel() for p in model.frontend.parameters() if p.requires_grad)
    total = sum(p.numel() for p in model.parameters())
    return (
        f"Front-end `{frontend.kind}`, {model.frontend.n_filters} rows, "
        f"{f'{learning} numbers of it learned' if learning else 'none of it learned'}; "
        f"backbone `{config.backbone.kind}`; {total:,} parameters. "
        f"It hears {config.preprocessing.sample_rate} samples a second, {config.segment_s:g} s at a time. "
        "A recording's score is the mean of its segments'; "
        f"at {config.threshold:.3f} or more it is called abnormal."
    )


def _split(run: dict) -> str:
    """Who trained, who chose, who was tested."""
    folds = run["config"]["training"]["validation_folds"]
    trained = (
        f"the {len(paper_fold(0).train)} of the paper's list train0"
        if run["split"] == "paper-fold-0"
        else f"the training side of `{run['split']}`"
    )
    chosen = (
        f"One part in {folds} of them, in blocks of neighbouring recordings, chose epoch and threshold; "
        "no tested recording did"
        if run["selection"] == "inner"
        else "Epoch and threshold were chosen on the tested recordings themselves: the figures flatter it"
    )
    return f"Recordings: {trained}. {chosen}. Tested: {run['n_recordings']} recordings."


def _training(run: dict) -> str:
    settings = run["config"]["training"]
    return (
        f"`configs/{run['experiment']}.toml`, seed {run['seed']}, commit `{run['commit']}`: epoch "
        f"{run['best_epoch']} of {settings['epochs']}, {run['seconds'] / 60:.0f} minutes on "
        f"{run['machine']['device']}, {run['machine']['threads']} thread(s)."
    )


def by_subset(run: dict) -> str:
    """A row a subset: its recordings, sensitivity, specificity."""
    lines = [
        "| subset | abnormal | normal | sensitivity | specificity |",
        "|---|---:|---:|---:|---:|",
    ]
    for subset in sorted({row["subset"] for row in run["recordings"]}):
        rows = [row for row in run["recordings"] if row["subset"] == subset]
        called = [(row["label"], row["score"] >= run["threshold"]) for row in rows]
        right = {label: [call == bool(label) for true, call in called if true == label] for label in (1, 0)}
        shares = [_percent(sum(r) / len(r)) if r else "–" for r in right.values()]
        lines.append(f"| {subset} | {len(right[1])} | {len(right[0])} | {' | '.join(shares)} |")
    return "\n".join(lines)


def model_card(model: SpectNet, runs: Sequence[dict], *, default: bool = False) -> str:
    """The card of `model` in Markdown.

    Args:
        model: as it is saved.
        runs: as `results.load_results` gives them; the first is the model's own.
        default: whether `spectnet predict` uses it where no other is named.

    Raises:
        ValueError: the first run is another model's.
    """
    own = runs[0]
    if abs(own["threshold"] - model.config.threshold) > 1e-9:
        raise ValueError(
            f"{run_name(own)} has the threshold {own['threshold']}, the saved model has "
            f"{model.config.threshold}: give the run that made it first"
        )
    low, high = own["macc_interval"]
    found = ", ".join(f"{name} {_percent(own[name])}" for name in ("sensitivity", "specificity", "precision"))
    others = f" Beside {len(runs) - 1} other run(s):" if len(runs) > 1 else ""
    used = ", which `spectnet predict` uses where no other model is named" if default else ""
    return f"""# {own["experiment"]}: is this heart sound abnormal?

A model of the SpectNet book{used}. Written by `tools/model_card.py` from the runs on record.

- **What it is not.** It is not a medical device, and what it prints is no diagnosis. It is for teaching and
  experiments.
- **Model.** {_model(model)}
- **Data.** {DATA[own["data"]]}.
- **Split.** {_split(own)}
- **Training.** {_training(own)}
- **Files.** `model.safetensors` holds the weights, `config.json` all that is needed to rebuild the model and
  to prepare its input: no pickle, so that reading them runs no code. Code and weights: BSD-3-Clause.

## Results

On its tested recordings: MACC {_percent(own["macc"])}, with a 95 % interval from {_percent(low)} to
{_percent(high)}; {found}.{others}

{markdown_table(runs)}

All in percent; the score of every recording is in `results/runs/{run_name(own)}.json`. By subset, which is
by sensor and place:

{by_subset(own)}

## Limits

- An interval tells of other recordings of the same kind, from the same places. {_elsewhere(runs)}
- The data name no patients: one may stand on both sides of a split.
- In subset e, recordings of the two classes were stored with different quantisation
  (`results/quantisation.json`), so part of the score may not be about hearts.{_without_e(own)}
- {_seeds(runs)}
"""


def _elsewhere(runs: Sequence[dict]) -> str:
    """What is known of other sensors."""
    left_out = [run for run in runs if run["split"].startswith("leave-out-")]
    if not left_out:
        return "On other sensors and other populations it is untested."
    found = ", ".join(f"{_percent(run['macc'])} on {run['split'][-1]}" for run in left_out)
    return f"Trained alike without one subset and tested on it, its MACC was {found}."


def _seeds(runs: Sequence[dict]) -> str:
    own = runs[0]
    alike = [r for r in runs if (r["experiment"], r["split"]) == (own["experiment"], own["split"])]
    if len(alike) == 1:
        return "One seed: how much chance had a share in it is not shown here."
    values = [run["macc"] for run in alike]
    return f"{len(alike)} seeds gave a MACC between {_percent(min(values))} and {_percent(max(values))}."


def _without_e(run: dict) -> str:
    if run["macc_without_e"] is None or all(row["subset"] != "e" for row in run["recordings"]):
        return ""
    return f" Without e its MACC is {_percent(run['macc_without_e'])}."


def main(arguments: Sequence[str]) -> None:
    """Write README.md beside the weights."""
    if len(arguments) < 2:
        raise SystemExit(__doc__)
    folder, names = Path(arguments[0]), arguments[1:]
    known = {run_name(run): run for run in load_results()}
    if missing := [name for name in names if name not in known]:
        raise SystemExit(f"no run named {missing[0]} in results/runs; there are {', '.join(known)}")
    default = folder.resolve() == DEFAULT_MODEL.resolve()
    card = model_card(load_model(folder), [known[name] for name in names], default=default)
    (folder / "README.md").write_text(card)


if __name__ == "__main__":
    main(sys.argv[1:])
