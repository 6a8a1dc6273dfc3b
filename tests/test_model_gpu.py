"""On a GPU a model hears, learns and is saved as on a CPU; these run wherever a GPU is."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from spectnet.model import SpectNet, SpectNetConfig, load_model, save_model

pytestmark = pytest.mark.gpu

KINDS = ["gammatone", "log-mel", "mfcc", "free-fir", "gabor", "sinc", "branches"]


@pytest.fixture(autouse=True)
def _full_products() -> Iterator[None]:
    """TensorFloat-32 rounds to ten bits: fine for training, not for a comparison."""
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


def model_of(kind: str) -> SpectNet:
    torch.manual_seed(0)
    small = {"kind": "residual", "channels": [4, 8], "dropout": 0.0}
    backbone = {"kind": "branched", "dropout": 0.0} if kind == "branches" else small
    return SpectNet(SpectNetConfig.model_validate({"frontend": {"kind": kind}, "backbone": backbone}))


def batch(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    return torch.randn(8, 2500, generator=generator), torch.arange(8) % 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_gpu_hears_what_a_cpu_hears(kind, generator):
    waveform, _ = batch(generator)
    model = model_of(kind).eval()
    expected = model(waveform).detach()
    found = copy.deepcopy(model).cuda()(waveform.cuda()).detach().cpu()
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_gpu_learns_what_a_cpu_learns(kind, generator):
    """One loss and the gradients to all weights, filters included."""
    waveform, labels = batch(generator)
    ours = model_of(kind)
    theirs = copy.deepcopy(ours).cuda()
    losses = []
    for model, device in ((ours, "cpu"), (theirs, "cuda")):
        loss = nn.functional.cross_entropy(model(waveform.to(device)), labels.to(device))
        loss.backward()
        losses.append(loss.item())
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)
    for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        if mine.grad is not None:
            room = 1e-2 * mine.grad.abs().max().item() + 1e-5
            torch.testing.assert_close(other.grad.cpu(), mine.grad, rtol=1e-2, atol=room, msg=name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_finite_and_draws_in_full(kind, dtype, generator):
    waveform, labels = batch(generator)
    waveform[0] = 0.0  # silence, whose logarithm half a float cannot hold without its floor
    model = model_of(kind).cuda()
    with torch.autocast("cuda", dtype=dtype):
        spectrogram = model.frontend(waveform.cuda())
        logits = model.backbone(spectrogram)
    assert spectrogram.dtype == torch.float32
    assert torch.isfinite(logits).all()
    nn.functional.cross_entropy(logits.float(), labels.cuda()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all(), name


def test_a_model_from_a_gpu_is_loaded_without_one(tmp_path, generator):
    waveform, _ = batch(generator)
    model = model_of("gammatone").eval()
    expected = model(waveform).detach()
    loaded = load_model(save_model(model.cuda(), tmp_path))
    assert {parameter.device.type for parameter in loaded.parameters()} == {"cpu"}
    assert torch.equal(loaded(waveform), expected)


# Tracing would trace the shape checks too, so it is done in a process without them.
COMPILED = """
import torch
from spectnet.model import SpectNet

torch.manual_seed(0)
torch.backends.cudnn.allow_tf32 = False
model, waveform = SpectNet().eval().cuda(), torch.randn(8, 2500, device="cuda")
draw, read = torch.compile(model.frontend), torch.compile(model.backbone)
torch.testing.assert_close(read(draw(waveform)), model(waveform), rtol=1e-3, atol=1e-3)
model.train()
loss = torch.nn.functional.cross_entropy(read(draw(waveform)), torch.arange(8, device="cuda") % 2)
loss.backward()
assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())
"""


@pytest.mark.timeout(600)
def test_compiled_for_a_gpu_it_hears_the_same():
    done = subprocess.run(
        [sys.executable, "-c", COMPILED],
        capture_output=True,
        text=True,
        check=False,
        timeout=590,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr[-2000:]
