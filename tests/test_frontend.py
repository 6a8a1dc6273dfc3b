"""The spectrogram's filters hear what they should, learn, and cannot leave their range."""

import math

import pytest
import torch
from torch import Tensor

from spectnet.filterbank import n_frames
from spectnet.frontend import GammatoneSpectrogram
from spectnet.frontend.bounded import BoundedParameter
from spectnet.gammatone import bandwidth_from_erb, bandwidth_from_spacing, impulse_response
from spectnet.scales import SCALES, spaced_frequencies

RATE = 1000
ALGORITHMS = ["direct", "toeplitz", "fft", "state-space"]


def layer(**changes: object) -> GammatoneSpectrogram:
    return GammatoneSpectrogram(RATE, **({"n_filters": 8, "f_min": 25.0, "f_max": 400.0} | changes))


def tone(frequency: float, seconds: float = 2.0, rate: float = RATE) -> Tensor:
    return torch.sin(2 * math.pi * frequency * torch.arange(round(seconds * rate)).double() / rate)[None]


def noise(*shape: int, generator: torch.Generator) -> Tensor:
    return torch.randn(*shape, generator=generator)


# --- what a filter hears


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("order", [2, 4, 8])
def test_a_tone_at_a_filters_center_keeps_its_energy_there(algorithm, order):
    """A unit sine has a mean square of one half, whichever filter it meets."""
    front_end = layer(order=order, algorithm=algorithm, window_s=0.5)
    for number, frequency in enumerate(front_end.center_frequencies.tolist()):
        energy = front_end(tone(frequency))[0].exp()
        settled = energy[:, -1]
        assert int(settled.argmax()) == number
        # The window holds no whole number of half periods: 1 / (2 pi 2 f T) of 1/2 at most, 2 % at 40 Hz.
        assert settled[number].item() == pytest.approx(0.5, rel=0.02)


def test_silence_is_drawn_as_the_floor():
    drawn = layer(floor=1e-6)(torch.zeros(2, 300))
    torch.testing.assert_close(drawn, torch.full_like(drawn, math.log(1e-6)))


def test_a_frame_is_the_mean_energy_of_its_window(generator):
    """Wide windows are means of narrow ones: four of 25 ms make one of 100 ms."""
    waveform = noise(1, 1000, generator=generator).double()
    narrow = layer(window_s=0.025, hop_s=0.025, floor=0.0)(waveform).exp()
    wide = layer(window_s=0.100, hop_s=0.100, floor=0.0)(waveform).exp()
    torch.testing.assert_close(wide, narrow.unflatten(-1, (10, 4)).mean(-1))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_click_is_drawn_from_its_own_sample_on(algorithm):
    """Causal, and aligned as documented: frame i hears samples i hop to i hop + window - 1 of the output."""
    front_end, click = layer(floor=0.0, algorithm=algorithm), torch.zeros(1, 700, dtype=torch.float64)
    click[0, 333] = 1.0
    energy = front_end(click)[0].exp()
    starts = torch.arange(energy.shape[-1]) * front_end.hop_length
    # Order 4 answers one sample late: its first tap is zero.
    hears = starts + front_end.window_length - 1 >= 334
    assert (energy[:, ~hears] < 1e-20).all()
    taps = impulse_response(
        front_end.center_frequencies.detach(),
        front_end.bandwidths.detach(),
        kernel_size=700 - 333,
        sample_rate=RATE,
    )
    output = torch.nn.functional.pad(taps.square(), (333, 0))
    expected = output.unfold(-1, 25, 10).mean(-1)  # (filters, frames)
    torch.testing.assert_close(energy, expected, rtol=1e-5, atol=1e-15)


@pytest.mark.parametrize("rate", [1000, 2000, 44100])
def test_windows_are_given_in_seconds(rate):
    front_end = GammatoneSpectrogram(rate, n_filters=2, window_s=0.025, hop_s=0.010)
    assert (front_end.window_length, front_end.hop_length) == (round(0.025 * rate), round(0.010 * rate))
    frames = n_frames(rate, front_end.window_length, front_end.hop_length)
    assert front_end(torch.zeros(1, rate)).shape == (1, 2, frames)


