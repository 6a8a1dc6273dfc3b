"""An energy is compressed and normalised filter by filter, and silence stays finite."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from spectnet.frontend import PCEN, GammatoneSpectrogram, LogCompression, OverTime, PowerCompression

FLOOR = 1e-6


def energies(*shape: int, generator: torch.Generator) -> Tensor:
    """From far below the floor to full scale."""
    return 10 ** (-12 * torch.rand(*shape, generator=generator, dtype=torch.float64))


def layer(**changes: object) -> GammatoneSpectrogram:
    return GammatoneSpectrogram(1000, 4, **changes)


def test_logarithm_and_power_are_their_formulas(generator):
    energy = energies(2, 3, 50, generator=generator)
    torch.testing.assert_close(LogCompression(FLOOR)(energy), torch.log(energy + FLOOR))
    exponent = 0.3
    drawn = PowerCompression(3, exponent, FLOOR).double()(energy)
    # Written down as numpy would; the logit of the exponent is a float32 number.
    expected = (energy.numpy() + FLOOR) ** exponent - FLOOR**exponent
    np.testing.assert_allclose(drawn.detach(), expected, rtol=1e-5)


def test_each_filter_has_a_power_of_its_own(generator):
    power, energy = PowerCompression(3).double(), energies(1, 3, 20, generator=generator)
    with torch.no_grad():
        power.exponent.theta.copy_(torch.logit(torch.tensor([0.1, 0.5, 0.9])))
    drawn = power(energy)
    for row, exponent in enumerate((0.1, 0.5, 0.9)):
        expected = (energy[:, row] + FLOOR) ** exponent - FLOOR**exponent
        torch.testing.assert_close(drawn[:, row], expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["log", "power", "pcen", "none"])
@pytest.mark.parametrize("normalisation", ["none", "mean", "standard"])
def test_silence_and_full_scale_are_finite_with_finite_gradients(name, normalisation):
    front_end = layer(compression=name, normalisation=normalisation)
    for waveform in (torch.zeros(1, 500), torch.ones(1, 500), 30 * torch.ones(1, 500)):
        front_end.zero_grad()
        drawn = front_end(waveform.requires_grad_())
        assert torch.isfinite(drawn).all()
        drawn.square().sum().backward()
        assert torch.isfinite(waveform.grad).all()
        assert all(torch.isfinite(p.grad).all() for p in front_end.parameters())


@pytest.mark.parametrize("name", ["power", "pcen", "none"])
def test_silence_is_zero_but_for_the_logarithm(name):
    drawn = layer(compression=name)(torch.zeros(1, 300))
    assert torch.equal(drawn, torch.zeros_like(drawn))


@pytest.mark.parametrize(
    ("name", "kind"), [("log", LogCompression), ("power", PowerCompression), ("pcen", PCEN)]
)
def test_a_compression_goes_by_its_name_or_as_a_module(name, kind, generator):
    waveform = torch.randn(1, 400, generator=generator)
    named = layer(compression=name)
    assert isinstance(named.compression, kind)
    own = layer(compression=kind() if kind is LogCompression else kind(4))
    assert torch.equal(named(waveform), own(waveform))
    energy = layer(compression="none")(waveform)
    torch.testing.assert_close(named(waveform), named.compression(energy))


def test_a_module_of_ones_own_compresses(generator):
    class Root(nn.Module):
        def forward(self, energy: Tensor) -> Tensor:
            return energy.sqrt()

    waveform = torch.randn(1, 400, generator=generator)
    expected = layer(compression="none")(waveform).sqrt()
    torch.testing.assert_close(layer(compression=Root())(waveform), expected)


def test_normalised_rows_have_no_mean_and_one_spread(generator):
    rows = 5.0 + 3.0 * torch.randn(2, 3, 200, generator=generator, dtype=torch.float64)
    mean, standard = OverTime("mean")(rows), OverTime("standard")(rows)
    torch.testing.assert_close(mean, rows - rows.mean(-1, keepdim=True))
    torch.testing.assert_close(standard.mean(-1), torch.zeros(2, 3).double(), rtol=0, atol=1e-12)
    # Beside a deviation of 3, that of 0.01 that guards silence weighs a hundred-thousandth.
    torch.testing.assert_close(standard.std(-1, correction=0), torch.ones(2, 3).double(), rtol=1e-4, atol=0)
    assert OverTime("none")(rows) is rows


def test_another_microphone_is_taken_off_with_the_mean(generator):
    """Twice as loud is the same picture: of logarithms far above the floor the mean holds the level."""
    waveform = torch.randn(1, 600, generator=generator, dtype=torch.float64)
    front_end = layer(normalisation="mean", floor=0.0)
    torch.testing.assert_close(front_end(2 * waveform), front_end(waveform))
    plain = layer(floor=0.0)
    apart = plain(2 * waveform) - plain(waveform)
    torch.testing.assert_close(apart, torch.full_like(apart, math.log(4.0)))


def test_a_clip_is_normalised_by_itself(generator):
    front_end, waveform = layer(normalisation="standard"), torch.randn(3, 500, generator=generator)
    alone = torch.cat([front_end(one[None]) for one in waveform])
    torch.testing.assert_close(front_end(waveform), alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layer(compression="root"), "compression must be one of log, power, pcen, none, got 'root'"),
        (lambda: layer(normalisation="max"), "normalisation must be one of none, mean, standard, got 'max'"),
        (lambda: layer(compression="power", floor=0.0), "floor must be positive for a power, got 0"),
        (lambda: PowerCompression(2, exponent=1.0), "exponent must lie between 0 and 1, got 1"),
        (lambda: LogCompression(-1.0), "floor must not be negative, got -1"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
