"""An epoch shows every class of every subset equally often, and the same for the same seed."""

from collections import Counter

import numpy as np
import pytest
import torch

from spectnet.recordings import HeartStates, Recording
from spectnet.sampling import balanced_sampler, balanced_weights
from spectnet.segments import Preprocessing, SegmentDataset


def recording(name: str, label: int, subset: str, seconds: float, beats: int = 0) -> Recording:
    samples = np.random.default_rng(len(name)).standard_normal(round(1000 * seconds)).astype(np.float32)
    states = HeartStates(0.5 * np.arange(beats), ("S1",) * beats)
    return Recording(name, label, subset, samples=samples, sample_rate=1000, states=states)


@pytest.fixture
def dataset() -> SegmentDataset:
    """One subset lopsided in class and length, one with a single class."""
    recordings = [
        recording("long", 0, "a", 9.0),
        recording("short", 0, "a", 2.0),
        recording("ill", 1, "a", 3.0),
        recording("other", 1, "b", 5.0),
    ]
    return SegmentDataset(recordings, Preprocessing(), segment_s=1.0)


def shares(dataset: SegmentDataset, weights: torch.Tensor) -> list[float]:
    return np.bincount(dataset.recording_index, weights=weights.numpy()).tolist()


def test_every_cell_has_the_same_share_and_so_has_every_recording_in_it(dataset):
    weights = balanced_weights(dataset)
    assert weights.sum().item() == pytest.approx(1.0)
    assert shares(dataset, weights) == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 3])


def test_segments_of_one_recording_weigh_alike(dataset):
    weights = balanced_weights(dataset).numpy()
    for number in range(4):
        assert len(set(weights[dataset.recording_index == number].round(12))) == 1


def test_a_recording_without_a_segment_takes_no_share():
    recordings = [recording("x", 0, "a", 4.0, beats=4), recording("none", 0, "a", 4.0, beats=1)]
    dataset = SegmentDataset(recordings, Preprocessing(), segment_s=1.0, cut="beats")
    assert balanced_weights(dataset).tolist() == pytest.approx([1 / 3] * 3)


def test_the_sampler_draws_by_these_weights(dataset):
    sampler = balanced_sampler(dataset, 6000, torch.Generator().manual_seed(0))
    drawn = Counter(dataset.recording_index[i] for i in sampler)
    assert sum(drawn.values()) == 6000
    for number, share in enumerate([1 / 6, 1 / 6, 1 / 3, 1 / 3]):
        # Four standard deviations of a binomial share.
        assert drawn[number] / 6000 == pytest.approx(share, abs=4 * (share * (1 - share) / 6000) ** 0.5)


def test_a_seed_draws_the_same_segments_again(dataset):
    def draw(seed: int) -> list[int]:
        return list(balanced_sampler(dataset, 50, torch.Generator().manual_seed(seed)))

    assert draw(0) == draw(0) != draw(1)
