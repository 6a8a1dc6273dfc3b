"""A bank starts where it is told, moves where it should, and gives optimisers what they need."""

import copy
import math
import pickle

import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from spectnet.frontend import GammatoneSpectrogram
from spectnet.frontend.bounded import RawParameter
from spectnet.gammatone import bandwidth_from_spacing, half_power_factor
from spectnet.model import DEFAULT_MODEL, load_model
from spectnet.scales import SCALES, from_scale, spaced_frequencies, to_scale

RATE = 1000
EVERYTHING = ("center_frequencies", "bandwidths", "gains", "compression")


def layer(**changes: object) -> GammatoneSpectrogram:
    return GammatoneSpectrogram(RATE, **({"n_filters": 8, "f_min": 25.0, "f_max": 400.0} | changes))


def noise(*shape: int, generator: torch.Generator) -> Tensor:
    return torch.randn(*shape, generator=generator)


def tone(frequency: float, seconds: float = 0.3) -> Tensor:
    return torch.sin(2 * math.pi * frequency * torch.arange(round(seconds * RATE)) / RATE)[None]


# --- where filters start


@pytest.mark.parametrize("own", [[100.0, 40.0, 233.3], (50.0,), [399.0, 26.0]])
def test_own_frequencies_are_taken_as_they_come(own):
    front_end = layer(n_filters=None, center_frequencies=own)
    assert front_end.n_filters == len(own)
    assert front_end.center_frequencies.tolist() == pytest.approx(own, rel=1e-5)
    assert front_end(torch.zeros(1, 200)).shape[1] == len(own)


