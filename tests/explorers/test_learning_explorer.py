"""`LearningExplorer` in Python: its loss is the layer's, its steps are torch's, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import traitlets

from spectnet.explorers import LearningExplorer
from spectnet.explorers.descent import Descent, Listening
from spectnet.explorers.learning import bounds_of
from spectnet.frontend import GammatoneSpectrogram
from tests.explorers import write_learning
from tests.explorers.stored import assert_current

RATE, TONE = 1000.0, 250.0


def test_vectors_are_current() -> None:
    assert_current(write_learning.VECTORS, write_learning.vectors())


def layer_at(f: float, b: float, parametrisation: str) -> GammatoneSpectrogram:
    """The package's layer with one filter, in float64, its energies as they are."""
    return GammatoneSpectrogram(
        RATE,
        center_frequencies=[f],
        bandwidth_rule=b,
        parametrisation=parametrisation,
        compression="none",
        window_s=1.0,
        hop_s=1.0,
        tolerance=1e-14,
    ).double()


def heard_by(layer: GammatoneSpectrogram, noise_db: float) -> torch.Tensor:
    """The explorer's loss as the layer measures it, on a tone that has settled and on a click."""
    t = torch.arange(4000, dtype=torch.float64) / RATE
    click = (t == 0).double()
    tone, ring = layer(torch.stack([torch.sin(2 * math.pi * TONE * t), click]))[:, 0]
    # A click's whole answer, squared, is what white noise of unit power comes through with.
    hiss = 10 ** (noise_db / 10) * 1000 * ring.sum()
    return torch.log1p(hiss / (2 * tone[-1]))


@pytest.mark.parametrize("parametrisation", ["scale", "hertz"])
@pytest.mark.parametrize("place", [(120.0, 20.0), (240.0, 6.0), (300.0, 60.0)])
def test_loss_and_slopes_are_those_of_the_layer(parametrisation: str, place: tuple[float, float]) -> None:
    layer = layer_at(*place, parametrisation)
    explorer = LearningExplorer.from_layer(layer, 0, TONE, noise_db=5.0)
    loss = heard_by(layer, 5.0)
    assert explorer.loss == pytest.approx(loss.item(), rel=1e-8)
    loss.backward()
    if parametrisation == "hertz":
        of_layer = [layer.center_frequency.value.grad.item(), layer.bandwidth.value.grad.item()]
    else:
        held = layer.center_frequencies, layer.bandwidths
        worth = [
            torch.autograd.grad(value.sum(), theta)[0].item()
            for value, theta in zip(held, (layer.position.theta, layer.log_bandwidth.theta), strict=True)
        ]
        grads = layer.position.theta.grad.item(), layer.log_bandwidth.theta.grad.item()
        of_layer = [grad / each for grad, each in zip(grads, worth, strict=True)]
    assert explorer.slopes == pytest.approx(of_layer, rel=1e-6)


@pytest.mark.parametrize("parametrisation", ["scale", "hertz"])
@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_steps_are_the_layers_own(parametrisation: str, optimiser: str) -> None:
    layer = layer_at(140.0, 25.0, parametrisation)
    explorer = LearningExplorer.from_layer(
        layer, 0, TONE, noise_db=0.0, optimiser=optimiser, learning_rate=0.05, n_steps=4
    )
    steppers = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}
    stepper = steppers[optimiser](layer.parameters(), lr=0.05)
    for _ in range(4):
        stepper.zero_grad()
        heard_by(layer, 0.0).backward()
        stepper.step()
    assert explorer.center_frequency == pytest.approx(layer.center_frequencies.item(), rel=1e-7)
    assert explorer.bandwidth == pytest.approx(layer.bandwidths.item(), rel=1e-7)


