"""Settings of the front-ends, told apart by their `kind`; all but the sample rate, frequencies in Hz.

Their defaults agree: 16 filters between 25 and 400 Hz, windows of 25 ms every 10 ms. So an experiment that
changes the kind changes nothing else. Taught in *Fixed or learned?*.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from torch import nn

from spectnet.frontend.as_in_paper import PaperSpectrogram
from spectnet.frontend.branches import Branches
from spectnet.frontend.free_fir import FreeFIRSpectrogram
from spectnet.frontend.gabor import GaborSpectrogram
from spectnet.frontend.gammatone_spectrogram import GammatoneSpectrogram
from spectnet.frontend.log_mel import LogMel
from spectnet.frontend.mfcc import MFCC
from spectnet.frontend.sinc import SincSpectrogram
from spectnet.settings import Settings, default_kind

Order = Annotated[int, Field(ge=1, le=8)]
OddTaps = Annotated[int, Field(ge=3)]
Scale = Literal["mel", "slaney", "erb", "linear"]


class BandConfig(Settings):
    """What every bank has: the band in Hz that it covers, and its windows."""

    f_min: float = Field(25.0, ge=0)
    f_max: float = Field(400.0, gt=0)
    window_s: float = Field(0.025, gt=0)
    hop_s: float = Field(0.010, gt=0)


class FrontendConfig(BandConfig):
    """Settings of `frontend.GammatoneSpectrogram`, the front-end where no kind is named."""

    kind: Literal["gammatone"] = "gammatone"
    n_filters: int = Field(16, ge=1)
    order: Order | tuple[Order, ...] = 4
    scale: Scale = "mel"
    bandwidth_rule: Literal["spacing", "erb"] | Annotated[float, Field(gt=0)] = "spacing"
    learnable: bool | tuple[Literal["center_frequencies", "bandwidths", "gains", "compression"], ...] = True
    center_frequencies: tuple[float, ...] | None = None
    parametrisation: Literal["scale", "hertz"] = "scale"
    compression: Literal["log", "power", "pcen", "none"] = "log"
    normalisation: Literal["none", "mean", "standard"] = "none"


class LogMelConfig(BandConfig):
    """Settings of `frontend.LogMel`."""

    kind: Literal["log-mel"] = "log-mel"
    n_filters: int = Field(16, ge=1)
    scale: Literal["mel", "slaney"] = "mel"


class MFCCConfig(BandConfig):
    """Settings of `frontend.MFCC`: 13 coefficients of 16 mel bands."""

    kind: Literal["mfcc"] = "mfcc"
    n_coefficients: int = Field(13, ge=1)
    n_mels: int = Field(16, ge=1)
    scale: Literal["mel", "slaney"] = "mel"


class FreeFIRConfig(BandConfig):
    """Settings of `frontend.FreeFIRSpectrogram`, the free twin of the gammatone bank."""

    kind: Literal["free-fir"] = "free-fir"
    n_filters: int = Field(16, ge=1)
    order: Order = 4
    scale: Scale = "mel"
    kernel_size: int | None = Field(None, ge=1)
    learnable: bool = True


class GaborConfig(BandConfig):
    """Settings of `frontend.GaborSpectrogram`; by default only the filters differ from the gammatone bank.

    With ``pooling = "gaussian"`` and ``compression = "pcen"`` it is LEAF as published.
    """

    kind: Literal["gabor"] = "gabor"
    n_filters: int = Field(16, ge=1)
    scale: Scale = "mel"
    kernel_size: OddTaps = 401
    pooling: Literal["mean", "gaussian"] = "mean"
    compression: Literal["log", "pcen"] = "log"
    learnable: bool = True


class SincConfig(BandConfig):
    """Settings of `frontend.SincSpectrogram`."""

    kind: Literal["sinc"] = "sinc"
    n_filters: int = Field(16, ge=1)
    scale: Scale = "mel"
    kernel_size: OddTaps = 251
    learnable: bool = True


class PublishedLayerConfig(Settings):
    """Settings of `frontend.PaperSpectrogram`, the layer as published; its range is all up to Nyquist."""

    kind: Literal["published"] = "published"
    n_filters: int = Field(16, ge=2)
    pooling_learnable: bool = True


class BranchesConfig(Settings):
    """Settings of `frontend.Branches`, which draws no picture: it goes with the backbone ``"branched"``."""

    kind: Literal["branches"] = "branches"
    taps: Literal["free", "linear-phase", "gammatone"] = "free"
    kernel_size: OddTaps = 61
    learnable: bool = True


AnyFrontend = Annotated[
    FrontendConfig
    | LogMelConfig
    | MFCCConfig
    | FreeFIRConfig
    | GaborConfig
    | SincConfig
    | PublishedLayerConfig
    | BranchesConfig,
    Field(discriminator="kind"),
    default_kind("gammatone"),
]
_BUILDERS: dict[str, type[nn.Module]] = {
    "gammatone": GammatoneSpectrogram,
    "log-mel": LogMel,
    "mfcc": MFCC,
    "free-fir": FreeFIRSpectrogram,
    "gabor": GaborSpectrogram,
    "sinc": SincSpectrogram,
    "published": PaperSpectrogram,
    "branches": Branches,
}
Frontend = (
    GammatoneSpectrogram
    | LogMel
    | MFCC
    | FreeFIRSpectrogram
    | GaborSpectrogram
    | SincSpectrogram
    | PaperSpectrogram
    | Branches
)


def build_frontend(config: Settings, sample_rate: float) -> Frontend:
    """The front-end that a config describes.

    Args:
        config: one of this module's.
        sample_rate: of the waveforms, in Hz.

    Raises:
        ValueError: settings that do not fit each other or the sample rate.

    Example:
        >>> build_frontend(MFCCConfig(n_coefficients=5), 1000).n_filters
        5
    """
    settings = config.model_dump()
    return _BUILDERS[settings.pop("kind")](sample_rate, **settings)  # type: ignore[return-value]
