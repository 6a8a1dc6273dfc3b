"""A set of synthetic hearts is balanced, and nothing but the heart gives its label away."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spectnet.recordings import HeartStates, Recording
from spectnet.synthesis import DEVICES, synthetic_hearts
from spectnet.synthesis.measure import BAND_CENTERS, long_term_spectrum, measure, rhythm

ROOT = Path(__file__).resolve().parents[1]
COMPARISON = ROOT / "results" / "synthesis-comparison.json"


@pytest.fixture(scope="module")
def hearts() -> list[Recording]:
    return synthetic_hearts(240, seed=0, duration_s=5.0)


def guessed(features: list[list[float]], labels: np.ndarray) -> float:
    """Area under the ROC curve of a linear classifier on some features, on recordings it has not seen."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    scores = cross_val_predict(model, np.array(features), labels, cv=5, method="predict_proba")[:, 1]
    return float(roc_auc_score(labels, scores))


def test_every_device_has_both_classes_alike(hearts):
    for device in DEVICES:
        labels = [heart.label for heart in hearts if heart.subset == device]
        assert len(labels) == 60
        assert sum(labels) == 30


@pytest.mark.parametrize("n", [1, 7, 30])
def test_small_sets_are_as_balanced_as_they_can_be(n):
    labels = [heart.label for heart in synthetic_hearts(n, duration_s=1.0)]
    assert len(labels) == n
    assert abs(2 * sum(labels) - n) <= 1


def test_neighbours_share_a_device_and_names_count_up(hearts):
    subsets = [heart.subset for heart in hearts]
    assert list(dict.fromkeys(subsets)) == list(DEVICES)
    assert sum(a != b for a, b in itertools.pairwise(subsets)) == len(DEVICES) - 1
    assert [heart.name for heart in hearts] == [f"syn{number:04d}" for number in range(1, 241)]


def test_loudness_rate_and_length_do_not_give_the_label_away(hearts):
    labels = np.array([heart.label for heart in hearts])
    cues = []
    for heart in hearts:
        waveform, sample_rate = heart.read()
        effective, peak = float(np.sqrt(np.mean(waveform**2))), float(np.abs(waveform).max())
        found = rhythm(heart.states)
        cues.append(
            [np.log(effective), np.log(peak), len(waveform), sample_rate, found["rate"], found["change_s"]]
        )
    # chance is 0.50, and 240 recordings give or take 0.04
    assert guessed(cues, labels) < 0.60
    settings = [heart.truth["settings"] for heart in hearts]
    drawn = [[s.heart_rate, s.level, s.room_db, s.breath_db, s.rub_db, s.rubs_per_minute] for s in settings]
    assert guessed(drawn, labels) < 0.60


def test_where_a_recording_stands_in_the_list_does_not_give_the_label_away(hearts):
    labels = np.array([heart.label for heart in hearts])
    place = np.arange(len(labels))
    assert guessed([[p % 2, p % 3, p] for p in place], labels) < 0.60


def test_the_sound_does_give_the_label_away(hearts):
    labels = np.array([heart.label for heart in hearts])
    devices = list(DEVICES)
    features = [
        [*long_term_spectrum(*heart.read())[::3], *np.eye(len(devices))[devices.index(heart.subset)]]
        for heart in hearts
    ]
    # not hopeless: even a linear classifier on the long-term spectrum does better than chance; and not
    # trivial: it does not do well, because it cannot tell a murmur from breath
    assert 0.65 < guessed(features, labels) < 0.95


def test_faults_cover_every_kind(hearts):
    murmurs = {heart.truth["murmur"] for heart in hearts if heart.label}
    assert {"ejection", "holosystolic", "early diastolic", "mid-diastolic", None} <= murmurs
    assert {heart.truth["murmur"] for heart in hearts if not heart.label} == {None, "innocent"}


def test_seed_gives_the_same_set_and_another_gives_another():
    first, again, other = (synthetic_hearts(4, seed=s, duration_s=2.0) for s in (5, 5, 6))
    assert [h.samples.tobytes() for h in first] == [h.samples.tobytes() for h in again]
    assert all(a.samples.tobytes() != b.samples.tobytes() for a, b in zip(first, other, strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n must be 1 or more, got 0"),
        ({"n": 3, "devices": ("trumpet",)}, "devices must be some of electronic, .*, got trumpet"),
        ({"n": 3, "devices": ()}, "devices must be some of electronic, .*, got none"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        synthetic_hearts(**arguments)


# Measures


def test_spectrum_of_a_tone_lies_in_its_band():
    time = np.arange(20000) / 2000
    spectrum = long_term_spectrum(np.sin(2 * np.pi * BAND_CENTERS[12] * time), 2000)  # 100 Hz
    assert spectrum.argmax() == 12
    assert spectrum.max() == pytest.approx(0, abs=0.1)


def test_rhythm_skips_what_the_annotators_could_not_read():
    cycle = ("S1", "systole", "S2", "diastole")
    names = cycle * 3 + ("noise",) + cycle * 3 + ("S1",)
    starts = np.concatenate([np.arange(12) * 0.25, [3.0], 5 + np.arange(13) * 0.25])
    found = rhythm(HeartStates(starts, names))
    assert found["rate"] == pytest.approx(60)
    assert found["systole_s"] == pytest.approx(0.5)
    assert found["change_s"] == pytest.approx(0)


def test_a_recording_without_beats_has_no_rhythm():
    with pytest.raises(ValueError, match="at least 3 whole beats, got 0"):
        rhythm(HeartStates(np.array([0.0]), ("S1",)))
    with pytest.raises(ValueError, match="bare has no states"):
        measure(Recording(name="bare", label=0, subset="x", samples=np.arange(2000) / 2000, sample_rate=2000))


def test_comparison_on_record_measures_the_synthesis_of_today():
    record = json.loads(COMPARISON.read_text())
    device = "contact"
    hearts = synthetic_hearts(record["n_synthetic"], seed=record["seed"], duration_s=record["synthetic_s"])
    rows = [measure(heart) for heart in hearts if heart.subset == device]
    # a hundredth of a dB and of a beat a minute: another machine may round the last bit otherwise
    spectrum = np.median([row["spectrum_db"] for row in rows], axis=0)
    np.testing.assert_allclose(spectrum, record["synthetic"][device]["spectrum_db"][1], atol=0.06)
    rate = np.median([row["rate"] for row in rows])
    assert rate == pytest.approx(record["synthetic"][device]["rate"][1], abs=0.01)


def test_synthetic_hearts_resemble_real_ones():
    record = json.loads(COMPARISON.read_text())
    assert record["synthetic_systole"]["slope"] == pytest.approx(record["real_systole"]["slope"], abs=0.03)
    for device, subset in {"electronic": "a", "contact": "b", "microphone": "e", "phone": "f"}.items():
        synthetic, real = record["synthetic"][device], record["real"][subset]
        below_400 = np.array(record["band_centers_hz"]) < 400
        difference = np.array(synthetic["spectrum_db"][1]) - np.array(real["spectrum_db"][1])
        assert np.abs(difference[below_400]).mean() < 4  # dB
        assert abs(synthetic["systole_s"][1] - real["systole_s"][1]) < 0.04  # annotators step by 0.02
        for state in ("systole", "S2", "diastole"):
            assert abs(synthetic["levels_db"][state][1] - real["levels_db"][state][1]) < 5  # dB
