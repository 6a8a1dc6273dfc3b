"""Each verb does its work from the command line, and every mistake ends in one sentence and exit code 1."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import Result
from typer.testing import CliRunner

from spectnet import physionet, runs, scenes, sets
from spectnet.cli import app
from spectnet.model import load_model, save_model

ROOT = Path(__file__).parents[1]


def spectnet(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(*arguments: object) -> str:
    """What is said when it must fail: one sentence, on stderr, and no traceback."""
    result = spectnet(*arguments)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.output
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    return result.stderr.strip()


@pytest.fixture
def model(tiny_model, tmp_path: Path) -> Path:
    """Folder of a small saved model."""
    return save_model(tiny_model, tmp_path / "model")


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """A stereo file at 44.1 kHz."""
    path = tmp_path / "heart.wav"
    time = np.arange(3 * 44100) / 44100
    sound = np.sin(2 * np.pi * 60 * time) * (np.sin(2 * np.pi * 1.2 * time) > 0.8)
    soundfile.write(path, np.stack([sound, 0.5 * sound], axis=1), 44100, subtype="PCM_24")
    return path


# --- train, evaluate, results, predict: the whole chain


@pytest.fixture
def short_config(tmp_path, monkeypatch) -> Path:
    """The committed synthetic experiment, cut to a few seconds."""
    monkeypatch.setattr(sets, "N_SYNTHETIC", 48)
    config = tmp_path / "short.toml"
    config.write_text(
        f'extends = "{(ROOT / "configs" / "synthetic.toml").as_posix()}"\n'
        "[model.backbone]\nchannels = [4, 8]\n"
        "[training]\nepochs = 2\nsegments_per_epoch = 64\nbatch_size = 16\n"
        "validation_folds = 2\ncrop_hop_s = 2.5\n"
    )
    return config


@pytest.mark.filterwarnings("ignore:.*channels; their average is used")
def test_a_config_goes_all_the_way_to_a_result_and_a_prediction(short_config, wav, tmp_path):
    run, records = tmp_path / "run", tmp_path / "records"
    trained = spectnet("train", short_config, "--out", run, "--device", "cpu")
    assert trained.exit_code == 0, trained.output
    assert f"test it with `spectnet evaluate {run}`" in trained.stdout

    evaluated = spectnet("evaluate", run, "--out", records, "--device", "cpu")
    assert evaluated.exit_code == 0, evaluated.output
    written = records / "short_stratified-0_seed0.json"
    assert f"written to {written}" in evaluated.stdout

    (row,) = json.loads(spectnet("results", "--folder", records, "--json").stdout)
    on_record = json.loads(written.read_text())
    assert {"experiment", "split", "seed", "macc", "sensitivity", "specificity", "n_recordings"} <= set(row)
    assert (row["experiment"], row["split"], row["seed"]) == ("short", "stratified-0", 0)
    assert row == {name: on_record[name] for name in row}
    assert row["n_recordings"] == len(on_record["recordings"]) == 10
    table = spectnet("results", "--folder", records).stdout
    assert f"| short | stratified-0 | 0 | {100 * row['macc']:.1f} (" in table
    assert table.strip() in evaluated.stdout

    written = spectnet("results", "--folder", records, "--out", tmp_path / "report")
    assert written.exit_code == 0, written.output
    assert table.strip() in written.stdout
    assert f"written to {tmp_path / 'report' / 'results.md'}" in written.stdout
    assert "### Beside the plan: stratified-0" in (tmp_path / "report" / "results.md").read_text()

    said = spectnet("predict", wav, "--model", run, "--picture", tmp_path / "picture.png")
    assert said.exit_code == 0, said.output
    assert f"threshold {load_model(run).config.threshold:.3f}" in said.stdout


def test_split_seed_and_precision_can_be_given_and_a_stopped_run_resumed(short_config, tmp_path, monkeypatch):
    from spectnet.training.trainer import Trainer

    run_epoch = Trainer.run_epoch
    options = ("--split", "stratified-1", "--seed", 3, "--precision", "bf16", "--device", "cpu")

    def fail_in_the_second(self, number, bar):
        if number == 2:
            raise OSError("the plug was pulled")
        return run_epoch(self, number, bar)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "run_epoch", fail_in_the_second)
        stopped = spectnet("train", short_config, *options, "--out", tmp_path / "run")
    assert stopped.exit_code == 1
    assert stopped.stderr.strip().endswith("Error: the plug was pulled")
    epochs = []
    monkeypatch.setattr(
        Trainer,
        "run_epoch",
        lambda self, number, bar: (epochs.append(number), run_epoch(self, number, bar))[1],
    )
    resumed = spectnet("train", short_config, *options, "--out", tmp_path / "run", "--resume")
    assert resumed.exit_code == 0, resumed.output
    assert epochs == [2]
    run = json.loads((tmp_path / "run" / "run.json").read_text())["experiment"]
    assert (run["split"], run["training"]["seed"], run["training"]["precision"]) == (
        "stratified-1",
        3,
        "bf16",
    )
    other = ("--seed", 4, "--out", tmp_path / "run", "--resume", "--device", "cpu")
    assert "start again without --resume" in refused("train", short_config, *other)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ((), "short"),
        (("--seed", 0), "short_seed0"),
        (("--split", "blocks-1", "--seed", 2), "short_blocks-1_seed2"),
    ],
)
def test_runs_of_other_seeds_and_splits_do_not_overwrite_each_other(
    short_config, tmp_path, monkeypatch, options, name
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        runs, "train_experiment", lambda experiment, folder, **_: Path(folder).mkdir(parents=True)
    )
    assert spectnet("train", short_config, *options, "--device", "cpu").exit_code == 0
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [name]


def test_the_committed_results_are_listed():
    rows = json.loads(spectnet("results", "--json").stdout)
    files = sorted((ROOT / "results" / "runs").glob("*.json"))
    assert [f"{r['experiment']}_{r['split']}_seed{r['seed']}" for r in rows] == [path.stem for path in files]


@pytest.mark.filterwarnings("ignore:.*channels; their average is used")
def test_a_prediction_is_said_and_drawn(model, wav, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = spectnet("predict", wav, "--model", model)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    segments = [line.split() for line in lines[1:4]]
    assert [(s[0], s[2]) for s in segments] == [("0.0", "1.0"), ("1.0", "2.0"), ("2.0", "3.0")]
    probabilities = [float(s[3]) for s in segments]
    score = float(lines[4].split()[1].rstrip(":"))
    assert score == pytest.approx(np.mean(probabilities), abs=1e-3)
    verdict = "abnormal" if score >= 0.5 else "normal"
    assert lines[4].endswith(f"{verdict} (threshold 0.500)")
    assert "not a medical device" in lines[-1]
    assert (tmp_path / "heart-prediction.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.filterwarnings("ignore:.*channels; their average is used")
def test_the_books_model_predicts_unless_another_is_named(wav, tmp_path):
    result = spectnet("predict", wav, "--picture", tmp_path / "picture.png")
    assert result.exit_code == 0, result.output
    assert "recording        0." in result.stdout


# --- mistakes


def bad_wav(path: Path, kind: str) -> Path:
    """A file with one fault."""
    sound = np.sin(2 * np.pi * 60 * np.arange(3000) / 1000)
    if kind == "silent":
        sound = np.zeros(3000)
    if kind == "NaN":
        sound[7] = np.nan
    if kind == "short":
        sound = sound[:600]
    if kind == "very short":
        sound = sound[:5]
    soundfile.write(path, sound, 1000, subtype="FLOAT" if kind == "NaN" else "PCM_16")
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:4000])
    if kind == "empty":
        path.write_bytes(b"")
    if kind == "text":
        path.write_text("no sound at all")
    if kind == "missing":
        path.unlink()
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("truncated", "is truncated: its header promises 3000 samples"),
        ("empty", "is empty (0 bytes)"),
        ("silent", "is silent: all 3000 samples are 0"),
        ("NaN", "holds 1 of 3000 samples that are NaN or infinite, the first at sample 7"),
        ("short", "lasts 0.60 s, less than one segment of 1 s"),
        ("very short", "0.005 s, too short"),
        ("text", "cannot be read as sound"),
        ("missing", "does not exist"),
    ],
)
def test_a_sound_that_cannot_be_used_is_named(model, tmp_path, kind, message):
    path, picture = bad_wav(tmp_path / "bad.wav", kind), tmp_path / "picture.png"
    said = refused("predict", path, "--model", model, "--picture", picture)
    assert message in said
    assert "bad.wav" in said
    assert not picture.exists()


def test_a_model_that_cannot_be_used_is_named(model, wav, tmp_path):
    assert "config.json does not exist" in refused("predict", wav, "--model", tmp_path / "none")
    (model / "model.safetensors").write_bytes(pickle.dumps({"a": 1}))
    assert "is a pickle" in refused("predict", wav, "--model", model)


@pytest.mark.filterwarnings("ignore:.*channels; their average is used")
def test_a_picture_that_cannot_be_written_is_named(model, wav, tmp_path):
    said = refused("predict", wav, "--model", model, "--picture", tmp_path / "no-folder" / "picture.png")
    assert "no-folder" in said


def test_a_config_that_cannot_be_used_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sets, "N_SYNTHETIC", 4)
    config = tmp_path / "mine.toml"
    assert "mine.toml does not exist" in refused("train", config)
    config.write_text("[training]\nepocs = 3\n")
    assert "mine.toml: unknown setting 'training.epocs', check its spelling" in refused("train", config)
    config.write_text("data = 'synthetic'\nsplit = 'paper-fold-9'\n")
    assert "split must be paper-fold-0 to -3" in refused("train", config, "--out", tmp_path / "run")
    config.write_text("data = 'synthetic'\n")
    said = refused("train", config, "--out", tmp_path / "run")
    assert "paper-fold-0 needs 3153 recordings that are missing" in said
    assert "device 'gpu' is not there" in refused(
        "train", config, "--device", "gpu", "--out", tmp_path / "run"
    )


def test_a_run_that_is_not_there_is_named(tmp_path):
    assert "holds no run.json; train a run" in refused("evaluate", tmp_path)


def test_a_result_that_is_none_is_named(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    assert "bad.json is not JSON" in refused("results", "--folder", tmp_path)


@pytest.mark.parametrize("verb", ["fetch", "verify"])
def test_an_unknown_set_is_refused(verb):
    assert "data set must be one of physionet2016, esc10, tut2016, got 'physionet'" in refused(
        verb, "physionet"
    )


# --- fetch, verify, doctor: what they hand on


def test_fetch_hands_its_source_on_and_says_where_the_set_is(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(physionet, "fetch", lambda source=None: asked.append(source) or tmp_path)
    result = spectnet("fetch", "physionet2016", "--from", "https://example.org/mirror")
    assert (result.exit_code, asked) == (0, ["https://example.org/mirror"])
    assert f"physionet2016 is complete in {tmp_path}" in result.stdout


@pytest.mark.parametrize("name", ["esc10", "tut2016"])
def test_sets_of_scenes_are_fetched_and_verified_by_their_own_functions(monkeypatch, tmp_path, name):
    asked = []
    report = scenes.SceneReport(tmp_path, name, whole=["one"])
    monkeypatch.setattr(scenes, f"fetch_{name}", lambda source=None: asked.append(source) or tmp_path)
    monkeypatch.setattr(scenes, f"verify_{name}", lambda: report)
    assert f"{name} is complete in {tmp_path}" in spectnet("fetch", name, "--from", "here").stdout
    assert asked == ["here"]
    assert spectnet("verify", name).stdout.endswith("all is well\n")
    report.missing.append("two")
    assert spectnet("verify", name).exit_code == 1


@pytest.mark.parametrize("error", [ValueError("the sum is wrong"), OSError("no route")])
def test_a_fetch_that_fails_says_why(monkeypatch, error):
    def fail(source=None):
        raise error

    monkeypatch.setattr(physionet, "fetch", fail)
    assert refused("fetch", "physionet2016") == f"Error: {error}"


@pytest.mark.parametrize("ok", [True, False])
def test_verify_fails_where_its_report_does(monkeypatch, ok):
    class Report:
        def __init__(self) -> None:
            self.ok = ok

        def __str__(self) -> str:
            return "3153 files"

    monkeypatch.setattr(physionet, "verify", Report)
    result = spectnet("verify")
    assert (result.exit_code, result.stdout) == (0 if ok else 1, "3153 files\n")


def test_doctor_names_what_it_looked_at():
    result = spectnet("doctor")
    assert result.exit_code == 0
    for looked_at in ("torch", "torchaudio"):
        assert looked_at in result.stdout


def test_help_names_every_verb_and_says_it_is_no_medical_device():
    said = " ".join(spectnet("--help").stdout.split())
    for verb in ("fetch", "verify", "train", "evaluate", "predict", "results", "doctor"):
        assert verb in said
    assert "never a medical device" in said
