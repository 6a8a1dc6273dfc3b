"""The command ``spectnet``: each verb hands its arguments to a module and prints what comes back."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from spectnet.classroom.commands import app as classroom

app = typer.Typer(
    help="Spectrograms that learn: the tools of the book. Teaching software, never a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(classroom, name="classroom")

# From a set's name to the module that has it, and how that module calls its verbs.
SETS = {
    "physionet2016": ("physionet", "{verb}"),
    "esc10": ("scenes", "{verb}_esc10"),
    "tut2016": ("scenes", "{verb}_tut2016"),
}


def _stop(error: Exception) -> NoReturn:
    """One clear sentence instead of a traceback: what, where, what to do."""
    typer.secho(f"Error: {error}", fg="red", err=True)
    raise typer.Exit(1)


def _of_set(name: str, verb: str) -> Callable:
    """What a verb does for a set: the function of that set's module."""
    if name not in SETS:
        _stop(ValueError(f"data set must be one of {', '.join(SETS)}, got {name!r}"))
    module, functions = SETS[name]
    return getattr(importlib.import_module(f"spectnet.{module}"), functions.format(verb=verb))


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help=f"Which set: {', '.join(SETS)}.")],
    source: Annotated[
        str | None, typer.Option("--from", help="A mirror's URL, or a folder that has the files.")
    ] = None,
) -> None:
    """Download a set of recordings, each file checked; what is already there is kept."""
    try:
        folder = _of_set(name, "fetch")(source=source)
    except (OSError, ValueError) as error:
        _stop(error)
    typer.echo(f"{name} is complete in {folder}")


@app.command()
def verify(
    name: Annotated[str, typer.Argument(help=f"Which set: {', '.join(SETS)}.")] = "physionet2016",
) -> None:
    """Check every file of a set against its published checksum."""
    try:
        report = _of_set(name, "verify")()
    except (OSError, ValueError) as error:
        _stop(error)
    typer.echo(str(report))
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="An experiment, such as configs/learned-16.toml.")],
    split: Annotated[str | None, typer.Option(help="In place of the config's, such as blocks-1.")] = None,
    seed: Annotated[int | None, typer.Option(help="In place of the config's.")] = None,
    precision: Annotated[str | None, typer.Option(help="fp32, bf16 or fp16, for the config's.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the run; by default runs/<name>, with a given split and seed behind it."
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps ...")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a stopped run was.")] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write curves to the run's folder tensorboard/.")
    ] = False,
) -> None:
    """Train an experiment; inner validation chooses epoch and threshold."""
    from spectnet import runs
    from spectnet.experiment import load_experiment
    from spectnet.training import TrainingError

    try:
        experiment = load_experiment(config).changed(split=split, seed=seed, precision=precision)
        given = [part for part in (split, None if seed is None else f"seed{seed}") if part]
        folder = out or Path("runs") / "_".join([experiment.name, *given])
        runs.train_experiment(experiment, folder, device=device, resume=resume, tensorboard=tensorboard)
    except (OSError, ValueError, TrainingError) as error:
        _stop(error)
    if runs.finish():
        typer.echo(f"The best model is in {folder}; test it with `spectnet evaluate {folder}`")


@app.command()
def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a trained run, such as runs/learned-16.")],
    out: Annotated[Path | None, typer.Option(help="Where the result goes; by default results/runs.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1, mps ...")] = None,
    chosen: Annotated[
        bool, typer.Option("--chosen", help="Inner validation picked this experiment, before any test.")
    ] = False,
) -> None:
    """Test a trained run on the recordings its split held back, and put the result on record."""
    from spectnet import results, runs

    try:
        result = runs.evaluate_run(run, device=device, role="chosen" if chosen else None)
        path = results.save_result(result, out or results.RUNS)
    except (OSError, ValueError) as error:
        _stop(error)
    typer.echo(results.markdown_table([result]))
    typer.echo(f"\nwritten to {path}")


@app.command()
def predict(
    file: Annotated[Path, typer.Argument(help="A WAV file of a heart sound.")],
    model: Annotated[
        Path | None, typer.Option(help="Folder of a saved model; by default the book's.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Write a picture of the recording and its scores.")
    ] = None,
) -> None:
    """Score a recording: a probability of abnormal per segment, and one for the whole."""
    import matplotlib

    matplotlib.use("agg")
    from spectnet import plots
    from spectnet.evaluation import predict as predict_recording
    from spectnet.model import DEFAULT_MODEL, load_model
    from spectnet.recordings import UNLABELLED, Recording

    try:
        network = load_model(model or DEFAULT_MODEL)
        recording = Recording(file.name, UNLABELLED, subset="unknown", path=file)
        prediction = predict_recording(network, recording)
        picture = picture or Path(f"{file.stem}-prediction.png")
        plots.style()
        plots.save(plots.prediction(prediction), picture)
    except (OSError, ValueError) as error:
        _stop(error)
    typer.echo("segment (s)      probability of abnormal")
    for start, probability in zip(prediction.starts, prediction.probabilities, strict=True):
        typer.echo(f"{start:5.1f} to {start + network.config.segment_s:5.1f}   {probability:.3f}")
    verdict = "abnormal" if prediction.abnormal else "normal"
    typer.echo(f"recording        {prediction.score:.3f}: {verdict} (threshold {prediction.threshold:.3f})")
    typer.echo(f"picture: {picture}\nTeaching software, not a medical device: no diagnosis.")


@app.command("results")
def show_results(
    folder: Annotated[Path | None, typer.Option(help="Folder of results; by default results/runs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of rows, one a run.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write the report here: results.md, CSV files and figures.")
    ] = None,
) -> None:
    """List every run on record; write them up beside the plan, with differences and figures."""
    from spectnet import results

    try:
        found = results.load_results(folder or results.RUNS)
        written = _write_report(found, out) if out else []
    except (OSError, ValueError) as error:
        _stop(error)
    typer.echo(json.dumps(results.table_rows(found), indent=1) if as_json else results.markdown_table(found))
    for path in written:
        typer.echo(f"written to {path}", err=as_json)


def _write_report(found: list[dict], folder: Path) -> list[Path]:
    import matplotlib

    matplotlib.use("agg")
    from spectnet.report import write_report

    return write_report(found, folder)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="Such as assignment-2.")],
    notebook: Annotated[Path | None, typer.Argument(help="Yours; by default <name>.ipynb here.")] = None,
) -> None:
    """Run the visible checks of an assignment on your notebook, as it will be run for grading."""
    from spectnet.classroom import before_handing_in

    try:
        lines, odd = before_handing_in.check(name, notebook)
    except (OSError, ValueError) as error:
        _stop(error)
    words = {True: "passed", False: "not yet", None: "a person reads this"}
    for line in lines:
        typer.echo(f"{line.grade_id:24} {words[line.passed]}{': ' if line.says else ''}{line.says}")
    for note in odd:
        typer.echo(f"note: {note}")
    raise typer.Exit(any(line.passed is False for line in lines))


@app.command()
def doctor() -> None:
    """Say in plain words what is missing or odd on this machine."""
    from spectnet import doctor as checks

    typer.echo(checks.report())
