"""What every front-end promises, whatever its filters: so that they can take each other's place."""

import copy
import itertools
import math
import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from spectnet.filterbank import n_frames
from spectnet.frontend import (
    MFCC,
    Cepstrum,
    FreeFIRSpectrogram,
    GaborSpectrogram,
    GammatoneSpectrogram,
    LinearPhaseSpectrogram,
    LogMel,
    SincSpectrogram,
)

RATE = 1000
BANK = {"n_filters": 4, "f_min": 25.0, "f_max": 400.0}
SHORT = {"n_filters": 2, "kernel_size": 21}

# All but PaperSpectrogram, which is there to break some of this.
MAKERS = {
    "gammatone": lambda: GammatoneSpectrogram(RATE, **BANK),
    "gammatone, all learning": lambda: GammatoneSpectrogram(
        RATE, **BANK, order=(1, 2, 4, 8), learnable=("center_frequencies", "bandwidths", "gains")
    ),
    "gammatone cepstrum": lambda: Cepstrum(GammatoneSpectrogram(RATE, **BANK), n_coefficients=3),
    "free FIR": lambda: FreeFIRSpectrogram(RATE, **BANK),
    "Gabor": lambda: GaborSpectrogram(RATE, **BANK, kernel_size=101),
    "Gabor, mean and log": lambda: GaborSpectrogram(
        RATE, **BANK, kernel_size=101, pooling="mean", compression="log"
    ),
    "sinc": lambda: SincSpectrogram(RATE, **BANK, kernel_size=101),
    **{f"linear phase {n}": lambda n=n: LinearPhaseSpectrogram(RATE, n) for n in (1, 2, 3, 4)},
    "log-mel": lambda: LogMel(RATE, **BANK),
    "log-mel, Slaney": lambda: LogMel(RATE, **BANK, scale="slaney"),
    "MFCC": lambda: MFCC(RATE, n_coefficients=4, n_mels=8, f_min=25.0, f_max=400.0),
}
SMALL_MAKERS = {
    "gammatone": lambda: GammatoneSpectrogram(RATE, n_filters=2),
    "free FIR": lambda: FreeFIRSpectrogram(RATE, **SHORT),
    "Gabor": lambda: GaborSpectrogram(RATE, **SHORT),
    "sinc": lambda: SincSpectrogram(RATE, **SHORT),
    "linear phase 1": lambda: LinearPhaseSpectrogram(RATE, 1, bands=[(0, 100)], kernel_size=9),
    "linear phase 2": lambda: LinearPhaseSpectrogram(RATE, 2, bands=[(0, 100)], kernel_size=8),
    "linear phase 3": lambda: LinearPhaseSpectrogram(RATE, 3, bands=[(50, 300)], kernel_size=9),
    "linear phase 4": lambda: LinearPhaseSpectrogram(RATE, 4, bands=[(50, 300)], kernel_size=8),
    "log-mel": lambda: LogMel(RATE, n_filters=2),
    "MFCC": lambda: MFCC(RATE, n_coefficients=2, n_mels=3),
}
LEARNING = [name for name, make in MAKERS.items() if list(make().parameters())]


@pytest.fixture(params=MAKERS, name="front_end")
def _front_end(request: pytest.FixtureRequest) -> nn.Module:
    return MAKERS[request.param]()


@pytest.fixture(params=LEARNING, name="learning")
def _learning(request: pytest.FixtureRequest) -> nn.Module:
    return MAKERS[request.param]()


def noise(*shape: int, generator: torch.Generator) -> Tensor:
    return torch.randn(*shape, generator=generator)


@pytest.mark.parametrize("n_samples", [25, 34, 35, 700, 2500])
def test_any_length_gives_every_whole_window(front_end, n_samples, generator):
    assert (front_end.window_length, front_end.hop_length, front_end.sample_rate) == (25, 10, RATE)
    drawn = front_end(noise(2, n_samples, generator=generator))
    assert drawn.shape == (2, front_end.n_filters, n_frames(n_samples, 25, 10))
    assert torch.isfinite(drawn).all()


def test_filters_are_told_in_hertz_or_not_at_all(front_end):
    for told, top in ((front_end.center_frequencies, RATE / 2), (front_end.bandwidths, RATE)):
        if told is not None:
            assert told.dtype == torch.float64
            assert told.shape == (front_end.n_filters,)
            assert ((told > 0) & (told < top)).all()
    if front_end.center_frequencies is not None:
        assert (front_end.center_frequencies.diff() > 0).all()