@pytest.mark.parametrize("scale", SCALES)
def test_evenly_spaced_frequencies_of_ones_own_are_as_wide_as_ours(scale):
    own = spaced_frequencies(8, 25.0, 400.0, scale).tolist()
    bandwidths = layer(center_frequencies=own, scale=scale).bandwidths
    expected = bandwidth_from_spacing(8, 25.0, 400.0, scale, 4)
    torch.testing.assert_close(bandwidths.detach(), expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("order", [4, (2, 8, 4, 3)])
def test_own_frequencies_are_as_wide_as_their_neighbours_are_far(order):
    """From midpoint to midpoint at -3 dB; the outermost reach as far out as in."""
    widths = {300.0: 120.0, 100.0: 65.0, 50.0: 50.0, 180.0: 100.0}  # in Hz
    front_end = layer(n_filters=4, center_frequencies=list(widths), scale="linear", order=order)
    orders = [order] * 4 if isinstance(order, int) else order
    expected = [width / half_power_factor(n) for width, n in zip(widths.values(), orders, strict=True)]
    assert front_end.bandwidths.tolist() == pytest.approx(expected, rel=1e-5)


def test_a_bank_may_mix_orders(generator):
    """Each row is what a bank of its own order draws."""
    orders, waveform = (1, 4, 2, 8), noise(2, 400, generator=generator).double()
    own = [60.0, 120.0, 200.0, 300.0]
    mixed = layer(n_filters=4, center_frequencies=own, bandwidth_rule=30.0, order=orders)(waveform)
    for row, order in enumerate(orders):
        alone = layer(n_filters=4, center_frequencies=own, bandwidth_rule=30.0, order=order)(waveform)
        torch.testing.assert_close(mixed[:, row], alone[:, row])


@pytest.mark.parametrize("rate", [50, 100, 1000, 2000, 16000, 44100, 192000])
def test_defaults_are_sensible_at_any_rate(rate, generator):
    """The range lies below Nyquist, the filters apart and inside it, and every one learns."""
    front_end = GammatoneSpectrogram(rate, window_s=4 / rate, hop_s=2 / rate)
    frequencies = front_end.center_frequencies
    assert front_end.f_min == min(25.0, rate / 40)
    assert front_end.f_max == 0.4 * rate
    assert (frequencies.diff() > 0).all()
    assert (frequencies > front_end.f_min).all()
    assert (frequencies < front_end.f_max).all()
    drawn = front_end(noise(2, 600, generator=generator))
    (drawn * noise(*drawn.shape, generator=generator)).mean().backward()
    for parameter in front_end.parameters():
        assert torch.isfinite(parameter.grad).all()
        assert (parameter.grad != 0).all()


# --- what learns


def test_true_is_all_but_the_gains():
    assert not hasattr(layer(), "log_gain")
    assert torch.equal(layer().gains, torch.ones(8).double())
    assert {name for name, _ in layer(learnable=EVERYTHING, compression="power").named_parameters()} == {
        "position.theta",
        "log_bandwidth.theta",
        "log_gain",
        "compression.exponent.theta",
    }
    fixed = layer(learnable=("center_frequencies",), compression="pcen")
    assert [name for name, p in fixed.named_parameters() if p.requires_grad] == ["position.theta"]


def test_a_gain_of_two_is_four_times_the_energy(generator):
    front_end, waveform = layer(learnable=EVERYTHING, floor=0.0), noise(1, 300, generator=generator)
    before = front_end(waveform)
    with torch.no_grad():
        front_end.log_gain[3] = math.log(2.0)
    after = front_end(waveform)
    torch.testing.assert_close(after[:, 3] - before[:, 3], torch.full_like(before[:, 3], math.log(4.0)))
    others = [0, 1, 2, 4, 5, 6, 7]
    assert torch.equal(after[:, others], before[:, others])


@pytest.mark.parametrize("algorithm", ["direct", "toeplitz", "fft", "state-space"])
@pytest.mark.parametrize("order", [4, (1, 8, 3)])
def test_gradients_are_the_derivatives(algorithm, order, generator):
    """Of every quantity that can learn and of the waveform; with no kernel cut, whose length would jump."""
    settings = {"order": order, "algorithm": algorithm, "tolerance": 0, "window_s": 0.008, "hop_s": 0.005}
    front_end = layer(n_filters=3, learnable=EVERYTHING, compression="power", **settings).double()
    check_gradients(front_end, generator)


@pytest.mark.parametrize(
    "settings",
    [{"scale": scale} for scale in SCALES]
    + [{"parametrisation": "hertz"}, {"bandwidth_rule": 100.0}]
    + [{"compression": "pcen"}, {"normalisation": "standard"}, {"normalisation": "mean"}],
)
def test_gradients_are_the_derivatives_however_it_is_held(settings, generator):
    check_gradients(layer(n_filters=2, tolerance=0, **settings).double(), generator)


def check_gradients(front_end: GammatoneSpectrogram, generator: torch.Generator) -> None:
    names = [name for name, _ in front_end.named_parameters()]
    values = [value.detach().clone().requires_grad_() for value in front_end.parameters()]
    waveform = noise(1, 47, generator=generator).double().requires_grad_()

    def drawn(waveform: Tensor, *values: Tensor) -> Tensor:
        return functional_call(front_end, dict(zip(names, values, strict=True)), (waveform,))

    # Steps of 1e-6 in 400 Hz leave finite differences about six digits.
    assert torch.autograd.gradcheck(drawn, (waveform, *values), atol=1e-6, rtol=1e-4)


# --- how they move


def test_a_step_means_the_same_whatever_the_unit():
    """Adam's first step, of its rate, in the middle of the range: a quarter of that share of the range."""
    for scale in SCALES:
        front_end = layer(n_filters=1, scale=scale, learnable="center_frequencies")
        optimizer = torch.optim.Adam(front_end.parameters(), lr=1e-3)
        low, high = to_scale(25.0, scale), to_scale(400.0, scale)
        before = to_scale(front_end.center_frequencies.detach(), scale)
        front_end(tone(300.0)).sum().backward()
        optimizer.step()
        moved = (to_scale(front_end.center_frequencies.detach(), scale) - before).abs() / (high - low)
        assert moved.item() == pytest.approx(1e-3 / 4, rel=1e-3)


@pytest.mark.parametrize("make", [torch.optim.Adam, torch.optim.AdamW])
def test_a_user_who_does_nothing_special_gets_filters_that_move(make):
    """All parameters at Adam's own default rate: a filter crosses the distance to its neighbour."""
    front_end = layer(n_filters=16)
    start = front_end.center_frequencies.detach()
    goal = (start[7] + start[8]).item() / 2
    optimizer = make(front_end.parameters())
    for _ in range(150):
        optimizer.zero_grad()
        (-front_end(tone(goal))[:, 7:9].mean()).backward()
        optimizer.step()
    left = (front_end.center_frequencies.detach()[7:9] - goal).abs()
    assert (left < (start[7:9] - goal).abs() / 4).all()


def test_raw_hertz_hardly_move():
    """The same task and optimiser: in raw Hz 150 steps of 1e-3 are 0.15 Hz, at 30 Hz as at 8 kHz."""
    front_end = layer(n_filters=16, parametrisation="hertz")
    start = front_end.center_frequencies.detach()
    optimizer = torch.optim.Adam(front_end.parameters())
    for _ in range(20):
        optimizer.zero_grad()
        (-front_end(tone((start[7] + start[8]).item() / 2))[:, 7:9].mean()).backward()
        optimizer.step()
    assert (front_end.center_frequencies.detach() - start).abs().max() < 0.03


def test_raw_hertz_draw_the_same_at_the_start(generator):
    waveform = noise(1, 300, generator=generator).double()
    raw = layer(parametrisation="hertz")
    assert {name for name, _ in raw.named_parameters()} == {"center_frequency.value", "bandwidth.value"}
    torch.testing.assert_close(raw(waveform), layer()(waveform), rtol=1e-4, atol=1e-4)


def test_a_raw_parameter_is_clipped_at_its_bounds():
    parameter = RawParameter(torch.tensor([1.0, 2.0, 3.0]), 0.5, 4.0, learnable=True)
    with torch.no_grad():
        parameter.value.copy_(torch.tensor([-7.0, 2.0, 40.0]))
    assert parameter().tolist() == [0.5, 2.0, 4.0]
    with pytest.raises(ValueError, match=r"value must lie between 0.5 and 4, got \[4.0\]"):
        RawParameter(torch.tensor([4.0]), 0.5, 4.0, learnable=True)


def test_filters_may_pass_one_another(generator):
    """And land on each other: nothing asks for an order."""
    front_end, waveform = layer(), noise(2, 300, generator=generator)
    straight = front_end(waveform)
    with torch.no_grad():
        front_end.position.theta.copy_(front_end.position.theta.flip(0))
        front_end.log_bandwidth.theta.copy_(front_end.log_bandwidth.theta.flip(0))
    assert (front_end.center_frequencies.diff() < 0).all()
    torch.testing.assert_close(front_end(waveform), straight.flip(1))
    with torch.no_grad():
        front_end.position.theta.fill_(0.3)
    front_end(waveform).mean().backward()
    assert all(torch.isfinite(p.grad).all() for p in front_end.parameters())


def test_parameter_groups_name_every_learnable_quantity_once():
    front_end = layer(learnable=EVERYTHING, compression="pcen")
    (group,) = front_end.parameter_groups(1e-3)
    assert (group["lr"], group["weight_decay"]) == (pytest.approx(3e-3), 0.0)
    assert {id(p) for p in group["params"]} == {id(p) for p in front_end.parameters()}
    (group,) = front_end.parameter_groups(0.02, ratio=1.0)
    assert group["lr"] == 0.02
    assert layer(learnable=False).parameter_groups(1e-3) == []


# --- how it is kept


def test_the_shipped_weights_stand_where_they_stood():
    """What is stored as theta still means the same place on the range."""
    front_end = load_model(DEFAULT_MODEL).frontend
    share = torch.sigmoid(front_end.state_dict()["position.theta"].double())
    low, high = to_scale(25.0, "mel"), to_scale(400.0, "mel")
    expected = from_scale(low + (high - low) * share, "mel")
    torch.testing.assert_close(front_end.center_frequencies.detach(), expected)
    assert front_end.state_dict().keys() == {"position.theta", "log_bandwidth.theta"}


@pytest.mark.parametrize(
    "settings", [{}, {"learnable": EVERYTHING, "compression": "pcen"}, {"parametrisation": "hertz"}]
)
def test_copies_are_the_same(settings, generator, tmp_path):
    """By state dict, by copy, by pickle and on disk."""
    front_end, waveform = layer(**settings), noise(1, 300, generator=generator)
    with torch.no_grad():
        for parameter in front_end.parameters():
            parameter *= 1.1
    other = layer(**settings)
    other.load_state_dict(front_end.state_dict())
    torch.save(front_end, tmp_path / "whole.pt")
    copies = [
        other,
        copy.deepcopy(front_end),
        pickle.loads(pickle.dumps(front_end)),
        torch.load(tmp_path / "whole.pt", weights_only=False),
    ]
    for each in copies:
        assert torch.equal(each(waveform), front_end(waveform))
        assert each.eval()._export_taps == front_end.eval()._export_taps


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"center_frequencies": [30.0, 40.0]}, r"one frequency for each of n_filters, here 8, got \(2,\)"),
        ({"n_filters": None, "center_frequencies": []}, r"one frequency for each of .* got \(0,\)"),
        (
            {"n_filters": None, "center_frequencies": [20.0, 40.0]},
            "center_frequencies must lie between f_min and f_max, 25 and 400 Hz, got 20 to 40 Hz",
        ),
        ({"n_filters": None, "center_frequencies": [50.0, float("nan")]}, "must lie between f_min and f_max"),
        (
            {"n_filters": None, "center_frequencies": [50.0, 50.0]},
            "center_frequencies must differ where bandwidth_rule is 'spacing'.*; take 'erb' or a",
        ),
        ({"parametrisation": "mel"}, "parametrisation must be one of scale, hertz, got 'mel'"),
        ({"order": [4, 4]}, "order must be one for all or one for each of 8 filters, got 2"),
        ({"bandwidth_rule": float("inf")}, "bandwidth_rule must be .*, got inf"),
        ({"tolerance": 1.0}, "tolerance must be at least 0 and less than 1, got 1"),
        ({"tolerance": -1.0}, "tolerance must be at least 0 and less than 1, got -1"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        layer(**change)
