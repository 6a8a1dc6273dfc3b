"""Synthetic places differ by what happens in them, locations by their colour, and their truth is true."""

from collections import Counter

import numpy as np
import pytest
import scipy.signal
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectnet import splits
from spectnet.recordings import Recording
from spectnet.synthesis import SCENE_CLASSES, synthetic_scenes, textures

N_PLACES = len(SCENE_CLASSES)
EDGES = np.geomspace(50, 16000, 25)  # of bands, in Hz


@pytest.fixture(scope="module")
def scenes() -> list[Recording]:
    """Three clips of each of five locations of each place."""
    return synthetic_scenes(15 * N_PLACES, seed=0)


@pytest.fixture(scope="module")
def spectrograms(scenes) -> np.ndarray:
    """Level in dB in 24 bands, four times a second, so that events are seen: (clips, bands, frames)."""
    return np.stack([bands_db(clip) for clip in scenes])


def bands_db(clip: Recording) -> np.ndarray:
    waveform, sample_rate = clip.read()
    frequencies, _, power = scipy.signal.spectrogram(waveform, sample_rate, nperseg=2048, noverlap=0)
    number = np.digitize(frequencies, EDGES)
    rows = [power[number == k].sum(axis=0) for k in range(1, len(EDGES))]
    return 10 * np.log10(np.stack(rows) + 1e-15)


def test_same_seed_gives_the_same_sound_and_another_seed_another():
    first, again, other = (synthetic_scenes(N_PLACES, seed) for seed in (1, 1, 2))
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one.samples, same.samples)
        assert not np.array_equal(one.samples, different.samples)


def test_a_clip_does_not_depend_on_how_many_follow():
    few, many = synthetic_scenes(3, seed=1), synthetic_scenes(N_PLACES, seed=1)
    for one, same in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.samples, same.samples)


def test_places_and_their_locations_take_turns(scenes):
    assert N_PLACES >= 6
    assert [clip.name for clip in scenes[:2]] == ["scene0001", "scene0002"]
    assert Counter(clip.label for clip in scenes) == dict.fromkeys(range(N_PLACES), 15)
    assert set(Counter(clip.subset for clip in scenes).values()) == {3}
    for clip in scenes:
        assert clip.subset == f"{SCENE_CLASSES[clip.label]}-{clip.truth['location']}"
        assert clip.truth["place"] == SCENE_CLASSES[clip.label]


def test_clips_are_three_seconds_at_44100_hz_finite_and_not_clipped(scenes):
    for clip in scenes:
        waveform, sample_rate = clip.read()
        assert (sample_rate, len(waveform)) == (44100, 3 * 44100)
        assert waveform.dtype == np.float32
        assert np.isfinite(waveform).all()
        assert np.abs(waveform).max() <= 0.991


def level_db(clip: Recording) -> float:
    return 20 * np.log10(np.sqrt(np.mean(np.asarray(clip.samples, dtype=np.float64) ** 2)))


def test_levels_overlap_so_far_that_they_name_no_place(scenes):
    levels = np.array([level_db(clip) for clip in scenes]).reshape(-1, N_PLACES)  # (turns, places)
    assert levels.min() > -45
    assert levels.max() < -10
    assert levels.min(axis=0).max() < levels.max(axis=0).min() - 8, "all places share 8 dB and more"
    assert np.ptp(levels.mean(axis=0)) < 0.5 * levels.std(), "and differ little on average"


def test_places_differ_by_more_than_chance_would_have_it(spectrograms, scenes):
    spectra = spectrograms.mean(axis=2) - spectrograms.mean(axis=(1, 2))[:, None]
    labels = np.array([clip.label for clip in scenes])
    means = np.stack([spectra[labels == k].mean(axis=0) for k in range(N_PLACES)])
    between = np.sqrt(((means[:, None] - means) ** 2).mean(axis=-1))[np.triu_indices(N_PLACES, 1)]
    assert between.min() > 1.0, "dB over 24 bands, even between the two most alike"


def test_locations_of_one_place_differ_more_than_their_clips(spectrograms, scenes):
    spectra = spectrograms.mean(axis=2) - spectrograms.mean(axis=(1, 2))[:, None]
    for place in SCENE_CLASSES:
        groups = [spectra[[clip.subset == f"{place}-{number}" for clip in scenes]] for number in range(1, 6)]
        within = np.mean([group.std(axis=0).mean() for group in groups])
        between = np.std([group.mean(axis=0) for group in groups], axis=0).mean()
        assert between > within, place


