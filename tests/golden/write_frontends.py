"""Write frontends.json: what other people's front-ends give for given parameters.

    python tests/golden/write_frontends.py

Not part of the tests; they read what it wrote. It needs an environment with spectnet and
speechbrain 1.1.2 and asteroid-filterbanks 0.4.0, which this project does not depend on.
"""

import json
from importlib.metadata import version
from pathlib import Path

import torch

from spectnet import _torchaudio  # noqa: F401  before speechbrain, which imports torchaudio

RATE, KERNEL_SIZE, WINDOW, HOP = 8000, 65, 40, 16


def gabor(waveform: torch.Tensor) -> dict:
    """SpeechBrain's LEAF, step by step: squared modulus, pooling without padding, PCEN."""
    from speechbrain.nnet.CNN import GaborConv1d
    from speechbrain.nnet.normalization import PCEN
    from speechbrain.nnet.pooling import GaussianLowpassPooling

    center = torch.tensor([0.4, 1.1, 2.3])  # radians a sample
    deviation = torch.tensor([9.0, 6.0, 2.5])  # samples
    pooling_deviation = torch.tensor([0.3, 0.4, 0.5])
    conv = GaborConv1d(
        6, KERNEL_SIZE, 1, in_channels=1, sample_rate=RATE, skip_transpose=True, padding="same"
    )
    conv.kernel.data = torch.stack([center, deviation], dim=1)
    real_and_imaginary = conv(
        waveform[:, None]
    )  # (batch, 2 filters, time), a filter's two parts side by side
    power = real_and_imaginary.unflatten(1, (3, 2)).square().sum(2)
    pool = GaussianLowpassPooling(3, WINDOW, HOP, padding="valid", bias=False, skip_transpose=True)
    pool.weights.data = pooling_deviation[None, None, :, None]
    pooled = pool(power)
    pcen = PCEN(3, skip_transpose=True)
    pcen.ema._weights.data = torch.tensor([0.04, 0.2, 0.6])
    pcen.alpha.data = torch.tensor([0.96, 0.8, 1.2])  # the last is held at 1
    pcen.delta.data = torch.tensor([2.0, 1.0, 0.5])
    pcen.root.data = torch.tensor([2.0, 3.0, 0.7])  # the last is held at 1
    return {
        "center": center,
        "deviation": deviation,
        "pooling_deviation": pooling_deviation,
        "pooled": pooled,
        "smooth": pcen.ema._weights,
        "alpha": pcen.alpha,
        "delta": pcen.delta,
        "root": pcen.root,
        "pcen": pcen(pooled),
    }


def sinc() -> dict:
    """asteroid-filterbanks' ParamSinc: its even filters, whose middle tap is one."""
    from asteroid_filterbanks import ParamSincFB

    filters = ParamSincFB(6, KERNEL_SIZE, sample_rate=float(RATE), min_low_hz=50, min_band_hz=50)
    filters.low_hz_.data = torch.tensor([[30.0], [-500.0], [2900.0]])
    filters.band_hz_.data = torch.tensor([[200.0], [-300.0], [2000.0]])  # the last ends above Nyquist
    taps = filters.filters()[:3, 0]
    return {"low": filters.low_hz_[:, 0], "width": filters.band_hz_[:, 0], "taps": taps}


def rounded(value: torch.Tensor) -> list:
    """Seven significant digits, all that a float32 has."""
    flat = [float(f"{number:.7g}") for number in value.detach().flatten().tolist()]
    return torch.tensor(flat, dtype=torch.float64).reshape(value.shape).tolist()


def main() -> None:
    """Compute and write."""
    torch.manual_seed(0)
    waveform = torch.randn(2, 400)
    waveform[1] *= torch.linspace(0.0, 2.0, 400)
    found = {
        "rate": RATE,
        "kernel_size": KERNEL_SIZE,
        "window": WINDOW,
        "hop": HOP,
        "versions": {name: version(name) for name in ("torch", "speechbrain", "asteroid-filterbanks")},
        "waveform": rounded(waveform),
        "gabor": {name: rounded(value) for name, value in gabor(waveform).items()},
        "sinc": {name: rounded(value) for name, value in sinc().items()},
    }
    Path(__file__).with_name("frontends.json").write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
