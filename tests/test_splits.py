"""No recording stands on both sides, and each split separates what it promises to separate."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from spectnet import splits
from spectnet.recordings import Recording
from spectnet.splits import Split

# Shares of the real set at about a fifth of its size, rare cells (normals of c and d) included.
COUNTS = {"a": (23, 58), "b": (77, 21), "c": (2, 5), "d": (3, 6), "e": (392, 37), "f": (16, 7)}


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    """Recordings with labels in random order, as PhysioNet numbered its own."""
    rng, out = np.random.default_rng(0), []
    for subset, (n_normal, n_abnormal) in COUNTS.items():
        labels = rng.permutation([0] * n_normal + [1] * n_abnormal)
        out += [Recording(f"{subset}{i:04d}", int(label), subset) for i, label in enumerate(labels, start=1)]
    return out


FAMILIES = [splits.stratified_folds, splits.block_folds, splits.leave_one_subset_out]


@pytest.mark.parametrize("family", FAMILIES)
def test_folds_share_no_recording_and_test_each_once(recordings, family):
    folds = family(recordings)
    everyone = {r.name for r in recordings}
    assert all(set(fold.train).isdisjoint(fold.test) for fold in folds)
    assert all(set(fold.train) | set(fold.test) == everyone for fold in folds)
    assert Counter(name for fold in folds for name in fold.test) == Counter(everyone)


def test_stratified_folds_share_out_every_class_of_every_subset(recordings):
    cell = {r.name: (r.subset, r.label) for r in recordings}
    size = Counter(cell.values())
    for fold in splits.stratified_folds(recordings, n_folds=5):
        got = Counter(cell[name] for name in fold.test)
        assert all(abs(got[c] - n / 5) <= 1 for c, n in size.items() if n >= 5)


def test_class_too_rare_for_its_subset_is_still_balanced(recordings):
    label = {r.name: r.label for r in recordings}
    shares = [np.mean([label[n] for n in fold.test]) for fold in splits.stratified_folds(recordings)]
    np.testing.assert_allclose(shares, np.mean(list(label.values())), atol=0.01)  # about one recording a fold


def test_blocks_hold_neighbouring_names_of_one_subset_together(recordings):
    blocks = splits.neighbour_blocks(recordings, block_size=10)
    for block in np.unique(blocks):
        members = [recordings[i] for i in np.flatnonzero(blocks == block)]
        numbers = sorted(int(r.name[1:]) for r in members)
        assert len({r.subset for r in members}) == 1
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert len(members) <= 10
    sizes = Counter(blocks.tolist())
    assert sum(n < 10 for n in sizes.values()) <= len(COUNTS), "only the last block of a subset is short"


def test_blocks_do_not_depend_on_the_order_of_the_list(recordings):
    blocks = splits.neighbour_blocks(recordings)
    np.testing.assert_array_equal(splits.neighbour_blocks(recordings[::-1]), blocks[::-1])


def test_block_folds_tear_no_block_apart(recordings):
    block = dict(zip((r.name for r in recordings), splits.neighbour_blocks(recordings), strict=True))
    for fold in splits.block_folds(recordings):
        assert {block[n] for n in fold.train}.isdisjoint({block[n] for n in fold.test})


def test_block_folds_keep_the_share_of_each_class(recordings):
    label = {r.name: r.label for r in recordings}
    shares = [np.mean([label[n] for n in fold.test]) for fold in splits.block_folds(recordings)]
    np.testing.assert_allclose(
        shares, np.mean(list(label.values())), atol=0.05
    )  # half a block of 130 recordings


def test_subset_that_is_left_out_does_not_train(recordings):
    folds = splits.leave_one_subset_out(recordings)
    assert [fold.name for fold in folds] == [f"leave-out-{subset}" for subset in "abcdef"]
    for fold in folds:
        assert {name[0] for name in fold.test} == {fold.name[-1]}
        assert fold.name[-1] not in {name[0] for name in fold.train}


@pytest.mark.parametrize("family", [splits.stratified_folds, splits.block_folds])
def test_seed_settles_the_folds(recordings, family):
    assert family(recordings, seed=3) == family(recordings, seed=3)
    assert family(recordings, seed=3) != family(recordings, seed=4)


def test_inner_split_is_disjoint_balanced_and_a_fifth(recordings):
    inner = splits.inner_split(recordings)
    label = {r.name: r.label for r in recordings}
    assert set(inner.train).isdisjoint(inner.test)
    assert len(inner.train) + len(inner.test) == len(recordings)
    assert len(inner.test) / len(recordings) == pytest.approx(1 / 5, abs=0.02)  # blocks are not divisible
    share = np.mean(list(label.values()))
    assert np.mean([label[n] for n in inner.test]) == pytest.approx(share, abs=0.05)
    assert {name[0] for name in inner.test} >= {"a", "b", "e"}


def test_inner_split_stays_within_the_training_side(recordings):
    outer = splits.leave_one_subset_out(recordings)[0]
    train, _ = outer.apply(recordings)
    inner = splits.inner_split(train)
    assert set(inner.train) | set(inner.test) == set(outer.train)


def test_balancing_weights_let_both_classes_of_a_subset_count_alike(recordings):
    only_normal = [Recording(f"g{i}", 0, "g") for i in range(3)]
    weights = splits.balancing_weights([*recordings, *only_normal])
    total: Counter = Counter()
    for recording, weight in zip([*recordings, *only_normal], weights, strict=True):
        total[recording.subset, recording.label] += weight
    for subset, counts in COUNTS.items():
        assert total[subset, 0] == pytest.approx(min(counts))
        assert total[subset, 1] == pytest.approx(min(counts))
    assert total["g", 0] == 0, "a subset with one class says nothing about disease"


def test_split_refuses_a_shared_recording():
    with pytest.raises(ValueError, match="mine: 1 recordings both train and test, such as a2"):
        Split("mine", ("a1", "a2"), ("a2", "a3"))


@pytest.mark.parametrize(("train", "test"), [((), ("a1",)), (("a1",), ())])
def test_split_refuses_an_empty_side(train, test):
    with pytest.raises(
        ValueError, match=f"mine has {len(train)} recordings to train and {len(test)} to test"
    ):
        Split("mine", train, test)


def test_split_gives_its_recordings_in_its_own_order():
    known = [Recording(name, 0, "a") for name in ("a1", "a2", "a3")]
    train, test = Split("mine", ("a3", "a1"), ("a2",)).apply(known)
    assert [r.name for r in train] == ["a3", "a1"]
    assert [r.name for r in test] == ["a2"]


def test_split_names_what_is_missing_from_the_data():
    with pytest.raises(ValueError, match="mine needs 2 recordings that are missing, such as a2; apply it"):
        Split("mine", ("a1", "a2"), ("a3",)).apply([Recording("a1", 0, "a")])


# The paper's lists, which come with the project


def names(file: str) -> list[str]:
    return (splits.PAPER_LISTS / file).read_text().split()


def test_paper_fold_0_has_2856_to_train_and_297_to_test():
    fold = splits.paper_fold(0)
    assert fold.name == "paper-fold-0"
    assert (len(fold.train), len(fold.test)) == (2856, 297)
    assert Counter(name[0] for name in fold.test) == {"a": 80, "b": 98, "c": 7, "d": 10, "e": 102}


@pytest.mark.parametrize("k", range(4))
def test_paper_folds_train_on_no_validation_and_no_removed_recording(k: int):
    fold = splits.paper_fold(k)
    removed = set(names("removed-e.txt"))
    assert len(removed) == 87
    assert set(fold.train).isdisjoint(names(f"validation{k}.txt"))
    assert removed.isdisjoint(fold.train)
    assert removed.isdisjoint(fold.test)
    assert len(set(fold.train)) == len(fold.train)
    assert len(set(fold.test)) == len(fold.test)
    if k:
        assert (len(fold.train), len(fold.test)) == (2811, 342)


def test_paper_lists_are_no_cross_validation():
    validated = [set(names(f"validation{k}.txt")) for k in range(4)]
    assert len(set.union(*validated)) == sum(map(len, validated)) == 1327, "of 3240, each at most once"
    assert set(splits.paper_fold(0).test) <= set(splits.paper_fold(1).train)


@pytest.mark.parametrize("k", [-1, 4])
def test_paper_has_no_other_fold(k: int):
    with pytest.raises(ValueError, match=f"fold must be 0 to 3, got {k}"):
        splits.paper_fold(k)


def test_missing_list_is_named(tmp_path: Path):
    with pytest.raises(
        ValueError, match=r"removed-e\.txt does not exist; the paper's lists come with the project"
    ):
        splits.paper_fold(0, tmp_path)


@pytest.mark.parametrize("name", ["paper-fold-0", "paper-fold-3", "stratified-0", "blocks-4", "leave-out-f"])
def test_split_is_found_by_its_name(recordings, name: str):
    assert splits.named_split(name, recordings).name == name


@pytest.mark.parametrize(
    "name", ["paper-fold-", "paper-fold-01", "paper-fold-4", "blocks-5", "leave-out-g", "fold", ""]
)
def test_unknown_name_lists_the_known_ones(recordings, name: str):
    with pytest.raises(
        ValueError, match=f"split must be paper-fold-0 to -3, .*leave-out-<subset>, got '{name}'"
    ):
        splits.named_split(name, recordings)


# Scenes: a subset is a fold that the set came with, or a location


@pytest.fixture(scope="module")
def clips() -> list[Recording]:
    """ESC-10's cells: eight clips of each of ten classes in each of five folds."""
    return [
        Recording(f"{fold}-{label}{i:02}-A", label, fold)
        for fold in "12345"
        for label in range(10)
        for i in range(8)
    ]


