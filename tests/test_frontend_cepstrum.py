"""Cepstral coefficients are what others compute, from any front-end."""

import librosa
import numpy as np
import pytest
import scipy.fft
import torch
from torch import Tensor

from spectnet._torchaudio import torchaudio
from spectnet.frontend import MFCC, Cepstrum, GammatoneSpectrogram, LogMel, SincSpectrogram
from spectnet.frontend.cepstrum import cosine_transform, slopes

RATE = 1000
FRONTENDS = {
    "gammatone": lambda: GammatoneSpectrogram(RATE, 8),
    "sinc": lambda: SincSpectrogram(RATE, 8),
    "log-mel": lambda: LogMel(RATE, 8),
}


def noise(*shape: int, generator: torch.Generator) -> Tensor:
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("n_filters", [1, 2, 13, 64])
def test_the_transform_is_scipys(n_filters, generator):
    spectrogram = noise(n_filters, 5, generator=generator)
    theirs = scipy.fft.dct(spectrogram.numpy(), type=2, norm="ortho", axis=0)
    np.testing.assert_allclose(cosine_transform(n_filters, n_filters) @ spectrogram, theirs, atol=1e-12)


@pytest.mark.parametrize("name", FRONTENDS)
def test_coefficients_are_the_cosines_of_the_frontends_picture(name, generator):
    frontend, waveform = FRONTENDS[name](), noise(2, 700, generator=generator)
    layer = Cepstrum(frontend, n_coefficients=5)
    theirs = scipy.fft.dct(frontend(waveform).detach().numpy(), type=2, norm="ortho", axis=1)[:, :5]
    np.testing.assert_allclose(layer(waveform).detach(), theirs, atol=1e-12)


def test_behind_log_mel_it_is_the_mfcc(generator):
    waveform = noise(1, 700, generator=generator)
    ours = Cepstrum(LogMel(RATE, 12), n_coefficients=6)(waveform)
    # torchaudio's transform is in float32.
    torch.testing.assert_close(ours, MFCC(RATE, 6, n_mels=12)(waveform), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("reach", [1, 2, 4])
@pytest.mark.parametrize("n_frames", [1, 3, 40])
def test_slopes_are_torchaudios_and_librosas(reach, n_frames, generator):
    rows = noise(2, 3, n_frames, generator=generator)
    ours = slopes(rows, reach)
    theirs = torchaudio.functional.compute_deltas(rows, 2 * reach + 1, mode="replicate")
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12)
    if n_frames > 2 * reach and reach > 0:  # shorter ones librosa refuses
        theirs = librosa.feature.delta(rows.numpy(), width=2 * reach + 1, mode="nearest")
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_a_rising_line_has_its_slope():
    line = 0.25 * torch.arange(20, dtype=torch.float64).expand(1, 3, -1)
    torch.testing.assert_close(slopes(line)[..., 2:-2], torch.full((1, 3, 16), 0.25).double())


def test_slopes_stand_behind_the_coefficients(generator):
    frontend, waveform = FRONTENDS["gammatone"](), noise(1, 700, generator=generator)
    layer = Cepstrum(frontend, n_coefficients=5, deltas=2)
    drawn, alone = layer(waveform), Cepstrum(frontend, n_coefficients=5)(waveform)
    assert (layer.n_filters, drawn.shape[1]) == (15, 15)
    expected = torch.cat([alone, slopes(alone), slopes(slopes(alone))], dim=1)
    assert torch.equal(drawn, expected)


def test_the_filters_learn_through_it(generator):
    layer = Cepstrum(FRONTENDS["gammatone"](), n_coefficients=5, deltas=1)
    drawn = layer(noise(1, 500, generator=generator))
    (drawn * noise(*drawn.shape, generator=generator)).mean().backward()
    (group,) = layer.parameter_groups(1e-3)
    assert [id(p) for p in group["params"]] == [id(p) for p in layer.parameters()]
    assert all((p.grad != 0).all() and torch.isfinite(p.grad).all() for p in group["params"])


def test_it_keeps_the_contract_of_a_frontend(generator):
    layer, waveform = (
        Cepstrum(FRONTENDS["gammatone"](), n_coefficients=5, deltas=1),
        noise(3, 500, generator=generator),
    )
    assert (layer.sample_rate, layer.window_length, layer.hop_length) == (RATE, 25, 10)
    assert layer.center_frequencies is layer.bandwidths is None
    alone = torch.cat([layer(one[None]) for one in waveform])
    torch.testing.assert_close(layer(waveform), alone)
    single = layer(waveform.float())
    assert single.dtype == torch.float32
    torch.testing.assert_close(single.double(), layer(waveform), rtol=1e-4, atol=1e-4)
    with torch.autocast("cpu", dtype=torch.float16):
        assert torch.equal(layer(waveform.float()), single)
    assert torch.isfinite(layer(torch.zeros(1, 100))).all()
    assert layer.state_dict().keys() == {f"frontend.{name}" for name in layer.frontend.state_dict()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_coefficients": 9}, "n_coefficients must lie between 1 and the number of filters, 8, got 9"),
        ({"n_coefficients": 0}, "n_coefficients must lie between 1 and the number of filters, 8, got 0"),
        ({"deltas": 3}, "deltas must be 0, 1 or 2, got 3"),
        ({"reach": 0}, "reach must be at least 1 frame, got 0"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Cepstrum(FRONTENDS["gammatone"](), **({"n_coefficients": 5} | change))