def test_locations_keep_their_measures_and_clips_their_own_events(scenes):
    clips = [clip for clip in scenes if clip.subset == "park-2"]
    for name in ("birds_from_hz", "birds_a_second", "tilt_db_an_octave", "level_db"):
        assert len({clip.truth[name] for clip in clips}) == 1
    assert len({tuple(clip.truth["birds"]) for clip in clips}) > 1


def accuracy(scenes: list[Recording], features: np.ndarray, folds: list) -> float:
    """Share of clips that a plain classifier names rightly when it has not heard them."""
    labels, place = np.array([clip.label for clip in scenes]), {c.name: i for i, c in enumerate(scenes)}
    right = 0
    for fold in folds:
        train, test = ([place[name] for name in side] for side in (fold.train, fold.test))
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))
        right += (model.fit(features[train], labels[train]).predict(features[test]) == labels[test]).sum()
    return right / len(scenes)


def test_a_plain_classifier_is_above_chance_and_far_from_perfect_at_other_locations(scenes, spectrograms):
    means = spectrograms.mean(axis=2) - spectrograms.mean(axis=(1, 2))[:, None]
    features = np.hstack([means, spectrograms.std(axis=2)])
    elsewhere = accuracy(scenes, features, splits.location_folds(scenes))
    assert 0.4 < elsewhere < 0.9, "chance is 1 in 8"
    known = accuracy(scenes, features, splits.stratified_folds(scenes, n_folds=3))
    assert known > elsewhere + 0.1, "where it knows the locations, it is better: the trap of a torn location"


def test_birds_are_heard_when_the_truth_says_so():
    clip = next(
        c
        for c in synthetic_scenes(15 * N_PLACES, seed=3, duration_s=1.0)
        if len(c.truth.get("birds", ())) == 1
    )
    waveform, rate = clip.read()
    low = clip.truth["birds_from_hz"]
    band = scipy.signal.butter(4, [low, 1.9 * low], btype="bandpass", fs=rate, output="sos")
    power = scipy.signal.sosfilt(band, waveform.astype(float)) ** 2
    start = round(clip.truth["birds"][0] * rate)
    assert power[start : start + rate // 5].mean() > 1.2 * np.median(
        power[:start] if start > rate // 4 else power
    )


def test_train_knocks_two_axles_at_a_time():
    clip = synthetic_scenes(N_PLACES, seed=5)[SCENE_CLASSES.index("train")]
    gaps, every = np.diff(clip.truth["joints"]), clip.truth["joints_every_s"]
    assert set(np.round(gaps / every, 2)) <= {0.18, 0.82}


@pytest.mark.parametrize("tilt", [3.0, 6.0])
def test_tilted_noise_falls_as_it_is_told(tilt: float):
    noise = textures.tilted_noise(tilt, 10 * 44100, 44100, np.random.default_rng(0))
    frequencies, power = scipy.signal.welch(noise, 44100, nperseg=4096)
    inside = (frequencies > 200) & (frequencies < 10000)
    slope = np.polyfit(np.log2(frequencies[inside]), 10 * np.log10(power[inside]), 1)[0]
    assert slope == pytest.approx(-tilt, abs=0.1)  # dB; ten seconds average 200 spectra


def test_swell_wanders_by_the_depth_that_it_is_given():
    gain = textures.swell(2.0, 4.0, 200 * 8000, 8000, np.random.default_rng(0))
    assert (20 * np.log10(gain)).std() == pytest.approx(4.0, rel=0.15)  # 400 swells or so


def test_pulses_come_once_a_period():
    pitch = np.full(44100, 110.0, dtype=np.float32)
    train = textures.pulses(pitch, 44100, np.random.default_rng(0))
    assert (train > 0.5).sum() == pytest.approx(110, abs=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "n must be 1 or more, got 0"),
        ({"n_locations": 0}, "n_locations must be 1 or more, got 0"),
        ({"duration_s": 0.1}, r"duration_s must be 0\.5 or more, got 0\.1"),
        ({"sample_rate": 8000}, "sample_rate must be 16000 or more, got 8000"),
    ],
)
def test_what_cannot_be_made_is_refused(change: dict, message: str):
    with pytest.raises(ValueError, match=message):
        synthetic_scenes(**{"n": 8, **change})
