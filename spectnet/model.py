"""SpectNet: a front-end that draws a spectrogram, and a CNN that reads it.

A saved model is a folder of two plain files, ``model.safetensors`` (numbers) and ``config.json``
(settings): reading them runs no code, whoever wrote them. Taught in *One recording, all the way*.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from jaxtyping import Float
from pydantic import Field, ValidationError, model_validator
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from spectnet import atomic
from spectnet.backbones import (
    AnyBackbone,
    BackboneConfig,
    BranchedCNN,
    PublishedCNN,
    ResidualCNN,
    build_backbone,
)
from spectnet.frontend.settings import AnyFrontend, BandConfig, FrontendConfig, build_frontend
from spectnet.scales import check_range
from spectnet.segments import Preprocessing
from spectnet.settings import Settings, explain

DEFAULT_MODEL = Path(__file__).parent / "weights" / "learned-16"
WEIGHTS_FILE, CONFIG_FILE = "model.safetensors", "config.json"


class ModelError(ValueError):
    """A saved model that cannot be used; its message says what, where and what to do."""


class SpectNetConfig(Settings):
    """Everything that must be known to rebuild a model and to prepare its input.

    Attributes:
        preprocessing: how a recording becomes the model's waveform; gives its sample rate.
        frontend: the spectrogram; its `kind` says which.
        backbone: the CNN; its `kind` says which.
        segment_s: length of the segments it was trained on, in seconds.
        threshold: a recording whose score is at least this is called abnormal.
    """

    preprocessing: Preprocessing = Preprocessing()
    frontend: AnyFrontend = FrontendConfig()
    backbone: AnyBackbone = BackboneConfig()
    segment_s: float = Field(2.5, gt=0)
    threshold: float = Field(0.5, ge=0, le=1)

    @model_validator(mode="after")
    def _check_range(self) -> SpectNetConfig:
        if isinstance(self.frontend, BandConfig):
            check_range(self.frontend.f_min, self.frontend.f_max, self.preprocessing.sample_rate)
        return self

    @model_validator(mode="after")
    def _check_pair(self) -> SpectNetConfig:
        if (self.frontend.kind == "branches") != (self.backbone.kind == "branched"):
            raise ValueError(
                "frontend 'branches' and backbone 'branched' go together: the one gives waveforms, the other "
                f"reads nothing else; got {self.frontend.kind!r} and {self.backbone.kind!r}"
            )
        return self


class SpectNet(nn.Module):
    """Waveform to logits, through a spectrogram whose filters can learn.

    Args:
        config: the model's settings; the default is the book's 16 learnable filters.

    Shape:
        waveform ``(batch, time)``, prepared by `segments.preprocess`, to logits ``(batch, classes)``.

    Example:
        >>> model = SpectNet(SpectNetConfig())
        >>> model(torch.zeros(3, 2500)).shape
        torch.Size([3, 2])

    After Ansari and Hasan (2022).
    """

    def __init__(self, config: SpectNetConfig | None = None) -> None:
        super().__init__()
        self.config = config or SpectNetConfig()
        self.frontend = build_frontend(self.config.frontend, self.config.preprocessing.sample_rate)
        self.backbone = build_backbone(self.config.backbone)

    def forward(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch classes"]:
        """Logits of each class; `torch.softmax` makes probabilities of them."""
        return self.backbone(self.frontend(waveform))

    @property
    def reader(self) -> ResidualCNN | BranchedCNN:
        """The backbone as one that gives features, by `embed`, and classifies them, by `classify`.

        Raises:
            ValueError: the published network, which flattens its maps.
        """
        if isinstance(self.backbone, PublishedCNN):
            raise ValueError(
                "the published backbone gives no features; take the residual or the branched one"
            )
        return self.backbone


def save_model(model: SpectNet, folder: Path | str, *, threshold: float | None = None) -> Path:
    """Write weights and config into `folder`, which is made if need be.

    Each file takes its place whole or not at all, whenever the process ends.

    Args:
        model: to save.
        folder: where.
        threshold: replaces the config's, where inner validation chose one.

    Raises:
        OSError: the disk is full, or the folder not to be written to; what it held before is kept.
    """
    folder = Path(folder)
    config = model.config if threshold is None else model.config.model_copy(update={"threshold": threshold})
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    # In this order, so that weights never lie beside a threshold from before them.
    atomic.write(folder / CONFIG_FILE, config.model_dump_json(indent=2) + "\n")
    atomic.write(folder / WEIGHTS_FILE, save(weights))
    return folder


def load_model(folder: Path | str) -> SpectNet:
    """Read a model that `save_model` wrote, ready to predict (in evaluation mode, on the CPU).

    Raises:
        ModelError: a missing, truncated, pickled or foreign file, weights that are not finite, or a
            config with a wrong key or value.
    """
    folder = Path(folder)
    config = _read_config(folder / CONFIG_FILE)
    weights = _read_weights(folder / WEIGHTS_FILE)
    model = SpectNet(config)
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise ModelError(
            f"{folder / WEIGHTS_FILE} holds the weights of another architecture than {CONFIG_FILE} "
            f"describes ({first[:160]}); save both from the same model"
        ) from error
    return model.eval()


def _read_config(path: Path) -> SpectNetConfig:
    if not path.is_file():
        raise ModelError(
            f"{path} does not exist; a saved model is a folder with {CONFIG_FILE} and {WEIGHTS_FILE}"
        )
    try:
        return SpectNetConfig.model_validate(json.loads(path.read_text()))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} is not JSON ({error}); save the model again") from error
    except ValidationError as error:
        raise ModelError(f"{path}: {explain(error)}") from error


def _read_weights(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ModelError(
            f"{path} does not exist; a saved model is a folder with {CONFIG_FILE} and {WEIGHTS_FILE}"
        )
    with path.open("rb") as file:
        start = file.read(2)
    if start[:1] == b"\x80" or start[:2] == b"PK":
        raise ModelError(
            f"{path} is a pickle (as torch.save writes), which can run code when it is read; "
            "it was not opened. Ask for the weights as safetensors"
        )
    try:
        weights = load_file(path)
    except SafetensorError as error:
        raise ModelError(
            f"{path} is truncated or no safetensors file ({error}); copy or download it again"
        ) from error
    if broken := [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]:
        raise ModelError(f"{path}: {broken[0]} holds numbers that are not finite; train or download it again")
    return weights
