"""The 1-D baseline's network keeps its branches apart until the last layers, and takes any length."""

import pytest
import torch

from spectnet.backbones import BranchedCNN


def network(**changes: object) -> BranchedCNN:
    torch.manual_seed(0)
    return BranchedCNN(**changes)


@pytest.mark.parametrize("n_samples", [4, 8, 99, 2500, 5001])
def test_any_length_gives_logits(n_samples, generator):
    logits = network(n_classes=3).eval()(torch.randn(2, 4, n_samples, generator=generator))
    assert logits.shape == (2, 3)
    assert torch.isfinite(logits).all()


def test_a_branch_hears_no_other(generator):
    """What one band does changes that branch's four maps and no others."""
    branches, bands = network().eval().branches, torch.randn(1, 4, 200, generator=generator)
    changed = bands.clone()
    changed[:, 2] += 1.0
    moved = (branches(changed) != branches(bands)).flatten(2).any(-1)[0]
    assert moved.tolist() == [False] * 8 + [True] * 4 + [False] * 4


def test_convolutions_and_units_are_the_papers():
    net = network()
    convolutions = [m for m in net.modules() if isinstance(m, torch.nn.Conv1d)]
    assert [(m.out_channels // 4, m.kernel_size) for m in convolutions] == [(8, (5,)), (4, (5,))]
    assert (net.hidden.out_features, net.head.out_features) == (20, 2)
    assert {m.p for m in net.modules() if isinstance(m, torch.nn.Dropout)} == {0.5}


def test_batch_equals_one_by_one_in_evaluation(generator):
    net, bands = network().eval(), torch.randn(3, 4, 200, generator=generator)
    alone = torch.cat([net(one[None]) for one in bands])
    torch.testing.assert_close(net(bands), alone, rtol=1e-5, atol=1e-6)


def test_dropout_acts_in_training_only(generator):
    net, bands = network(), torch.randn(3, 4, 200, generator=generator)
    assert not torch.equal(net(bands), net(bands))
    net.eval()
    assert torch.equal(net(bands), net(bands))


def test_every_weight_has_a_gradient(generator):
    net = network(dropout=0.0)
    logits = net(torch.randn(8, 4, 400, generator=generator))
    torch.nn.functional.cross_entropy(logits, torch.arange(8) % 2).backward()
    for name, parameter in net.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert (parameter.grad != 0).any(), name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_classes": 1}, "n_classes must be at least 2, got 1"),
        ({"n_branches": 0}, "n_branches and steps must be at least 1, got 0 and 25"),
        ({"steps": 0}, "n_branches and steps must be at least 1, got 4 and 0"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, got 1"),
    ],
)
def test_impossible_networks_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        network(**change)
