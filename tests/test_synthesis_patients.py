"""One patient's recordings share the heart and the device, and nothing else is said twice."""

import itertools

import numpy as np
import pytest

from spectnet.recordings import Recording
from spectnet.synthesis import synthesize, synthetic_patients
from spectnet.synthesis.cohort import POSITION_DB
from spectnet.synthesis.measure import long_term_spectrum

SHARED = ("device", "murmur", "split_out_s", "split_in_s", "s3_db", "s4_db", "level", "duration_s")


@pytest.fixture(scope="module")
def visits() -> list[list[Recording]]:
    recordings = synthetic_patients(20, 3, seed=0, duration_s=4.0)
    groups = itertools.groupby(recordings, key=lambda recording: recording.truth["patient"])
    return [list(group) for _, group in groups]


def test_recordings_of_one_patient_follow_each_other(visits):
    assert [len(visit) for visit in visits] == [3] * 20
    names = [recording.name for visit in visits for recording in visit]
    assert names == [f"syn{number:04d}" for number in range(1, 61)]


def test_a_patient_keeps_label_device_and_fault(visits):
    for visit in visits:
        settings = [recording.truth["settings"] for recording in visit]
        assert len({(recording.label, recording.subset) for recording in visit}) == 1
        assert all(len({getattr(s, name) for s in settings}) == 1 for name in SHARED)
        assert len({s.room_db for s in settings}) == len({s.heart_rate for s in settings}) == 3


def test_both_classes_come_on_every_device(visits):
    cells = {(visit[0].subset, visit[0].label) for visit in visits}
    assert len(cells) == 8


def test_positions_change_levels_by_what_is_said(visits):
    for name, spread in POSITION_DB.items():
        levels = [[getattr(r.truth["settings"], name) for r in visit] for visit in visits]
        found = np.sqrt(np.var(levels, axis=1, ddof=1).mean())
        assert found == pytest.approx(spread, rel=0.45)  # 40 degrees of freedom: four standard errors


def test_a_patients_voice_is_heard_again(visits):
    """Quiet rooms and one device: what is left of the spectrum is the heart, and it is the patient's own."""
    quiet = {"device": "electronic", "room_db": -60, "breath_db": -60, "murmur": None, "rubs_per_minute": 0}
    spectra = [
        [
            long_term_spectrum(
                *synthesize(
                    r.truth["settings"].model_copy(update=quiet), i, patient=r.truth["patient"]
                ).read()
            )
            for i, r in enumerate(visit[:2])
        ]
        for visit in visits
    ]
    first, second = np.moveaxis(np.array(spectra), 1, 0)  # (patients, bands) each
    distance = np.abs(first[:, None] - second).mean(axis=-1)
    assert np.mean(distance.argmin(axis=1) == np.arange(len(visits))) > 0.8


def test_a_seed_makes_the_same_patients_again():
    first, again, other = (synthetic_patients(2, 2, seed=seed, duration_s=1.0) for seed in (0, 0, 1))
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one.samples, same.samples)
        assert not np.array_equal(one.samples, different.samples)