def test_a_frame_hears_its_window_and_no_more_than_the_look_ahead(front_end, generator):
    """What lies behind window and look-ahead may change as it likes."""
    waveform, frame = noise(1, 700, generator=generator), 20
    end = frame * front_end.hop_length + front_end.window_length + getattr(front_end, "look_ahead", 0)
    changed = torch.cat([waveform[:, :end], 100 * noise(1, 700 - end, generator=generator)], dim=1)
    before, after = front_end(waveform), front_end(changed)
    torch.testing.assert_close(after[..., : frame + 1], before[..., : frame + 1], rtol=1e-3, atol=1e-3)
    assert (after[..., -5:] - before[..., -5:]).abs().max() > 0.3


def test_the_next_window_starts_a_hop_later(front_end, generator):
    """A waveform delayed by whole hops is drawn as many frames later."""
    waveform = noise(1, 500, generator=generator)
    waveform[:, :200] = 0.0
    drawn = front_end(waveform)
    late = front_end(torch.nn.functional.pad(waveform, (30, 0)))
    torch.testing.assert_close(late[..., 3:], drawn, rtol=1e-3, atol=1e-3)


def test_batch_equals_one_by_one(front_end, generator):
    waveform = noise(4, 700, generator=generator)
    alone = torch.cat([front_end(one[None]) for one in waveform])
    torch.testing.assert_close(front_end(waveform), alone, rtol=1e-4, atol=1e-4)


def test_silence_and_full_scale_are_finite(front_end, generator):
    for waveform in (torch.zeros(1, 700), torch.ones(1, 700), noise(1, 700, generator=generator).sign()):
        front_end.zero_grad()
        drawn = front_end(waveform.requires_grad_())
        assert torch.isfinite(drawn).all()
        drawn.sum().backward()
        for gradient in (waveform.grad, *(p.grad for p in front_end.parameters())):
            assert torch.isfinite(gradient).all()


def test_precision_follows_the_waveform(front_end, generator):
    waveform = noise(1, 700, generator=generator).double()
    coarse, fine = front_end(waveform.float()), front_end(waveform)
    assert (coarse.dtype, fine.dtype) == (torch.float32, torch.float64)
    torch.testing.assert_close(coarse.double(), fine, rtol=0, atol=1e-3)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_finite_and_close(front_end, dtype, generator):
    """Silence, an ordinary level, and far above full scale."""
    waveform = torch.tensor([0.0, 1.0, 30.0])[:, None] * noise(3, 700, generator=generator)
    exact = front_end(waveform)
    with torch.autocast("cpu", dtype=dtype):
        drawn = front_end(waveform)
    # Front-ends compute in float32 all the same: a few 1/256 would be the error if they did not.
    torch.testing.assert_close(drawn.float(), exact, rtol=0, atol=0.15)


def test_every_learnable_quantity_has_a_gradient_from_the_start(learning, generator):
    drawn = learning(noise(2, 600, generator=generator))
    (drawn * noise(*drawn.shape, generator=generator)).mean().backward()
    for name, parameter in learning.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert (parameter.grad != 0).all(), name


def test_nothing_learns_where_nothing_should(generator):
    fixed = [
        make(RATE, n_filters=2, learnable=False)
        for make in (GammatoneSpectrogram, FreeFIRSpectrogram, GaborSpectrogram, SincSpectrogram)
    ]
    for front_end in (*fixed, LinearPhaseSpectrogram(RATE, learnable=False), LogMel(RATE), MFCC(RATE)):
        assert not front_end(noise(1, 500, generator=generator)).requires_grad


@pytest.mark.parametrize("name", SMALL_MAKERS)
def test_gradients_are_the_derivatives(name, generator):
    """Of the output by every parameter and by the waveform, in float64."""
    front_end = SMALL_MAKERS[name]().double()
    if isinstance(front_end, GammatoneSpectrogram):
        front_end.tolerance = 0  # where a kernel is cut depends on the bandwidth, in steps
    names = [name for name, _ in front_end.named_parameters()]
    values = [value.detach().clone().requires_grad_() for value in front_end.parameters()]
    waveform = noise(1, 47, generator=generator).double().requires_grad_()

    def drawn(waveform: Tensor, *values: Tensor) -> Tensor:
        return functional_call(front_end, dict(zip(names, values, strict=True)), (waveform,))

    assert torch.autograd.gradcheck(drawn, (waveform, *values), atol=1e-6, rtol=1e-4)


def test_a_state_dict_carries_the_filters(learning, generator):
    other, waveform = copy.deepcopy(learning), noise(1, 300, generator=generator)
    with torch.no_grad():
        for parameter in learning.parameters():
            parameter *= 1.1
    assert not torch.allclose(learning(waveform), other(waveform))
    other.load_state_dict(learning.state_dict())
    assert torch.equal(learning(waveform), other(waveform))


