"""The 1-D baseline's filters pass the paper's four bands, and nothing but filters the waveform."""

import math

import pytest
import torch

from spectnet.frontend import Branches

RATE = 1000
FORMS = ("free", "linear-phase", "gammatone")
BANDS = [(0.0, 45.0), (45.0, 80.0), (80.0, 200.0), (200.0, 500.0)]


@pytest.fixture(params=FORMS, name="branches")
def _branches(request: pytest.FixtureRequest) -> Branches:
    return Branches(RATE, request.param)


def test_each_branch_passes_its_band(branches):
    """A tone in the middle of a band is loudest in that band's branch."""
    time = torch.arange(1000) / RATE
    for number, (low, high) in enumerate(BANDS):
        tone = torch.sin(math.pi * (low + high) * time)[None]
        power = branches(tone)[0, :, 200:-200].square().mean(-1)
        assert int(power.argmax()) == number


def test_band_passes_let_the_middle_through_and_halve_the_edges():
    response = torch.fft.rfft(Branches(RATE).kernel().detach(), n=RATE).abs()  # a bin a hertz
    for row, (low, high) in zip(response, BANDS, strict=True):
        # 61 taps at 1 kHz blur an edge over 54 Hz: the band of 35 Hz stays below one in its middle.
        assert row[int(low + high) // 2] == pytest.approx(1.0, abs=0.03 if high - low > 40 else 0.4)
    assert response[2, 80].item() == pytest.approx(0.5, abs=0.02)


def test_free_and_linear_phase_start_as_the_same_filters(generator):
    waveform = torch.randn(2, 300, generator=generator)
    free, symmetric = Branches(RATE, "free"), Branches(RATE, "linear-phase")
    torch.testing.assert_close(free(waveform), symmetric(waveform))
    counts = [sum(p.numel() for p in Branches(RATE, form).parameters()) for form in FORMS]
    assert counts == [4 * 61, 4 * 31, 4 * 2]


def test_filtering_is_linear_and_keeps_the_length(branches, generator):
    one, two = torch.randn(2, 3, 200, generator=generator)
    torch.testing.assert_close(branches(one + two), branches(one) + branches(two), rtol=1e-4, atol=1e-5)
    assert branches(one).shape == (3, 4, 200)
    assert branches.hop_length == branches.window_length == 1
    assert (branches(torch.zeros(1, 50)) == 0).all()


def test_what_learns_has_a_gradient_and_reaches_the_optimiser(branches, generator):
    branches(torch.randn(2, 300, generator=generator)).square().sum().backward()
    (group,) = branches.parameter_groups(1e-3, ratio=2.0)
    assert (group["lr"], group["weight_decay"]) == (2e-3, 0.0)
    assert {id(p) for p in group["params"]} == {id(p) for p in branches.parameters()}
    assert all((p.grad != 0).any() and torch.isfinite(p.grad).all() for p in branches.parameters())
    assert Branches(RATE, branches.form, learnable=False).parameter_groups(1e-3) == []


def test_gammatones_say_where_they_stand_and_the_others_do_not():
    assert Branches(RATE, "gammatone").center_frequencies.tolist() == pytest.approx([22.5, 62.5, 140, 350])
    assert (Branches(RATE, "gammatone").bandwidths > 0).all()
    assert Branches(RATE).center_frequencies is None
    assert Branches(RATE).bandwidths is None


def test_half_precision_is_filtered_in_full(branches, generator):
    waveform = torch.randn(2, 300, generator=generator)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(branches(waveform), branches(waveform))
        assert branches(waveform).dtype == torch.float32
    torch.testing.assert_close(branches(waveform.bfloat16()), branches(waveform.bfloat16().float()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"taps": "fixed"}, "taps must be one of free, linear-phase, gammatone, got 'fixed'"),
        ({"kernel_size": 60}, "kernel_size must be an odd number of taps, at least 3, got 60"),
        ({"sample_rate": 400}, "need a sample rate above 400 Hz, got 400"),
    ],
)
def test_impossible_branches_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Branches(**({"sample_rate": RATE} | change))