def test_on_the_scale_it_finds_the_tone_and_in_raw_hz_it_stays() -> None:
    explorer = LearningExplorer(n_steps=40)
    assert abs(explorer.center_frequency - TONE) < 0.1
    widest = max(place.bandwidth for place in explorer.path)
    assert explorer.path[0].bandwidth < explorer.bandwidth < 0.9 * widest, "it widens to hear, then narrows"
    explorer.n_steps = 10
    explorer.parametrisation = "hertz"
    assert abs(explorer.center_frequency - 120) < 0.05


def test_what_follows_follows_every_setting() -> None:
    explorer, heard = LearningExplorer(n_steps=2), []
    explorer.observe(lambda change: heard.append(change.new), "center_frequency")
    for name, value in (
        ("tone", 300.0),
        ("noise_db", 0.0),
        ("start_frequency", 200.0),
        ("start_bandwidth", 30.0),
        ("optimiser", "adam"),
        ("learning_rate", 0.1),
        ("parametrisation", "hertz"),
        ("n_steps", 3),
    ):
        setattr(explorer, name, value)
        assert len(heard) >= 1, name
        heard.clear()
    bounds = tuple(explorer.bounds)
    listening = Listening(300.0, 0.0, RATE, 4, "mel", bounds)
    last = Descent(listening, "hertz", "adam", 0.1, (200.0, 30.0)).walk(3)[-1]
    assert (explorer.center_frequency, explorer.bandwidth) == (last.center_frequency, last.bandwidth)
    assert explorer.loss == last.loss == -math.log(last.share)
    assert len(explorer.path) == 4


def test_landscape_holds_the_losses_of_the_path() -> None:
    explorer = LearningExplorer(n_steps=5)
    f, b = (
        np.array([getattr(at, name) for at in explorer.path]) for name in ("center_frequency", "bandwidth")
    )
    np.testing.assert_allclose(explorer.losses(f, b), [at.loss for at in explorer.path], rtol=1e-9)


def test_starts_at_a_filter_of_my_layer_between_its_bounds() -> None:
    layer = GammatoneSpectrogram(2000.0, n_filters=5, order=3, scale="erb", f_min=50.0, f_max=700.0)
    explorer = LearningExplorer.from_layer(layer, 3, 600.0, n_steps=2)
    assert (explorer.sample_rate, explorer.order, explorer.scale) == (2000, 3, "erb")
    assert explorer.bounds == list(bounds_of(layer))
    assert explorer.path[0].center_frequency == pytest.approx(layer.center_frequencies[3].item())
    assert explorer.path[0].bandwidth == pytest.approx(layer.bandwidths[3].item())
    assert explorer.center_frequency > explorer.path[0].center_frequency, "towards the tone"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("tone", 410.0, r"tone must lie between 25 and 400 Hz, got 410"),
        ("start_frequency", 25.0, r"start_frequency must lie between 25 and 400 Hz, got 25"),
        ("start_bandwidth", 1.0, r"start_bandwidth must lie between 2\.449 and 163\.3 Hz, got 1"),
        ("noise_db", 99.0, r"noise_db"),
        ("learning_rate", 0.0, r"learning_rate"),
        ("n_steps", 301, r"should not be greater than 300"),
        ("optimiser", "rprop", r"\['sgd', 'adam'\]"),
        ("parametrisation", "bark", r"\['scale', 'hertz'\]"),
    ],
)
def test_impossible_setting_is_refused_and_nothing_changes(name: str, value: object, message: str) -> None:
    explorer = LearningExplorer()
    before = explorer.get_state()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert explorer.get_state() == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scale": "slaney"}, r"scale of mel, erb, linear, got order 4 and scale 'slaney'"),
        ({"order": [2] * 8 + [4] * 8}, r"one order"),
    ],
)
def test_layer_that_it_cannot_draw_is_refused(settings: dict, message: str) -> None:
    layer = GammatoneSpectrogram(RATE, n_filters=16, f_max=400.0, **settings)
    with pytest.raises(ValueError, match=message):
        LearningExplorer.from_layer(layer, 0, TONE)
