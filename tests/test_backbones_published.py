"""The published network is the published one: its size, its short cut, and pictures of one size only."""

import pytest
import torch
from torch import nn

from spectnet.backbones import PublishedCNN
from spectnet.backbones.published import PublishedBlock
from spectnet.experiment import load_experiment
from spectnet.frontend import PaperSpectrogram
from spectnet.model import SpectNet, load_model, save_model

CONFIG = "configs/published.toml"


def test_the_papers_network_has_its_size():
    """About 1.06 million parameters, of which 7680 x 100 stand behind the flattened maps."""
    network = SpectNet(load_experiment(CONFIG).model)
    assert sum(parameter.numel() for parameter in network.backbone.parameters()) == 1_060_094
    assert isinstance(network.frontend, PaperSpectrogram)
    first, last = (m for m in network.modules() if isinstance(m, nn.Linear))
    assert (first.in_features, first.out_features, last.out_features) == (7680, 100, 2)
    waveform = torch.randn(2, 2500, generator=torch.Generator().manual_seed(0))
    assert network.frontend(waveform).shape == (2, 16, 240)
    assert network(waveform).shape == (2, 2)


@pytest.mark.parametrize("steps", [True, False])
def test_the_short_cut_adds_silent_channels_and_takes_the_larger(steps, generator):
    block = PublishedBlock(3, 5, dropout=0.5, steps=steps).eval()
    for parameter in block.second_norm.parameters():
        nn.init.zeros_(parameter)  # so that nothing joins the short cut
    x = torch.randn(2, 3, 8, 12, generator=generator)
    out = block(x)
    expected = x.unflatten(3, (6, 2)).unflatten(2, (4, 2)).amax(dim=(3, 5))
    torch.testing.assert_close(out[:, :3], expected)
    assert (out[:, 3:] == 0).all()


@pytest.mark.parametrize("steps", [True, False])
def test_what_joins_the_short_cut_has_passed_its_relu_and_the_sum_passes_none(steps, generator):
    block = PublishedBlock(3, 3, dropout=0.5, steps=steps).eval()
    x = torch.randn(2, 3, 8, 12, generator=generator)
    shortcut = nn.functional.max_pool2d(x, 2)
    added = block(x) - shortcut
    assert (added >= -1e-6).all()
    assert (added.abs() < 1e-6).any()
    assert (block(x - 9.0) < 0).any()


def test_other_sizes_are_built_to_measure():
    assert PublishedCNN(3, n_filters=64, n_frames=80)(torch.randn(2, 64, 80)).shape == (2, 3)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_filters": 12}, "n_filters and n_frames must be multiples of 8, got 12 and 240"),
        ({"n_frames": 0}, "got 16 and 0"),
        ({"n_classes": 1}, "n_classes must be at least 2, got 1"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, got 1"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        PublishedCNN(**settings)


def test_it_is_trained_by_our_recipe_and_comes_back_from_the_disk(tmp_path, generator):
    ours, base = load_experiment(CONFIG), load_experiment("configs/base.toml")
    changed = {"precision": "fp32", "learning_rate": 3e-4}
    assert ours.training == base.training.model_copy(update=changed)
    waveform = torch.randn(2, 2500, generator=generator)
    model = SpectNet(ours.model).eval()
    assert torch.equal(load_model(save_model(model, tmp_path))(waveform), model(waveform))
