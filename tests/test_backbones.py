"""The residual CNN takes any picture, halves as it says, and learns through every weight."""

import pytest
import torch

from spectnet.backbones import ResidualBlock, ResidualCNN


def small(**changes: object) -> ResidualCNN:
    torch.manual_seed(0)
    return ResidualCNN(**({"channels": (4, 6, 8)} | changes))


@pytest.mark.parametrize("n_filters", [1, 2, 7, 16, 64])
@pytest.mark.parametrize("n_frames", [1, 2, 33, 248])
def test_any_number_of_filters_and_frames_gives_logits(n_filters, n_frames, generator):
    logits = small(n_classes=5).eval()(torch.randn(2, n_filters, n_frames, generator=generator))
    assert logits.shape == (2, 5)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize(("f", "t"), [(16, 124), (7, 33), (1, 1)])
def test_a_block_halves_both_axes_rounding_up(f, t, generator):
    out = ResidualBlock(3, 5, dropout=0.0)(torch.randn(2, 3, f, t, generator=generator))
    assert out.shape == (2, 5, -(-f // 2), -(-t // 2))


def test_the_short_cut_carries_the_input_where_the_convolutions_are_silent(generator):
    block = ResidualBlock(3, 3, dropout=0.0).eval()
    for parameter in block.residual.parameters():
        torch.nn.init.zeros_(parameter)
    torch.nn.init.dirac_(block.shortcut[1].weight)  # each channel as it is
    x = torch.rand(1, 3, 4, 6, generator=generator)
    expected = x.unflatten(-1, (3, 2)).unflatten(-3, (2, 2)).mean(dim=(-1, -3))
    torch.testing.assert_close(block(x), expected)


def test_features_are_the_mean_and_the_maximum_of_each_channel(generator):
    network, spectrogram = small().eval(), torch.randn(2, 8, 40, generator=generator)
    maps = network.blocks(network.stem(network.norm(spectrogram[:, None])))
    features = network.embed(spectrogram)
    torch.testing.assert_close(features[:, :8], maps.flatten(2).mean(-1))
    torch.testing.assert_close(features[:, 8:], maps.flatten(2).max(-1).values)


def test_batch_equals_one_by_one_in_evaluation(generator):
    network, spectrogram = small().eval(), torch.randn(3, 8, 40, generator=generator)
    alone = torch.cat([network(one[None]) for one in spectrogram])
    torch.testing.assert_close(network(spectrogram), alone, rtol=1e-5, atol=1e-6)


def test_dropout_acts_in_training_only(generator):
    """The paper's left it on: one checkpoint scored 88.0 and 86.2."""
    network, spectrogram = small(dropout=0.5), torch.randn(3, 8, 40, generator=generator)
    assert not torch.equal(network(spectrogram), network(spectrogram))
    network.eval()
    assert torch.equal(network(spectrogram), network(spectrogram))


def test_logits_are_no_probabilities(generator):
    logits = small().eval()(torch.randn(8, 8, 40, generator=generator))
    assert not torch.allclose(logits.sum(-1), torch.ones(8))


def test_every_weight_has_a_gradient(generator):
    network = small(dropout=0.0)
    logits = network(torch.randn(4, 8, 40, generator=generator))
    torch.nn.functional.cross_entropy(logits, torch.tensor([0, 1, 0, 1])).backward()
    for name, parameter in network.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert (parameter.grad != 0).any(), name


def test_one_channel_list_of_one_needs_no_block(generator):
    assert small(channels=(4,))(torch.randn(2, 8, 40, generator=generator)).shape == (2, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_classes": 1}, "n_classes must be at least 2, got 1"),
        ({"channels": ()}, r"channels must be one or more positive numbers, got \[\]"),
        ({"channels": (4, 0)}, r"channels must be one or more positive numbers, got \[4, 0\]"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, got 1"),
        ({"dropout": -0.1}, "dropout must be at least 0 and below 1, got -0.1"),
    ],
)
def test_impossible_networks_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        small(**change)