@pytest.mark.parametrize("scale", SCALES)
def test_filters_start_where_the_scale_says(scale):
    front_end = layer(scale=scale)
    expected = spaced_frequencies(8, 25.0, 400.0, scale)
    # The parameter is a float32 number on a logistic curve.
    torch.testing.assert_close(front_end.center_frequencies.detach(), expected, rtol=1e-5, atol=0)
    expected = bandwidth_from_spacing(8, 25.0, 400.0, scale, 4)
    torch.testing.assert_close(front_end.bandwidths.detach(), expected, rtol=1e-5, atol=0)


def test_bandwidths_follow_their_rule():
    ear = bandwidth_from_erb(spaced_frequencies(8, 25.0, 400.0), 4)
    torch.testing.assert_close(layer(bandwidth_rule="erb").bandwidths.detach(), ear, rtol=1e-5, atol=0)
    torch.testing.assert_close(
        layer(bandwidth_rule=30.0).bandwidths.detach(), torch.full((8,), 30.0).double(), rtol=1e-5, atol=0
    )


def test_the_upper_edge_is_four_tenths_of_the_rate_unless_said():
    assert GammatoneSpectrogram(16000).f_max == 6400.0
    assert "16 filters of order 4, 25 to 6400 Hz, mel, at 16000 Hz" in repr(GammatoneSpectrogram(16000))


# --- what learns


@pytest.mark.parametrize(
    ("learnable", "expected"),
    [
        (True, {"position.theta", "log_bandwidth.theta"}),
        (False, set()),
        ("bandwidths", {"log_bandwidth.theta"}),
        (("center_frequencies",), {"position.theta"}),
        (["center_frequencies", "bandwidths"], {"position.theta", "log_bandwidth.theta"}),
        ((), set()),
    ],
)
def test_one_argument_says_what_learns(learnable, expected):
    parameters = layer(learnable=learnable).named_parameters()
    assert {name for name, parameter in parameters if parameter.requires_grad} == expected


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("order", [1, 4, 8, (1, 2, 3, 4, 5, 6, 7, 8) * 2])
def test_every_filter_has_a_gradient_from_the_start(scale, order, generator):
    """In the paper's code those at 0 Hz and at Nyquist had none."""
    front_end = layer(n_filters=16, scale=scale, order=order)
    drawn = front_end(noise(2, 600, generator=generator))
    (drawn * noise(*drawn.shape, generator=generator)).mean().backward()
    for parameter in front_end.parameters():
        assert torch.isfinite(parameter.grad).all()
        assert (parameter.grad.abs() > 1e-7).all()


def test_silence_gives_no_gradient_and_no_nan():
    front_end = layer()
    front_end(torch.zeros(1, 300)).sum().backward()
    for parameter in front_end.parameters():
        assert (parameter.grad == 0).all()


def test_a_filter_walks_to_a_planted_tone():
    front_end = layer(n_filters=1, f_min=60.0, learnable="center_frequencies")
    start, goal = front_end.center_frequencies.item(), 270.0
    assert abs(start - goal) > 50
    optimizer = torch.optim.Adam([p for p in front_end.parameters() if p.requires_grad], lr=0.05)
    for _ in range(40):
        optimizer.zero_grad()
        (-front_end(tone(goal, 0.3).float()).mean()).backward()
        optimizer.step()
    assert front_end.center_frequencies.item() == pytest.approx(goal, abs=10)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("rate", [1000, 44100])