@pytest.fixture(scope="module")
def places() -> list[Recording]:
    """Segments of scenes: thirteen locations of each of five classes, three to seven segments each."""
    rng = np.random.default_rng(0)
    return [
        Recording(f"{label}{location:02}_{i}", label, f"{label}{location:02}")
        for label in range(5)
        for location in range(13)
        for i in range(rng.integers(3, 8))
    ]


def test_a_fold_of_esc10_tests_its_own_clips_and_no_other(clips):
    for k in range(1, 6):
        split = splits.named_split(f"esc10-fold-{k}", clips)
        train, test = split.apply(clips)
        assert split.name == f"esc10-fold-{k}"
        assert {r.subset for r in test} == {str(k)}
        assert {r.subset for r in train} == set("12345") - {str(k)}
        assert len(test) == 80


@pytest.mark.parametrize("k", range(5))
def test_locations_stand_on_one_side_and_classes_on_both(places, k: int):
    train, test = splits.named_split(f"locations-{k}", places).apply(places)
    assert {r.subset for r in train}.isdisjoint({r.subset for r in test})
    shares = Counter(r.label for r in test)
    assert set(shares) == set(range(5))
    for label, n in shares.items():  # a fold holds 2 or 3 of a class's 13 locations
        assert n / sum(r.label == label for r in places) == pytest.approx(1 / 5, abs=0.1)


