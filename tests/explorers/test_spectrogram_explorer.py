"""`SpectrogramExplorer` in Python: its traits follow the package and refuse what the package refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import traitlets

from spectnet import scales
from spectnet.explorers import SpectrogramExplorer
from spectnet.explorers.spectrogram import tones_and_clicks
from spectnet.frontend import GammatoneSpectrogram, LogMel
from spectnet.recordings import RecordingError
from tests.explorers import write_spectrogram
from tests.explorers.stored import assert_current


def test_vectors_are_current() -> None:
    assert_current(write_spectrogram.VECTORS, write_spectrogram.vectors())


def test_starts_as_both_front_ends_do() -> None:
    explorer = SpectrogramExplorer()
    log_mel, gammatone = LogMel(1000.0, f_max=400.0), GammatoneSpectrogram(1000.0, f_max=400.0)
    layers = [explorer.layer(), SpectrogramExplorer(front_end="gammatone").layer()]
    waveform = torch.tensor(tones_and_clicks(1000.0)[None], dtype=torch.float32)
    for ours, theirs in zip(layers, (log_mel, gammatone), strict=True):
        torch.testing.assert_close(ours(waveform), theirs(waveform))


@pytest.mark.parametrize("front_end", ["mel", "gammatone"])
def test_layer_has_what_was_set(front_end: str) -> None:
    explorer = SpectrogramExplorer(sample_rate=2000.0, front_end=front_end)
    explorer.window_s, explorer.hop_s, explorer.n_filters, explorer.floor = 0.05, 0.02, 9, 1e-3
    explorer.f_min, explorer.f_max = 60.0, 500.0
    layer = explorer.layer()
    assert (layer.window_length, layer.hop_length, layer.n_filters, layer.floor) == (100, 40, 9, 1e-3)
    assert explorer.center_frequencies == pytest.approx(layer.center_frequencies.tolist(), rel=1e-5)
    assert explorer.center_frequencies == pytest.approx(
        scales.spaced_frequencies(9, 60.0, 500.0, "mel").tolist()
    )


def test_observers_hear_the_new_centres() -> None:
    explorer, heard = SpectrogramExplorer(n_filters=3), []
    explorer.observe(lambda change: heard.append(len(change.new)), "center_frequencies")
    explorer.n_filters = 7
    assert heard == [7]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("window_s", 0.001, r"window_s must span at least 2 sample\(s\) at 1000 Hz, got 0\.001 s"),
        ("window_s", 0.3, r"should not be greater than 0\.25"),
        ("window_s", float("nan"), r"window_s"),
        ("hop_s", 0.0, r"hop_s must span at least 1 sample\(s\) at 1000 Hz, got 0 s"),
        ("floor", 0.0, r"floor must be a positive energy, got 0"),
        ("floor", float("nan"), r"floor must be a positive energy, got nan"),
        ("n_filters", 65, r"should not be greater than 64"),
        ("front_end", "mfcc", r"\['mel', 'gammatone'\]"),
        ("f_min", 450.0, r"f_min and f_max must satisfy 0 <= f_min < f_max, got 450 and 400 Hz"),
        ("f_max", 600.0, r"f_max must be at most half the sample rate \(500 Hz\), got 600 Hz"),
    ],
)
def test_impossible_setting_is_refused_and_nothing_changes(name: str, value: object, message: str) -> None:
    explorer = SpectrogramExplorer()
    before = explorer.get_state()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert explorer.get_state() == before


def test_sound_that_no_long_window_fits_is_refused() -> None:
    short = np.sin(np.arange(200, dtype=np.float32))
    with pytest.raises(RecordingError, match=r"my sound must last at least 0\.25 s, got 0\.2 s"):
        SpectrogramExplorer({"my sound": short}, 1000.0)


def test_own_sound_is_the_one_shown() -> None:
    explorer = SpectrogramExplorer(np.sin(np.arange(4000, dtype=np.float32) / 5), 4000.0)
    assert [clip["name"] for clip in explorer.clips] == ["your recording"]
    assert explorer.f_max == 1600


def test_test_sound_trades_time_for_frequency() -> None:
    # One row has its dip between the tones only behind a long window, one frame between the clicks only
    # behind a short one.
    sound = torch.tensor(tones_and_clicks(1000.0), dtype=torch.float32)[None]
    apart = {}
    for window_s in (0.02, 0.1):
        settings = {"window_s": window_s, "hop_s": 0.001, "n_filters": 32}
        energy = SpectrogramExplorer(**settings).layer()(sound)[0].exp()
        near = [
            int(np.abs(np.array(SpectrogramExplorer(n_filters=32).center_frequencies) - f).argmin())
            for f in (150, 175, 200)
        ]
        tones = energy[near, 300:900].mean(dim=1)
        middles = [round(1000 * (t - window_s / 2)) for t in (1.5, 1.52, 1.54)]
        clicks = energy[:, middles].sum(dim=0)
        apart[window_s] = [(x[1] < 0.5 * min(x[0], x[2])).item() for x in (tones, clicks)]
    assert apart == {0.02: [False, True], 0.1: [True, False]}


def test_page_carries_little() -> None:
    assert sum(len(clip["samples"]) for clip in SpectrogramExplorer().clips) < 20_000
