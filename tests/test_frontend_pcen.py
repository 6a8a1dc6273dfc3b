"""PCEN is librosa's, SpeechBrain's and the formula's, and nothing can make it break."""

import json
from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given
from hypothesis import strategies as st

from spectnet.frontend.pcen import PCEN, smooth_energy

GOLDEN = json.loads((Path(__file__).parent / "golden" / "frontends.json").read_text("utf-8"))


def energies(*shape: int, generator: torch.Generator) -> torch.Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64).square()


@pytest.mark.parametrize("n_frames", [1, 2, 3, 64, 97])
def test_the_average_is_a_recursive_filter_that_starts_settled(n_frames, generator):
    energy, smooth = energies(2, 3, n_frames, generator=generator), torch.tensor([0.0, 0.04, 1.0]).double()
    found = smooth_energy(energy, smooth)
    for row, s in enumerate(smooth.tolist()):
        state = (1 - s) * energy[:, row, :1].numpy()
        expected, _ = scipy.signal.lfilter([s], [1, s - 1], energy[:, row].numpy(), zi=state)
        np.testing.assert_allclose(found[:, row].numpy(), expected, rtol=1e-12)


def test_a_steady_level_is_its_own_average():
    energy = torch.full((1, 1, 50), 3.0).double()
    torch.testing.assert_close(smooth_energy(energy, torch.tensor([0.1]).double()), energy)


@pytest.mark.parametrize("root", [1.0, 2.0, 5.0])
def test_it_is_librosas(root, generator):
    energy, smooth = energies(4, 80, generator=generator), 0.05
    expected = librosa.pcen(
        energy.numpy(),
        gain=0.9,
        bias=1.5,
        power=1 / root,
        eps=1e-6,
        b=smooth,
        zi=(1 - smooth) * energy[:, :1].numpy(),  # librosa would start as after a steady level of one
    )
    ours = PCEN(4, smooth=smooth, alpha=0.9, delta=1.5, root=root, floor=1e-6).double()
    # The parameters are float32 numbers.
    np.testing.assert_allclose(ours(energy[None])[0].detach().numpy(), expected, rtol=1e-5)


def test_it_is_speechbrains_and_holds_quantities_where_leaf_does():
    golden = {name: torch.tensor(value) for name, value in GOLDEN["gabor"].items()}
    ours = PCEN(3)
    with torch.no_grad():
        for name in ("smooth", "alpha", "delta", "root"):
            getattr(ours, name).copy_(golden[name])
    torch.testing.assert_close(ours(golden["pooled"]).detach(), golden["pcen"], rtol=1e-4, atol=1e-5)


def test_with_all_gain_taken_away_the_level_does_not_matter(generator):
    energy = energies(1, 2, 60, generator=generator)
    pcen = PCEN(2, alpha=1.0).double()
    torch.testing.assert_close(pcen(1e4 * energy), pcen(energy), rtol=1e-6, atol=0)


def test_a_soft_sound_is_not_lost_in_single_precision(generator):
    """As the difference of two near equals it would keep no digit."""
    energy = 1e-9 * energies(1, 2, 60, generator=generator)
    pcen = PCEN(2, alpha=0.0)
    torch.testing.assert_close(pcen(energy.float()).double(), pcen(energy), rtol=1e-4, atol=0)
    assert (pcen(energy) > 0).all()


def test_silence_stays_silent():
    energy = torch.zeros(1, 2, 50, requires_grad=True)
    pcen = PCEN(2)
    drawn = pcen(energy)
    assert (drawn == 0).all()
    drawn.sum().backward()
    for gradient in (energy.grad, *(parameter.grad for parameter in pcen.parameters())):
        assert torch.isfinite(gradient).all()


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=4, max_size=4))
def test_no_step_of_an_optimiser_breaks_it(values):
    pcen = PCEN(1)
    with torch.no_grad():
        for parameter, value in zip(pcen.parameters(), values, strict=True):
            parameter.fill_(value)
    drawn = pcen(torch.tensor([[[0.0, 1e-6, 1.0, 1e3, 0.0]]]))
    assert torch.isfinite(drawn).all()
    assert (drawn >= 0).all()


def test_gradients_are_the_derivatives(generator):
    pcen, energy = PCEN(2).double(), energies(1, 2, 9, generator=generator).requires_grad_()
    assert torch.autograd.gradcheck(pcen, (energy,))
    for parameter in pcen.parameters():
        assert torch.autograd.gradcheck(lambda _: pcen(energy.detach()), (parameter,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"smooth": 1.5}, "smooth must lie in 0 to 1, got 1.5"),
        ({"alpha": -0.1}, "alpha must lie in 0 to 1, got -0.1"),
        ({"delta": 0.0}, "delta must lie in 0.0001 to inf, got 0"),
        ({"root": 0.5}, "root must lie in 1 to inf, got 0.5"),
        ({"floor": 0.0}, "floor must lie in .* to 1, got 0"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        PCEN(2, **change)