def test_locations_are_tested_once_each(places):
    folds = splits.location_folds(places)
    assert Counter(name for fold in folds for name in fold.test) == Counter(r.name for r in places)


def test_inner_split_by_whole_subsets_tears_none(clips, places):
    train, _ = splits.named_split("esc10-fold-2", clips).apply(clips)
    for recordings, n_folds in ((train, 4), (places, 5)):
        for fold in range(n_folds):
            split = splits.inner_split(recordings, n_folds, fold=fold, whole_subsets=True)
            learning, validating = split.apply(recordings)
            assert split.name == "inner"
            assert {r.subset for r in learning}.isdisjoint({r.subset for r in validating})
            assert {r.label for r in validating} == {r.label for r in recordings}
            assert len(validating) / len(recordings) == pytest.approx(1 / n_folds, abs=0.05)


def test_inner_parts_of_esc10_are_its_other_folds_each_once(clips):
    train, _ = splits.named_split("esc10-fold-2", clips).apply(clips)
    parts = [splits.inner_split(train, 4, fold=k, whole_subsets=True).apply(train)[1] for k in range(4)]
    assert sorted("".join({r.subset for r in part}) for part in parts) == ["1", "3", "4", "5"]


def test_inner_split_without_being_asked_goes_by_blocks_as_ever(recordings):
    assert splits.inner_split(recordings, fold=1).test == splits.block_folds(recordings)[1].test


def test_more_parts_than_subsets_are_refused(clips):
    train, _ = splits.named_split("esc10-fold-1", clips).apply(clips)
    with pytest.raises(ValueError, match=r"4 subsets cannot be divided into 5 parts.*at most 4 parts"):
        splits.inner_split(train, whole_subsets=True)


def test_esc10_fold_refuses_hearts(recordings):
    with pytest.raises(ValueError, match=r"esc10-fold-1 needs .* ESC-10's folds 1 to 5, got subsets a, b, c"):
        splits.named_split("esc10-fold-1", recordings)


@pytest.mark.parametrize("k", [0, 6])
def test_esc10_has_no_other_fold(clips, k: int):
    with pytest.raises(ValueError, match=f"fold must be 1 to 5, got {k}"):
        splits.esc10_fold(clips, k)
    with pytest.raises(ValueError, match="split must be"):
        splits.named_split(f"esc10-fold-{k}", clips)


@pytest.mark.real
def test_paper_fold_0_tests_146_normal_and_151_abnormal(real_recordings):
    train, test = splits.paper_fold(0).apply(real_recordings)
    assert Counter(r.label for r in test) == {0: 146, 1: 151}
    assert Counter(r.label for r in train) == {0: 2342, 1: 514}


@pytest.mark.real
def test_removed_recordings_are_those_without_beats(real_recordings):
    without = {r.name for r in real_recordings if r.states is None}
    if len(without) == len(real_recordings):
        pytest.skip("the annotations are not unpacked")
    assert without == set(names("removed-e.txt"))
