"""An epoch shows every class of every subset equally often, and the same for the same seed."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from spectnet.experiment import load_experiment
from spectnet.recordings import HeartStates, Recording
from spectnet.sampling import BalancedSampler, balanced_weights
from spectnet.segments import Preprocessing, SegmentDataset

CONFIGS = Path(__file__).parents[1] / "configs"


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


def test_every_cell_has_the_same_share_and_so_has_every_recording_in_it(dataset):
    assert balanced_weights(dataset).tolist() == pytest.approx([1 / 6, 1 / 6, 1 / 3, 1 / 3])


@pytest.mark.parametrize("exponent", [0.5, 1.0])
def test_a_subset_counts_by_its_size_to_a_power_and_its_classes_stay_alike(exponent):
    recordings = [recording(f"a{n}", n % 4 == 0, "a", 2.0) for n in range(16)]
    recordings += [recording(f"b{n}", n % 2, "b", 2.0) for n in range(4)]
    weights = balanced_weights(SegmentDataset(recordings, Preprocessing(), segment_s=1.0), exponent)
    abnormal = torch.tensor([bool(r.label) for r in recordings])
    large = torch.tensor([r.subset == "a" for r in recordings])
    assert float(weights.sum()) == pytest.approx(1)
    assert float(weights[large].sum() / weights[~large].sum()) == pytest.approx(4**exponent)
    for subset in (large, ~large):
        assert float(weights[subset & abnormal].sum()) == pytest.approx(
            float(weights[subset & ~abnormal].sum())
        )


def test_places_with_unequal_locations_are_drawn_alike_by_the_config_of_tut2016():
    """Six recordings of each place: at one location, at two, and at six."""
    locations = {0: "aaaaaa", 1: "bbbbbc", 2: "defghi"}
    recordings = [
        recording(f"{where}{n}", label, where, 2.0)
        for label, places in locations.items()
        for n, where in enumerate(places)
    ]
    dataset = SegmentDataset(recordings, Preprocessing(), segment_s=1.0)
    labels = torch.tensor([r.label for r in recordings])

    def shares(name: str) -> list[float]:
        exponent = load_experiment(CONFIGS / f"{name}.toml").training.subset_exponent
        return [float(balanced_weights(dataset, exponent)[labels == label].sum()) for label in locations]

    assert shares("tut2016-static-46") == pytest.approx([1 / 3] * 3)
    assert shares("esc10-static-46") == pytest.approx([1 / 9, 2 / 9, 6 / 9]), "where each counts alike"


def test_segments_of_one_recording_are_drawn_alike_and_all_of_them(dataset):
    drawn = Counter(BalancedSampler(dataset, 9000, torch.Generator().manual_seed(0)))
    long = [drawn[item] for item in range(9)]  # nine segments share a sixth of the draws
    # Four standard deviations of a binomial count.
    assert min(long) > 9000 / 54 - 4 * (9000 / 54) ** 0.5
    assert max(long) < 9000 / 54 + 4 * (9000 / 54) ** 0.5
    assert set(drawn) == set(range(len(dataset)))


def test_a_recording_without_a_segment_takes_no_share():
    recordings = [recording("x", 0, "a", 4.0, beats=4), recording("none", 0, "a", 4.0, beats=1)]
    dataset = SegmentDataset(recordings, Preprocessing(), segment_s=1.0, cut="beats")
    assert balanced_weights(dataset).tolist() == [1.0, 0.0]
    assert set(BalancedSampler(dataset, 50, torch.Generator().manual_seed(0))) == {0, 1, 2}


def test_crops_begin_at_any_sample_where_the_hop_is_none():
    """More segments than a table of weights would have room for: 20 million."""
    samples = np.random.default_rng(0).standard_normal(2**21).astype(np.float32)
    recordings = [Recording(str(n), n % 2, "a", samples=samples, sample_rate=1000) for n in range(10)]
    dataset = SegmentDataset(recordings, Preprocessing(despike=False), segment_s=1.0, hop_s=0)
    assert len(dataset) == 10 * (2**21 - 999) > 2**24
    items = list(BalancedSampler(dataset, 400, torch.Generator().manual_seed(0)))
    segments, labels, owners = dataset.gather(items)
    starts = np.array(items) - owners.numpy() * (2**21 - 999)
    assert len({int(start) % 10 for start in starts}) == 10
    for row in range(0, 400, 50):
        whole = dataset.waveform(int(owners[row]))
        np.testing.assert_array_equal(segments[row].numpy(), whole[starts[row] : starts[row] + 1000])
    assert labels.tolist() == [int(owner) % 2 for owner in owners]


def test_the_sampler_draws_by_these_weights(dataset):
    sampler = BalancedSampler(dataset, 6000, torch.Generator().manual_seed(0))
    drawn = Counter(dataset.recording_index[i] for i in sampler)
    assert sum(drawn.values()) == 6000
    for number, share in enumerate([1 / 6, 1 / 6, 1 / 3, 1 / 3]):
        # Four standard deviations of a binomial share.
        assert drawn[number] / 6000 == pytest.approx(share, abs=4 * (share * (1 - share) / 6000) ** 0.5)


def test_a_seed_draws_the_same_segments_again(dataset):
    def draw(seed: int) -> list[int]:
        return list(BalancedSampler(dataset, 50, torch.Generator().manual_seed(seed)))

    assert draw(0) == draw(0) != draw(1)
