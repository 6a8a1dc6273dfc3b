"""An experiment's settings, from one TOML file: a base, and what differs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from spectnet.adversarial import AdversarialConfig
from spectnet.augmentation import AugmentationConfig
from spectnet.model import SpectNetConfig
from spectnet.sets import SetName, class_names
from spectnet.settings import Settings, explain


class TrainingConfig(Settings):
    """How a model is trained.

    Attributes:
        seed: of weights, sampling, augmentation and dropout.
        epochs: how many; the one that validates best is kept.
        segments_per_epoch: drawn with replacement, balanced over class and subset.
        subset_exponent: a subset's share of them grows with its number of recordings to this power.
        batch_size: segments a step of the optimiser, over all processes together.
        accumulation: in how many parts each process computes its share of a batch; more need less memory.
        optimiser: ``"adamw"``, or ``"sgd"`` with Nesterov momentum.
        learning_rate: highest rate of the schedule, for the CNN.
        frontend_learning_rate: the same for the filters' parameters.
        weight_decay: of the CNN's weights; the filters have none.
        schedule: ``"one-cycle"`` (up, then down to nothing) or ``"constant"``.
        clip_norm: a longer gradient is shortened to this length.
        averaging: decay of a moving average of the weights, which is then validated and kept; 0 for none.
        label_smoothing: share of the label that goes to both classes alike.
        mixup: spectrograms are mixed in pairs, with a share drawn from Beta(this, this); 0 for none.
        augmentation: how segments are changed.
        adversarial: how the features are trained against the device; None for not at all.
        crop_hop_s: training segments start at multiples of this, in seconds; 0 for at any sample.
        validation_folds: one part in so many of the training recordings validates.
        validation_fold: which part; by default the seed modulo `validation_folds`.
        precision: of the products: ``"fp32"``, ``"bf16"``, or ``"fp16"`` on a GPU. Weights stay float32.
        compile: let PyTorch compile front-end and CNN.
        deterministic: let a GPU, too, give the same numbers every time, if more slowly.
        workers: processes that fetch batches; 0 fetches in the training's own.
        selection: who chooses epoch and threshold: ``"inner"`` validation or, as a lesson in what not to do,
            the ``"test-fold"`` itself.
        dropout_at_test: leave dropout on when scoring: the other lesson in what not to do.
    """

    seed: int = Field(0, ge=0)
    epochs: int = Field(40, ge=1)
    segments_per_epoch: int = Field(5760, ge=1)
    subset_exponent: float = Field(0.0, ge=0, le=1)
    batch_size: int = Field(64, ge=2)
    accumulation: int = Field(1, ge=1)
    optimiser: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = Field(3e-3, gt=0)
    frontend_learning_rate: float = Field(1e-2, gt=0)
    weight_decay: float = Field(0.1, ge=0)
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    clip_norm: float = Field(5.0, gt=0)
    averaging: float = Field(0.0, ge=0, lt=1)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    mixup: float = Field(0.0, ge=0)
    augmentation: AugmentationConfig = AugmentationConfig()
    adversarial: AdversarialConfig | None = None
    crop_hop_s: float = Field(0.25, ge=0)
    validation_folds: int = Field(5, ge=2)
    validation_fold: int | None = Field(None, ge=0)
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    compile: bool = False
    deterministic: bool = False
    workers: int = Field(0, ge=0)
    selection: Literal["inner", "test-fold"] = "inner"
    dropout_at_test: bool = False

    @property
    def inner_fold(self) -> int:
        """The part of the training recordings that validates: `validation_fold`, or else the seed's.

        Seed 0 takes part 0 in every split. The parts are shuffled alike each time, so where whole subsets
        validate, the same few come up again: of ESC-10's folds only 3 and 4. Their ease is in every inner
        score. Name a `validation_fold` for each split, or run several seeds, to spread it.
        """
        return self.seed % self.validation_folds if self.validation_fold is None else self.validation_fold

    @model_validator(mode="after")
    def _check_epoch(self) -> TrainingConfig:
        if self.segments_per_epoch < self.batch_size:
            raise ValueError(
                f"segments_per_epoch must be at least batch_size ({self.batch_size}), "
                f"got {self.segments_per_epoch}"
            )
        return self

    @model_validator(mode="after")
    def _check_parts(self) -> TrainingConfig:
        if self.batch_size % self.accumulation:
            raise ValueError(
                f"accumulation must divide batch_size ({self.batch_size}), got {self.accumulation}"
            )
        if self.adversarial and self.adversarial.target_batch % self.accumulation:
            raise ValueError(
                f"accumulation must divide adversarial.target_batch ({self.adversarial.target_batch}), "
                f"got {self.accumulation}"
            )
        if self.adversarial and self.mixup:
            raise ValueError(
                f"mixup must be 0 in a training against the device, got {self.mixup:g}: "
                "half of one device and half of another has no name"
            )
        if self.validation_fold is not None and self.validation_fold >= self.validation_folds:
            raise ValueError(
                f"validation_fold must be below validation_folds ({self.validation_folds}), "
                f"got {self.validation_fold}"
            )
        return self


class Experiment(Settings):
    """One experiment: data, split, model and training.

    Attributes:
        name: of the config file, without its ending.
        data: ``"physionet2016"``, or ``"synthetic"`` for a try without any download; of scenes ``"esc10"``,
            ``"tut2016"`` or ``"synthetic-scenes"``.
        split: as `splits.named_split` takes it.
        model: settings of the model.
        training: settings of the training.
        role: ``"chosen"`` for the one experiment picked by inner validation before any test was read.
    """

    name: str
    data: SetName = "physionet2016"
    split: str = "paper-fold-0"
    model: SpectNetConfig = SpectNetConfig()
    training: TrainingConfig = TrainingConfig()
    role: Literal["", "chosen"] = ""

    @model_validator(mode="after")
    def _check_features(self) -> Experiment:
        if self.training.adversarial and self.model.backbone.kind == "published":
            raise ValueError(
                "training.adversarial needs a backbone that gives features, residual or branched, "
                "got 'published'"
            )
        return self

    @model_validator(mode="after")
    def _check_classes(self) -> Experiment:
        wanted, given = len(class_names(self.data)), self.model.backbone.n_classes
        if given != wanted:
            raise ValueError(f"model.backbone.n_classes must be {wanted} for {self.data}, got {given}")
        return self

    def changed(
        self, *, split: str | None = None, seed: int | None = None, precision: str | None = None
    ) -> Experiment:
        """The same experiment on another split, from another seed or in another precision.

        Raises:
            ValueError: a seed below 0, no such precision.
        """
        training = {"seed": seed, "precision": precision}
        wanted = {"training": {key: value for key, value in training.items() if value is not None}}
        try:
            return Experiment.model_validate(
                _merge(self.model_dump(), wanted | ({"split": split} if split else {}))
            )
        except ValidationError as error:
            raise ValueError(explain(error)) from error


def _merge(base: dict, differences: dict) -> dict:
    if "kind" in differences:  # another kind of part has other settings: it takes none of the base's
        return differences
    out = dict(base)
    for key, value in differences.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _merge(out[key], value) if both else value
    return out


def _read_toml(path: Path, seen: tuple[Path, ...] = ()) -> dict:
    path = path.resolve()
    if path in seen:
        raise ValueError(f"{path} extends itself, by way of {', '.join(p.name for p in seen)}")
    if not path.is_file():
        raise ValueError(f"{path} does not exist; configs/ holds the book's experiments")
    try:
        settings = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not TOML: {error}") from error
    base = settings.pop("extends", None)
    if not isinstance(base, str | None):
        raise ValueError(f"{path}: extends must be the name of a file, got {base!r}")
    return settings if base is None else _merge(_read_toml(path.parent / base, (*seen, path)), settings)


def load_experiment(path: Path | str) -> Experiment:
    """Read an experiment; a file may extend another with ``extends = "base.toml"``.

    What it says is put in the place of what its base says, key by key; but a part that names its `kind`, such
    as ``[model.frontend]``, takes nothing from the base's part.

    Raises:
        ValueError: no such file, not TOML, a misspelt key, a value out of range.
    """
    path = Path(path)
    settings = _read_toml(path)
    try:
        return Experiment.model_validate({"name": path.stem, **settings})
    except ValidationError as error:
        raise ValueError(f"{path}: {explain(error)}") from error
