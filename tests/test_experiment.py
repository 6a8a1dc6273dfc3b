"""An experiment's file says what differs from its base, and a mistake in it is named."""

from pathlib import Path

import pytest

from spectnet.experiment import Experiment, TrainingConfig, load_experiment
from spectnet.splits import PAPER_LISTS

CONFIGS = Path(__file__).parents[1] / "configs"
COMMITTED = sorted(path for path in CONFIGS.glob("*.toml") if path.stem != "base")


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_every_committed_experiment_extends_another_and_is_named_for_its_file(path):
    experiment = load_experiment(path)
    assert experiment.name == path.stem
    assert 'extends = "' in path.read_text()
    base = {"esc10": "esc10-base.toml", "tut2016": "tut2016-base.toml"}.get(experiment.data, "base.toml")
    assert experiment.model.preprocessing == load_experiment(CONFIGS / base).model.preprocessing


@pytest.mark.parametrize("name", ["learned-16", "static-16"])
def test_the_lesson_differs_from_its_twin_in_how_it_chooses_and_nothing_else(name):
    honest, lesson = (load_experiment(CONFIGS / f"{name}{end}.toml") for end in ("", "-test-fold"))
    changes = {"selection": "test-fold", "dropout_at_test": True}
    assert lesson.training == honest.training.model_copy(update=changes)
    assert (lesson.model, lesson.split) == (honest.model, honest.split)


def test_learned_and_static_differ_in_what_learns_and_nothing_else():
    learned, static = (load_experiment(CONFIGS / f"{name}-16.toml") for name in ("learned", "static"))
    assert (learned.model.frontend.learnable, static.model.frontend.learnable) == (True, False)
    assert learned.training == static.training
    assert learned.model.backbone == static.model.backbone
    frontend = learned.model.frontend.model_copy(update={"learnable": False})
    assert frontend == static.model.frontend
    assert learned.split == static.split == "paper-fold-0"
    assert (PAPER_LISTS / "train0.txt").is_file()


@pytest.mark.parametrize("kind", ["static", "learned"])
def test_tut2016_is_trained_as_esc10_but_for_the_pieces_and_the_places(kind):
    ours, theirs = (load_experiment(CONFIGS / f"{name}-{kind}-46.toml") for name in ("esc10", "tut2016"))
    assert theirs.split == "tut2016-fold-1"
    assert theirs.model.frontend == ours.model.frontend
    assert theirs.model.frontend.learnable is (kind == "learned")
    assert theirs.model.backbone == ours.model.backbone.model_copy(update={"n_classes": 15})
    assert 30 % theirs.model.segment_s == 0, "whole pieces of a segment of 30 s"
    changes = {
        "segments_per_epoch": theirs.training.segments_per_epoch,
        "validation_folds": 5,
        "subset_exponent": 1.0,
    }
    assert theirs.training == ours.training.model_copy(update=changes)


def test_a_file_overrides_its_base_key_by_key(tmp_path):
    write(tmp_path, "split = 'blocks-1'\n[training]\nepochs = 3\nseed = 5\n", "base.toml")
    write(tmp_path, "extends = 'base.toml'\n[training]\nepochs = 4\n", "middle.toml")
    experiment = load_experiment(write(tmp_path, "extends = 'middle.toml'\ndata = 'synthetic'\n"))
    assert experiment == Experiment(
        name="mine", data="synthetic", split="blocks-1", training=TrainingConfig(epochs=4, seed=5)
    )


def test_a_config_survives_its_own_json():
    """As a run's folder and a result keep it."""
    experiment = load_experiment(CONFIGS / "learned-16.toml")
    assert Experiment.model_validate_json(experiment.model_dump_json()) == experiment


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "unknown setting 'epoch', check its spelling"),
        ("[training]\nepocs = 3", r"unknown setting 'training\.epocs', check its spelling"),
        (
            "[model.frontend]\nnfilters = 3",
            r"unknown setting 'model\.frontend\.nfilters', check its spelling",
        ),
        ("[training]\nepochs = 0", r"training\.epochs: input should be greater than or equal to 1, got 0"),
        (
            "[training]\nsegments_per_epoch = 8",
            r"training: segments_per_epoch must be at least .*\(64\), got 8$",
        ),
        (
            "[model.frontend]\nf_max = 501",
            r"model: f_max must be at most half the sample rate \(500 Hz\), got 501",
        ),
        ("[training]\naccumulation = 3", r"training: accumulation must divide batch_size \(64\), got 3$"),
        (
            "[training]\nvalidation_fold = 5",
            r"training: validation_fold must be below validation_folds \(5\), got 5$",
        ),
        ("[training]\nprecision = 'int8'", r"training\.precision: input should be 'fp32', 'bf16' or 'fp16'"),
        (
            "[training.augmentation]\nrequantise_bits = [9, 4]",
            r"training\.augmentation: requantise_bits must be the fewest and the most bits, .* got \(9",
        ),
        ("[training.augmentation]\ngain = 3", r"unknown setting 'training\.augmentation\.gain'"),
        ("data = 'ecg'", "data: input should be 'physionet2016', 'synthetic', .*, got 'ecg'"),
        ("data = ", r"mine\.toml is not TOML"),
        ("extends = 'no.toml'", r"no\.toml does not exist; configs/ holds the book's experiments"),
        ("extends = 'mine.toml'", r"mine\.toml extends itself"),
        ("extends = 3", r"extends must be the name of a file, got 3"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_experiment(write(tmp_path, text))
    assert ".toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"learned-17\.toml does not exist"):
        load_experiment(tmp_path / "learned-17.toml")


def test_split_seed_and_precision_can_be_changed_from_outside():
    experiment = load_experiment(CONFIGS / "learned-16.toml")
    other = experiment.changed(split="blocks-2", seed=7, precision="fp32")
    assert (other.split, other.training.seed, other.training.precision) == ("blocks-2", 7, "fp32")
    back = other.changed(
        split=experiment.split, seed=experiment.training.seed, precision=experiment.training.precision
    )
    assert back == experiment == experiment.changed()
    with pytest.raises(ValueError, match=r"training\.seed: .*greater than or equal to 0, got -1"):
        experiment.changed(seed=-1)