def test_no_step_drives_a_filter_out_of_its_range(scale, sign, rate, generator):
    """Up to 0 Hz and Nyquist themselves, where rounding would step over the edge."""
    front_end = GammatoneSpectrogram(rate, n_filters=4, f_min=0.0, f_max=rate / 2, scale=scale)
    first = front_end.bandwidths.detach()
    with torch.no_grad():
        for parameter in front_end.parameters():
            parameter += sign * torch.tensor([3.0, 30.0, 300.0, 3e6])
    frequencies, widths = front_end.center_frequencies, front_end.bandwidths
    assert (frequencies >= 0).all()
    assert (frequencies <= rate / 2).all()
    assert (widths >= first.min() / 8.2).all()
    assert (widths <= first.max() * 8.2).all()
    assert torch.isfinite(front_end(noise(1, rate // 10, generator=generator))).all()


def test_a_bounded_parameter_holds_its_value_between_its_bounds():
    parameter = BoundedParameter(torch.tensor([1.0, 2.5, 3.999]), 0.0, 4.0, learnable=True)
    torch.testing.assert_close(
        parameter().detach(), torch.tensor([1.0, 2.5, 3.999]).double(), rtol=1e-6, atol=0
    )
    for value in (0.0, 4.0, 5.0, float("nan")):
        with pytest.raises(ValueError, match="value must lie between 0 and 4"):
            BoundedParameter(torch.tensor([1.0, value]), 0.0, 4.0, learnable=True)


# --- how it computes


def test_batch_equals_one_by_one(generator):
    front_end, waveform = layer(), noise(4, 700, generator=generator)
    alone = torch.cat([front_end(one[None]) for one in waveform])
    torch.testing.assert_close(front_end(waveform), alone, rtol=1e-5, atol=1e-5)


def test_precision_follows_the_waveform(generator):
    waveform = noise(1, 700, generator=generator).double()
    front_end = layer()
    coarse, fine = front_end(waveform.float()), front_end(waveform)
    assert (coarse.dtype, fine.dtype) == (torch.float32, torch.float64)
    torch.testing.assert_close(coarse.double(), fine, rtol=0, atol=1e-4)
    torch.testing.assert_close(front_end.double()(waveform), fine)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_autocast_costs_no_precision(dtype, algorithm, generator):
    """Silence, a heart's level and a clipped rub: in float32 all the same. The paper's layer underflowed."""
    front_end = layer(algorithm=algorithm)
    loudness = torch.tensor([0.0, 1.0, 30.0])[:, None]
    waveform = loudness * noise(3, 700, generator=generator)
    exact = front_end(waveform)
    with torch.autocast("cpu", dtype=dtype):
        drawn = front_end(waveform)
        drawn.mean().backward()
    assert torch.equal(drawn, exact)
    for parameter in front_end.parameters():
        assert torch.isfinite(parameter.grad).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_waveform_in_half_precision_is_drawn_in_half_precision(dtype, algorithm, generator):
    front_end = layer(algorithm=algorithm)
    loudness = torch.tensor([0.0, 1.0, 30.0])[:, None]
    waveform = (loudness * noise(3, 700, generator=generator)).to(dtype).requires_grad_()
    drawn = front_end(waveform)
    drawn.float().mean().backward()
    assert drawn.dtype == waveform.grad.dtype == dtype
    # Rounded once, at the end: a logarithm of up to 14 by half of 1/256 or 1/2048 of itself.
    rounding = 14 * torch.finfo(dtype).eps
    torch.testing.assert_close(drawn.float(), front_end(waveform.float()), rtol=0, atol=rounding)
    assert torch.isfinite(waveform.grad).all()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_nan_stays_in_its_clip_and_is_never_drawn_over(algorithm, generator):
    waveform = noise(3, 700, generator=generator)
    waveform[1, 333] = float("nan")
    drawn = layer(algorithm=algorithm)(waveform)
    first, last = math.ceil((333 - 24) / 10), 333 // 10
    assert torch.isnan(drawn[1, :, first : last + 1]).all()
    assert torch.isfinite(drawn[[0, 2]]).all()


@pytest.mark.gpu
@pytest.mark.parametrize("settings", [{}, {"order": (1, 2, 3, 4, 5, 6, 7, 8)}, {"compression": "pcen"}])
@pytest.mark.parametrize("algorithm", ["auto", "direct", "toeplitz", "fft"])
def test_a_gpu_draws_and_learns_the_same(settings, algorithm, generator):
    """Forward, all gradients, autocast and silence, against the processor's recursion."""
    waveform = noise(3, 700, generator=generator)
    waveform[2] = 0.0
    weights = noise(3, 8, 68, generator=generator)

    def drawn_and_gradients(device: str, **changes: object) -> list[Tensor]:
        front_end, x = layer(**settings, **changes).to(device), waveform.to(device).requires_grad_()
        drawn = front_end(x)
        (drawn * weights.to(device)).mean().backward()
        return [t.detach().cpu() for t in (drawn, x.grad, *(p.grad for p in front_end.parameters()))]

    expected = drawn_and_gradients("cpu")
    for theirs, ours in zip(drawn_and_gradients("cuda", algorithm=algorithm), expected, strict=True):
        torch.testing.assert_close(theirs, ours, rtol=1e-3, atol=1e-3 * ours.abs().max().item())
    front_end = layer(**settings, algorithm=algorithm).cuda()
    for dtype in (torch.bfloat16, torch.float16):
        with torch.autocast("cuda", dtype=dtype):
            drawn = front_end(waveform.cuda()).cpu()
        torch.testing.assert_close(drawn, expected[0], rtol=1e-3, atol=1e-3)


def test_a_state_dict_carries_the_filters(generator):
    learned, other = layer(), layer()
    with torch.no_grad():
        for parameter in learned.parameters():
            parameter += noise(8, generator=generator)
    waveform = noise(1, 300, generator=generator)
    assert not torch.allclose(learned(waveform), other(waveform))
    other.load_state_dict(learned.state_dict())
    assert torch.equal(learned(waveform), other(waveform))


# --- what is refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f_max": 600.0}, r"f_max must be at most half the sample rate \(500 Hz\), got 600 Hz; lower f_max"),
        ({"f_min": 400.0, "f_max": 25.0}, "0 <= f_min < f_max, got 400 and 25 Hz"),
        ({"n_filters": 0}, "n_filters must be at least 1, got 0"),
        ({"order": 0}, "order must be a whole number from 1 to 8, got 0"),
        ({"order": 9}, "order must be a whole number from 1 to 8, got 9"),
        ({"scale": "bark"}, "scale must be one of mel, slaney, erb, linear, got 'bark'"),
        (
            {"learnable": "bandwidth"},
            r"learnable must be True, False or some of .*'bandwidths'.*, got \['bandwidth'\]",
        ),
        ({"learnable": ("center_frequencies", "gain")}, r"got \['gain'\]"),
        (
            {"bandwidth_rule": "mel"},
            "bandwidth_rule must be 'spacing', 'erb' or a positive number of Hz, got 'mel'",
        ),
        (
            {"bandwidth_rule": -5.0},
            "bandwidth_rule must be 'spacing', 'erb' or a positive number of Hz, got -5.0",
        ),
        ({"window_s": 0.0001}, "window_s must span at least one sample at 1000 Hz, got 0.0001 s"),
        ({"hop_s": 0.0}, "hop_s must span at least one sample at 1000 Hz, got 0 s"),
        ({"algorithm": "slow"}, "algorithm must be one of auto, direct, .*state-space, got 'slow'"),
        ({"floor": -1.0}, "floor must not be negative, got -1"),
    ],
)
def test_impossible_settings_are_refused_where_the_layer_is_made(change, message):
    with pytest.raises(ValueError, match=message):
        layer(**change)


def test_a_waveform_shorter_than_a_window_is_refused():
    with pytest.raises(ValueError, match="waveform must hold at least one window of 25 samples, got 24"):
        layer()(torch.zeros(1, 24))
