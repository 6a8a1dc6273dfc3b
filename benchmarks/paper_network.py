"""The published system, layer and network, to train beside ours."""

from __future__ import annotations

from spectnet.backbones import PublishedConfig
from spectnet.frontend.settings import PublishedLayerConfig
from spectnet.model import SpectNet, SpectNetConfig


def paper_network() -> SpectNet:
    """Waveform ``(batch, 2500)`` to logits ``(batch, 2)``, by way of a spectrogram of 16 x 240."""
    return SpectNet(SpectNetConfig(frontend=PublishedLayerConfig(), backbone=PublishedConfig()))