def test_an_optimizer_gets_every_parameter_once_and_without_decay(front_end):
    groups = front_end.parameter_groups(1e-3, ratio=2.0)
    given = list(itertools.chain.from_iterable(group["params"] for group in groups))
    assert sorted(map(id, given)) == sorted(map(id, front_end.parameters()))
    assert all(group["lr"] == pytest.approx(2e-3) and group["weight_decay"] == 0 for group in groups)


def test_a_waveform_shorter_than_a_window_is_refused(front_end):
    with pytest.raises(ValueError, match="waveform must hold at least one window of 25 samples, got 24"):
        front_end(torch.zeros(1, 24))


@pytest.mark.parametrize(
    "make",
    [GammatoneSpectrogram, FreeFIRSpectrogram, GaborSpectrogram, SincSpectrogram, LogMel],
)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"f_max": 600.0}, r"f_max must be at most half the sample rate \(500 Hz\), got 600 Hz; lower f_max"),
        ({"f_min": 400.0, "f_max": 25.0}, "0 <= f_min < f_max, got 400 and 25 Hz"),
        ({"n_filters": 0}, "n_filters must be at least 1, got 0"),
        ({"scale": "bark"}, "scale must be one of mel, slaney.*, got 'bark'"),
        ({"window_s": 0.0001}, "window_s must span at least one sample at 1000 Hz, got 0.0001 s"),
        ({"hop_s": 0.0}, "hop_s must span at least one sample at 1000 Hz, got 0 s"),
        ({"floor": -1.0}, "floor must not be negative, got -1"),
    ],
)
def test_impossible_settings_are_refused_alike(make, change, message):
    with pytest.raises(ValueError, match=message):
        make(RATE, **(BANK | change))


@pytest.mark.parametrize("maker", [GaborSpectrogram, SincSpectrogram, GammatoneSpectrogram, LogMel])
def test_a_row_hears_a_tone_at_its_own_frequency(maker):
    """Among all filters the one that is named for a tone's frequency is the loudest."""
    front_end = maker(RATE, n_filters=8, f_min=25.0, f_max=400.0)
    time = torch.arange(2000) / RATE
    for number, frequency in enumerate(front_end.center_frequencies.tolist()):
        drawn = front_end(torch.sin(2 * math.pi * frequency * time)[None])
        assert int(drawn[0, :, 100].argmax()) == number


@pytest.mark.gpu
def test_a_gpu_draws_the_same(front_end, generator):
    waveform = noise(2, 700, generator=generator)
    drawn = front_end(waveform).detach()
    torch.testing.assert_close(front_end.cuda()(waveform.cuda()).cpu(), drawn, rtol=1e-3, atol=1e-3)


# Tracing would trace the shape checks too, so it is done in a process without them.
# Every step that a front-end may take occurs in one of these; the gammatone has tests of its own.
MAKE_ALL = """
import torch
from spectnet.frontend import *

bank = {"n_filters": 4, "f_min": 25.0, "f_max": 400.0}
front_ends = [make(1000, **bank) for make in (FreeFIRSpectrogram, GaborSpectrogram, SincSpectrogram)]
front_ends += [MFCC(1000), LinearPhaseSpectrogram(1000, 4), Branches(1000)]
torch.manual_seed(0)
waveform = torch.randn(2, 700)
"""
COMPILED = """
for front_end in front_ends:
    compiled = torch.compile(front_end, backend="aot_eager")
    torch.testing.assert_close(compiled(waveform), front_end(waveform))
"""
EXPORTED = """
import onnxruntime, sys
batch, time = torch.export.Dim("batch", min=1, max=64), torch.export.Dim("time", min=600, max=100_000)
for number, front_end in enumerate(front_ends):
    shapes = {"waveform": {0: batch, 1: time}}
    program = torch.onnx.export(
        front_end.eval(), (waveform,), dynamo=True, dynamic_shapes=shapes, verbose=False
    )
    path = f"{sys.argv[1]}/{number}.onnx"
    program.save(path)
    session = onnxruntime.InferenceSession(path)
    for other in (waveform, torch.zeros(3, 700), torch.randn(1, 2500)):
        drawn = session.run(None, {session.get_inputs()[0].name: other.numpy()})[0]
        torch.testing.assert_close(torch.from_numpy(drawn), front_end(other).detach(), rtol=1e-4, atol=1e-4)
"""


def run(code: str, *arguments: str) -> None:
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=290)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.timeout(300)
def test_compiled_they_draw_the_same():
    run(MAKE_ALL + COMPILED)


@pytest.mark.timeout(300)
def test_exported_they_draw_the_same(tmp_path):
    """For any batch and length, silence included: ONNX's optimiser drops small added constants."""
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    run(MAKE_ALL + EXPORTED, str(tmp_path))
