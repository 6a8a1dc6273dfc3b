"""The planted band is the only difference between the classes, and the record says what became of it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from spectnet.gammatone import frequency_response
from spectnet.planted import ARMS, PlantedBand, Run, draw_clips, gain_interval, gains, run, summary
from spectnet.planted.runs import BandDetector

RESULT = Path(__file__).resolve().parents[1] / "results" / "planted-band.json"
SMALL = PlantedBand(n_steps=120, n_test=400)


@pytest.fixture(scope="module")
def learned() -> Run:
    return run(SMALL, "learned", 1, 0)


# The task.


def test_classes_differ_only_inside_the_band(generator):
    settings = PlantedBand(level_spread_db=0.0)
    planted = settings.bands[2]
    waveform, labels = draw_clips(8000, planted, settings, generator)
    frequency = torch.fft.rfftfreq(waveform.shape[-1], 1 / settings.sample_rate)
    inside = (frequency - planted).abs() <= settings.band_width / 2
    assert inside.sum() == round(settings.band_width * settings.clip_s)
    power = torch.fft.rfft(waveform).abs().square()
    power = power / power[:, ~inside].mean(-1, keepdim=True)  # relative to the rest of the clip
    ratio_db = 10 * torch.log10(power[labels == 1].mean(0) / power[labels == 0].mean(0))
    # Each bin is the mean of 4000 exponential variables: 0.1 dB of standard error, five of them allowed
    # (seven at 0 Hz and Nyquist, where the power has twice the variance).
    assert (ratio_db[inside] - settings.band_gain_db).abs().max() < 0.5
    assert ratio_db[~inside][1:-1].abs().max() < 0.5
    assert ratio_db[~inside].abs().max() < 0.7
    assert ratio_db[~inside].mean().abs() < 0.03


def test_power_tells_nothing_of_the_class():
    """The very noise gets the very power, whether its band is raised or not."""
    powers = []
    for gain_db in (0.0, 5.0):
        settings = PlantedBand(band_gain_db=gain_db)
        waveform, labels = draw_clips(64, settings.bands[0], settings, torch.Generator().manual_seed(3))
        powers.append(waveform.square().mean(-1))
    assert labels.tolist() == [0, 1] * 32
    torch.testing.assert_close(powers[0], powers[1], rtol=1e-5, atol=0)
    assert powers[0].log10().mul(10).std() == pytest.approx(settings.level_spread_db, rel=0.3)


@pytest.mark.parametrize("band_seed", range(20))
def test_no_filter_of_the_bank_holds_the_band(band_seed):
    settings = PlantedBand(band_seed=band_seed)
    bandwidths = torch.full_like(settings.bank, settings.bandwidth)
    assert len(settings.bands) == settings.n_filters - 1
    for planted in settings.bands:
        band = planted + torch.linspace(-0.5, 0.5, 41, dtype=torch.float64) * settings.band_width
        response = frequency_response(settings.bank, bandwidths, band, sample_rate=settings.sample_rate)
        assert response.abs().square().max() < 0.5


def test_each_gap_has_its_band_and_seeds_move_them():
    settings, other = PlantedBand(), PlantedBand(band_seed=1)
    for below, planted, above in zip(settings.bank[:-1], settings.bands, settings.bank[1:], strict=True):
        assert 0.4 <= (planted - below) / (above - below) <= 0.6
    assert settings.bands == PlantedBand().bands
    assert not set(settings.bands) & set(other.bands)


# One run.


def test_a_run_repeats_itself_and_another_seed_does_not(learned):
    short = PlantedBand(n_steps=3, n_test=50)
    first, again, other = (run(short, "learned", 0, seed) for seed in (0, 0, 1))
    assert first.model_copy(update={"seconds": 0}) == again.model_copy(update={"seconds": 0})
    assert first.center_frequencies[0] == other.center_frequencies[0]
    assert first.center_frequencies[-1] != other.center_frequencies[-1]


def test_training_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    run(PlantedBand(n_steps=1, n_test=2), "static", 0, 0)
    assert torch.rand(1) == expected


@pytest.mark.parametrize("name", ARMS)
def test_twins_start_alike_and_one_stands_still(name):
    arm, twin = ARMS[name], ARMS[ARMS[name].twin]
    assert arm.model_copy(update={"learnable": False, "parametrisation": "scale"}) == twin
    models = []
    for settings in (arm, twin):
        torch.manual_seed(0)
        models.append(BandDetector(PlantedBand(), settings))
    torch.testing.assert_close(models[0].decision.state_dict(), models[1].decision.state_dict())
    torch.testing.assert_close(
        models[0].frontend.center_frequencies, models[1].frontend.center_frequencies, rtol=1e-6, atol=0
    )
    assert not [p for p in models[1].frontend.parameters() if p.requires_grad]


def test_a_filter_goes_to_the_band_and_narrows(learned):
    assert learned.steps == (0, 20, 40, 60, 80, 100, 120)
    assert learned.distances[0] > 30
    assert learned.distance_ratio < 0.25
    assert learned.nearest_bandwidth < SMALL.bandwidth


def test_a_static_filter_does_not(learned):
    static = run(SMALL, "static", 1, 0)
    assert static.center_frequencies[0] == static.center_frequencies[-1] == learned.center_frequencies[0]
    assert learned.accuracy > static.accuracy + 0.1


def test_raw_hertz_under_the_papers_optimiser_hardly_move():
    raw = run(SMALL, "raw_hertz", 1, 0)
    assert 0 < raw.largest_move < 0.1


@pytest.mark.parametrize(("name", "band"), [("leraned", 0), ("learned", 5), ("learned", -1)])
def test_unknown_arms_and_bands_are_refused(name, band):
    with pytest.raises(ValueError, match=r"must be one of learned, .* and 0 to 4, got"):
        run(SMALL, name, band, 0)


# The interval.


def test_interval_holds_a_sure_gain_and_doubts_a_scattered_one():
    assert gain_interval(np.full((5, 4), 0.1)) == pytest.approx((0.1, 0.1))
    low, high = gain_interval(np.random.default_rng(0).normal(0, 1, (5, 4)))
    assert low < 0 < high


def test_interval_counts_bands_not_runs():
    """Many seeds cannot make up for few bands, where it is the bands that differ."""
    by_band = np.repeat([[0.0], [1.0], [0.0], [1.0]], 50, axis=1)
    low, high = gain_interval(by_band)
    assert (low, high) == pytest.approx((0.0, 1.0))


# The record.


@pytest.fixture(scope="module")
def record() -> dict:
    return json.loads(RESULT.read_text())


@pytest.fixture(scope="module")
def runs(record) -> list[Run]:
    return [Run.model_validate(row) for row in record["runs"]]


def test_record_holds_every_run_once(record, runs):
    settings = PlantedBand.model_validate(record["config"])
    wanted = {(n, b, s) for n in ARMS for b in range(settings.n_filters - 1) for s in range(settings.n_seeds)}
    assert len(runs) == len(wanted)
    assert {(r.arm, r.band, r.seed) for r in runs} == wanted
    assert settings == PlantedBand()
    assert record["arms"] == {name: arm.model_dump(mode="json") for name, arm in ARMS.items()}
    for r in runs:
        assert r.planted == pytest.approx(settings.bands[r.band])
        assert r.center_frequencies[0] == pytest.approx(settings.bank.tolist(), abs=1e-3)
        assert r.steps[-1] == settings.n_steps


def test_record_follows_from_its_runs(record, runs):
    assert record["summaries"] == {name: summary(runs, name) for name in ARMS}
    ratios = [r.distance_ratio for r in runs if r.arm == "learned"]
    assert record["median_distance_ratio"] == pytest.approx(np.median(ratios), abs=1e-5)
    assert record["accuracy_gain_interval"] == pytest.approx(gain_interval(gains(runs, "learned")), abs=1e-5)
    ratios = [r.distance_ratio for r in runs if r.arm == "raw_hertz"]
    assert record["raw_hertz_median_distance_ratio"] == pytest.approx(np.median(ratios), abs=1e-5)
    assert record["raw_hertz_accuracy_gain_interval"] == pytest.approx(
        gain_interval(gains(runs, "raw_hertz")), abs=1e-5
    )
    longer = [Run.model_validate(row) for row in record["long"]["runs"]]
    assert record["long"]["summaries"] == {
        name: summary(longer, name) for name in record["long"]["summaries"]
    }


def test_record_was_made_from_a_commit(record):
    assert record["commit"].isalnum()
    assert record["machine"]["threads"] == 1


def test_learned_filters_went_to_the_band_and_were_worth_it(record):
    assert record["median_distance_ratio"] <= 0.25
    assert record["accuracy_gain_interval"][0] > 0
    static, learned = (record["summaries"][name]["accuracy"] for name in ("static", "learned"))
    assert 0.5 < static < learned < 0.99  # neither at chance nor at the ceiling


def test_raw_hertz_stayed_where_they_were(record):
    assert record["raw_hertz_median_distance_ratio"] > 0.99
    assert record["raw_hertz_accuracy_gain_interval"][1] < record["accuracy_gain_interval"][0]
    assert record["long"]["summaries"]["raw_hertz"]["median_distance_ratio"] > 0.9
