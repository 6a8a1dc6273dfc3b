"""`FilterbankExplorer` in Python: its traits follow the package and refuse what the package refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import traitlets

from spectnet import gammatone, scales
from spectnet.explorers import FilterbankExplorer
from spectnet.frontend import GammatoneSpectrogram, LogMel
from spectnet.recordings import RecordingError


def test_starts_as_the_front_end_does() -> None:
    explorer, layer = FilterbankExplorer(), GammatoneSpectrogram(1000.0, f_max=400.0)
    # The layer stores float32 parameters.
    torch.testing.assert_close(
        torch.tensor(explorer.center_frequencies), layer.center_frequencies.float(), rtol=1e-5, atol=0
    )
    torch.testing.assert_close(torch.tensor(explorer.bandwidths), layer.bandwidths.float(), rtol=1e-5, atol=0)


@pytest.mark.parametrize("scale", scales.SCALES)
def test_centres_follow_every_setting(scale: str) -> None:
    explorer = FilterbankExplorer(n_filters=4)
    explorer.n_filters, explorer.f_min, explorer.f_max, explorer.scale = 9, 60.0, 300.0, scale
    expected = scales.spaced_frequencies(9, 60.0, 300.0, scale)
    assert explorer.center_frequencies == pytest.approx(expected.tolist())


def test_bandwidths_follow_rule_and_order() -> None:
    explorer = FilterbankExplorer(n_filters=5, order=2)
    explorer.bandwidth_rule = "erb"
    frequencies = torch.tensor(explorer.center_frequencies, dtype=torch.float64)
    assert explorer.bandwidths == pytest.approx(gammatone.bandwidth_from_erb(frequencies, 2).tolist())
    explorer.order = 6
    assert explorer.bandwidths == pytest.approx(gammatone.bandwidth_from_erb(frequencies, 6).tolist())
    explorer.bandwidth_rule = 100
    assert explorer.bandwidths == [100.0] * 5


def test_observers_hear_the_new_centres() -> None:
    explorer, heard = FilterbankExplorer(n_filters=3), []
    explorer.observe(lambda change: heard.append(len(change.new)), "center_frequencies")
    explorer.n_filters = 7
    assert heard == [7]


def test_range_moves_as_a_whole() -> None:
    explorer = FilterbankExplorer(f_min=50.0, f_max=100.0)
    with explorer.hold_trait_notifications():
        explorer.f_min, explorer.f_max = 200.0, 400.0
    assert 200 < explorer.center_frequencies[0] < explorer.center_frequencies[-1] < 400


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("f_min", 450.0, r"f_min and f_max must satisfy 0 <= f_min < f_max, got 450 and 400 Hz"),
        ("f_max", 600.0, r"f_max must be at most half the sample rate \(500 Hz\), got 600 Hz"),
        ("n_filters", 0, r"should not be less than 1"),
        ("order", 9, r"should not be greater than 8"),
        ("scale", "bark", r"\['mel', 'slaney', 'erb', 'linear'\]"),
        ("bandwidth_rule", -5.0, r"bandwidth_rule"),
    ],
)
def test_impossible_setting_is_refused_and_nothing_changes(name: str, value: object, message: str) -> None:
    explorer = FilterbankExplorer()
    before = explorer.get_state()
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(explorer, name, value)
    assert explorer.get_state() == before


@pytest.fixture
def layer() -> GammatoneSpectrogram:
    """A layer that has learned: its filters stand and ring otherwise than they began."""
    layer = GammatoneSpectrogram(
        1000.0, 6, order=3, f_min=30.0, f_max=350.0, scale="erb", bandwidth_rule="erb"
    )
    with torch.no_grad():
        layer.position.theta += 0.3
        layer.log_bandwidth.theta -= 0.2
    return layer


def test_layer_is_shown_as_it_has_learned(layer: GammatoneSpectrogram) -> None:
    explorer = FilterbankExplorer.from_layer(layer)
    assert explorer.bank == "learned"
    assert explorer.center_frequencies == layer.center_frequencies.tolist()
    assert explorer.bandwidths == layer.bandwidths.tolist()
    assert (explorer.sample_rate, explorer.order, explorer.scale) == (1000.0, 3, "erb")
    assert explorer.center_frequencies[0] > layer.initial_center_frequencies[0] + 1


def test_designed_bank_is_the_one_the_layer_began_as(layer: GammatoneSpectrogram) -> None:
    explorer = FilterbankExplorer.from_layer(layer)
    explorer.bank = "designed"
    # The layer holds its first filters in float64, and its parameters in float32.
    assert explorer.center_frequencies == pytest.approx(layer.initial_center_frequencies, rel=1e-12)
    assert explorer.bandwidths == pytest.approx(layer.initial_bandwidths, rel=1e-12)


def test_moving_a_setting_leaves_what_was_learned_and_choosing_it_comes_back(
    layer: GammatoneSpectrogram,
) -> None:
    explorer = FilterbankExplorer.from_layer(layer)
    explorer.n_filters = 9
    assert (explorer.bank, len(explorer.center_frequencies)) == ("designed", 9)
    explorer.f_max = 300.0
    explorer.bank = "learned"
    assert (explorer.n_filters, explorer.f_max) == (6, 350.0)
    assert explorer.center_frequencies == layer.center_frequencies.tolist()


def test_browser_that_moves_bank_and_settings_at_once_is_followed(layer: GammatoneSpectrogram) -> None:
    explorer = FilterbankExplorer.from_layer(layer)
    explorer.set_state({"bank": "designed", "n_filters": 20})
    assert (explorer.bank, len(explorer.center_frequencies)) == ("designed", 20)
    explorer.set_state({"bank": "learned", **explorer.layer["settings"]})
    assert (explorer.bank, len(explorer.center_frequencies)) == ("learned", 6)


def test_layer_keeps_its_own_window_and_takes_an_own_sound(layer: GammatoneSpectrogram) -> None:
    wide = GammatoneSpectrogram(1000.0, 4, window_s=0.05, hop_s=0.02)
    assert FilterbankExplorer.from_layer(wide).layer["window_length"] == 50
    tone = np.sin(np.arange(600, dtype=np.float32) / 3)
    (clip,) = FilterbankExplorer.from_layer(layer, {"my tone": tone}).clips
    assert clip["name"] == "my tone"


def test_bank_cannot_be_learned_without_a_layer() -> None:
    with pytest.raises(traitlets.TraitError, match="bank can be 'learned' only where a layer is shown"):
        FilterbankExplorer().bank = "learned"


def test_layer_that_cannot_be_shown_is_refused() -> None:
    with pytest.raises(TypeError, match=r"from_layer shows a GammatoneSpectrogram.*, got LogMel"):
        FilterbankExplorer.from_layer(LogMel(1000.0))
    with pytest.raises(ValueError, match=r"one order for all filters, got \(2, 4\)"):
        FilterbankExplorer.from_layer(GammatoneSpectrogram(1000.0, 2, order=(2, 4)))


def test_misspelt_setting_is_refused() -> None:
    with pytest.raises(TypeError, match="n_filter"):
        FilterbankExplorer(n_filter=8)  # type: ignore[call-arg]


def test_own_sound_arrives_as_16_bit_samples() -> None:
    tone = np.sin(np.arange(4000, dtype=np.float32) / 5)
    explorer = FilterbankExplorer(0.25 * tone, 4000.0)
    assert explorer.f_max == 1600
    (clip,) = explorer.clips
    decoded = np.frombuffer(clip["samples"], "<i2") / 32767
    np.testing.assert_allclose(decoded, tone / np.abs(tone).max(), atol=2e-5)


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros(0, np.float32), "holds no samples"),
        (np.zeros(500, np.float32), "is silent"),
        (np.full(500, np.nan, np.float32), "NaN"),
        (np.sin(np.arange(20, dtype=np.float32)), r"my sound must last at least 0\.025 s, got 0\.02 s"),
    ],
)
def test_sound_that_cannot_be_heard_is_refused(waveform: np.ndarray, message: str) -> None:
    with pytest.raises(RecordingError, match=message):
        FilterbankExplorer({"my sound": waveform}, 1000.0)


def test_default_hearts_are_small_and_always_the_same() -> None:
    first, second = FilterbankExplorer(), FilterbankExplorer()
    assert first.clips == second.clips
    assert sum(len(clip["samples"]) for clip in first.clips) < 15_000
