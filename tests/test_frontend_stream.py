"""Frames drawn while the sound arrives are the frames of the whole."""

import pytest
import torch

from spectnet.frontend import GammatoneSpectrogram


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"compression": "power", "order": (1, 2, 4, 8, 4, 4)},
        {"compression": "none", "learnable": ("gains",), "tolerance": 0.0},
        {"hop_s": 0.04, "scale": "erb"},
    ],
)
@pytest.mark.parametrize("sizes", [[400], [1] * 400, [24, 1, 0, 375], [133, 267]])
def test_pieces_draw_what_the_whole_draws(settings, sizes, generator):
    layer = GammatoneSpectrogram(1000, n_filters=6, f_max=400, **settings)
    if "learnable" in settings:
        torch.nn.init.uniform_(layer.log_gain, -1, 1, generator=generator)
    waveform = torch.randn(2, 400, generator=generator)
    stream = layer.stream()
    frames = [stream.push(piece) for piece in waveform.split(sizes, dim=1)]
    with torch.no_grad():
        torch.testing.assert_close(torch.cat(frames, -1), layer(waveform), rtol=1e-5, atol=1e-5)
    assert not any(frame.requires_grad for frame in frames)


def test_a_stream_keeps_the_filters_that_it_was_made_with(generator):
    layer = GammatoneSpectrogram(1000, n_filters=6, f_max=400)
    waveform = torch.randn(1, 400, generator=generator)
    stream, before = layer.stream(), layer(waveform).detach()
    torch.nn.init.constant_(layer.position.theta, 0.3)
    torch.testing.assert_close(stream.push(waveform), before, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(layer(waveform), before, atol=1e-2)


@pytest.mark.parametrize("settings", [{"compression": "pcen"}, {"normalisation": "mean"}])
def test_what_must_hear_the_whole_clip_is_refused(settings):
    layer = GammatoneSpectrogram(1000, n_filters=6, f_max=400, **settings)
    with pytest.raises(ValueError, match="a stream needs a compression of one frame at a time"):
        layer.stream()


def test_a_stream_of_an_exact_layer_is_exact(generator):
    layer = GammatoneSpectrogram(1000, n_filters=6, f_max=400, compression="none", tolerance=0.0)
    waveform = torch.randn(1, 2000, generator=generator)
    stream = layer.stream()
    frames = torch.cat([stream.push(piece) for piece in waveform.split(77, dim=1)], -1)
    whole = layer(waveform).detach()
    # Both are rounded once, from float64; computed in float32 they would differ by more than one step.
    torch.testing.assert_close(frames, whole, rtol=1.2e-7, atol=0)
