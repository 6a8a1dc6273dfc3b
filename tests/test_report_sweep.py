"""Runs of a sweep are matched by name, judged by source, and chosen by scores that they do not test."""

from __future__ import annotations

import numpy as np
import pytest

from spectnet.report import join, nested_choice, sweep_difference, sweep_rows
from spectnet.results import load_results
from spectnet.scenes import source_of

N_CLIPS, N_CLASSES = 40, 4


def sweep_run(
    name: str, split: str, seed: int, right: int | np.ndarray, learnable: bool = False, takes: int = 1
) -> dict:
    """A record of 40 clips of 4 classes, named as ESC-10's are; the first `right` of them were named rightly.

    Args:
        name: of the experiment, ending in its number of filters.
        split: such as ``"esc10-fold-1"``.
        seed: of the run.
        right: how many, or which.
        learnable: whether the filters learned.
        takes: how many clips of a class were cut from each source.
    """
    correct = np.arange(N_CLIPS) < right if np.ndim(right) == 0 else np.asarray(right)
    rows = []
    for i in range(N_CLIPS):
        label, number = i % N_CLASSES, i // N_CLASSES
        source = 100 * int(split[-1]) + 10 * label + number // takes
        answer = label if correct[i] else (label + 1) % N_CLASSES
        rows.append(
            {"name": f"{split[-1]}-{source}-{chr(65 + number % takes)}", "label": label, "subset": split[-1],
             "scores": np.eye(N_CLASSES)[answer].tolist()}
        )  # fmt: skip
    frontend = {"n_filters": int(name.rsplit("-", 1)[1]), "learnable": learnable}
    return {
        "experiment": name, "split": split, "seed": seed, "selection": "inner", "classes": list("abcd"),
        "recordings": rows, "config": {"model": {"frontend": frontend}}, "core_seconds": 10.0,
        "validation_macc": 0.5,
    }  # fmt: skip


def width(interval: tuple[float, float]) -> float:
    return interval[1] - interval[0]


def random_answers(seed: int, share: float = 0.7) -> np.ndarray:
    return np.random.default_rng(seed).random(N_CLIPS) < share


# Rows


def test_a_sweep_joins_folds_and_sorts_by_filters():
    made = [
        sweep_run("esc10-static-32", "esc10-fold-1", 0, 20),
        sweep_run("esc10-static-32", "esc10-fold-2", 0, 30),
        sweep_run("esc10-static-16", "esc10-fold-1", 0, 40),
        sweep_run("esc10-learned-16", "esc10-fold-1", 0, 10, learnable=True),
        {**sweep_run("hearts-16", "blocks-0", 0, 10), "classes": None},
    ]
    rows = sweep_rows(made, n_draws=200)
    assert [row.experiment for row in rows] == ["esc10-static-16", "esc10-static-32", "esc10-learned-16"]
    assert [row.accuracy for row in rows] == [1.0, 50 / 80, 10 / 40]
    assert rows[1].matrix.sum() == rows[1].n_clips == 80
    assert rows[1].interval[0] < 50 / 80 < rows[1].interval[1]
    assert rows[0].interval == pytest.approx((1.0, 1.0))


def test_seeds_that_lack_a_fold_do_not_count():
    made = [sweep_run("esc10-static-16", f"esc10-fold-{k}", 0, 40) for k in (1, 2)]
    (row,) = sweep_rows([*made, sweep_run("esc10-static-16", "esc10-fold-1", 1, 0)], n_draws=50)
    assert (row.seeds, row.accuracy, row.core_seconds) == ((0,), 1.0, 20.0)


def test_folds_without_a_seed_in_common_are_named():
    made = [sweep_run("esc10-static-16", f"esc10-fold-{k}", k, 40) for k in (1, 2)]
    with pytest.raises(
        ValueError, match=r"esc10-static-16 has no seed that was run on all of esc10-fold-1, "
    ):
        sweep_rows(made)


def test_clips_are_matched_by_name_whatever_their_order():
    one, other = (sweep_run("esc10-static-16", "esc10-fold-1", s, random_answers(s)) for s in (0, 1))
    turned = {**other, "recordings": other["recordings"][::-1]}
    straight, mixed = join([one, other]), join([one, turned])
    np.testing.assert_array_equal(mixed.right, straight.right)
    assert mixed.names == straight.names


def test_seeds_with_other_clips_or_labels_are_refused():
    one, other = (sweep_run("esc10-static-16", "esc10-fold-1", seed, 20) for seed in (0, 1))
    with pytest.raises(ValueError, match=r"esc10-fold-1: seeds 0 and 1 were tested on other clips"):
        join([one, {**other, "recordings": other["recordings"][1:]}])
    with pytest.raises(ValueError, match=r"has 2 runs, but only 1 of a split and seed each"):
        join([one, one])
    with pytest.raises(ValueError, match="tests a clip in two folds"):
        join([one, {**one, "split": "esc10-fold-2"}])


def test_two_classes_make_no_sweep():
    with pytest.raises(ValueError, match="more than two classes, got esc10-static-16"):
        sweep_rows([{**sweep_run("esc10-static-16", "fold-1", 0, 1), "classes": None}])


# Sources


def test_source_is_the_file_for_esc10_and_the_location_elsewhere():
    assert {source_of(name, "1") for name in ("1-100032-A", "1-100032-B", "1-100032-C")} == {"100032"}
    assert source_of("b020_90_120", "b020") == "b020"
    assert source_of("scene0001", "park-3") == "park-3"


def test_five_takes_of_a_source_count_little_more_than_one():
    """Where takes agree, 40 clips of 8 sources say what 8 clips say; the root of 5 is 2.2."""
    by_source = np.repeat(random_answers(3, 0.5)[:8].reshape(2, 4), 5, axis=0).ravel()  # source by class
    (torn,) = sweep_rows(
        [sweep_run("esc10-static-16", "esc10-fold-1", 0, by_source, takes=5)], unit_of=lambda name, _: name
    )
    (whole,) = sweep_rows([sweep_run("esc10-static-16", "esc10-fold-1", 0, by_source, takes=5)])
    assert (torn.n_units, whole.n_units) == (40, 8)
    assert whole.accuracy == torn.accuracy
    assert width(whole.interval) > 1.7 * width(torn.interval)


# Differences


def test_a_difference_is_over_what_both_have():
    made = [
        sweep_run("esc10-static-16", "esc10-fold-1", 0, 20),
        sweep_run("esc10-learned-16", "esc10-fold-1", 0, 30),
        sweep_run("esc10-learned-16", "esc10-fold-2", 0, 40),
    ]
    found = sweep_difference(made, "esc10-static-16", "esc10-learned-16", n_draws=500)
    assert found.value == 0.25
    assert found.by_fold == {"esc10-fold-1": 0.25}
    assert found.interval[0] < 0.25 < found.interval[1]
    assert (found.seeds, found.n_clips, found.n_units) == ((0,), 40, 40)
    assert sweep_difference(made, "esc10-static-16", "esc10-learned-32") is None


def test_folds_of_a_difference_add_up():
    made = [
        sweep_run(f"esc10-{kind}-16", f"esc10-fold-{k}", 0, random_answers(10 * k + len(kind)))
        for kind in ("static", "learned")
        for k in (1, 2, 3)
    ]
    found = sweep_difference(made, "esc10-static-16", "esc10-learned-16", n_draws=50)
    assert np.mean(list(found.by_fold.values())) == pytest.approx(found.value)


def seeds_of(*answers: tuple[int, int]) -> list[dict]:
    """A fixed and a learned run for each pair of numbers that seed their answers."""
    return [
        sweep_run(f"esc10-{kind}-16", "esc10-fold-1", seed, random_answers(drawn))
        for seed, pair in enumerate(answers)
        for kind, drawn in zip(("static", "learned"), pair, strict=True)
    ]


def test_copies_of_a_seed_do_not_narrow_the_interval():
    once, thrice = (
        sweep_difference(seeds_of(*[(1, 2)] * n), "esc10-static-16", "esc10-learned-16") for n in (1, 3)
    )
    assert thrice.seeds == (0, 1, 2)
    assert thrice.value == pytest.approx(once.value)
    assert thrice.interval == pytest.approx(once.interval)


def test_seeds_that_differ_widen_the_interval():
    """Two seeds, one up and one down by as much: t with one degree of freedom is wide."""
    apart = [
        sweep_run(f"esc10-{kind}-16", "esc10-fold-1", seed, right)
        for kind, counts in (("static", (20, 20)), ("learned", (30, 10)))
        for seed, right in enumerate(counts)
    ]
    found = sweep_difference(apart, "esc10-static-16", "esc10-learned-16")
    assert found.value == 0
    assert width(found.interval) > 1


def test_of_several_comparisons_each_must_exclude_zero_by_more():
    right = np.arange(N_CLIPS) < 20
    better = right | (np.arange(N_CLIPS) >= 35)  # five clips gained, none lost
    made = [
        sweep_run("esc10-static-16", "esc10-fold-1", 0, right),
        sweep_run("esc10-learned-16", "esc10-fold-1", 0, better),
    ]
    alone, among = (
        sweep_difference(made, "esc10-static-16", "esc10-learned-16", n_comparisons=n) for n in (1, 30)
    )
    assert alone.interval == alone.corrected == among.interval
    assert among.corrected[0] < alone.corrected[0]
    assert (alone.excludes_zero, among.excludes_zero) == (True, False)


def test_runs_that_chose_on_the_test_are_left_out():
    made = seeds_of((1, 2))
    told = {**sweep_run("esc10-learned-16", "esc10-fold-1", 1, 40), "selection": "test-fold"}
    told_too = {**sweep_run("esc10-static-16", "esc10-fold-1", 1, 0), "selection": "test-fold"}
    found = sweep_difference([*made, told, told_too], "esc10-static-16", "esc10-learned-16", n_draws=50)
    assert found.seeds == (0,)


def test_experiments_that_were_tested_on_other_clips_are_not_compared():
    static, learned = seeds_of((1, 2))
    learned = {**learned, "recordings": learned["recordings"][1:]}
    with pytest.raises(ValueError, match="esc10-static-16 and esc10-learned-16 were tested on other clips"):
        sweep_difference([static, learned], "esc10-static-16", "esc10-learned-16")


# The choice of one experiment


def test_each_fold_is_chosen_for_by_its_own_inner_score_alone():
    scores = {("16", 1): 0.9, ("16", 2): 0.1, ("32", 1): 0.8, ("32", 2): 0.9}
    made = []
    for (n, k), macc in scores.items():
        run = sweep_run(f"esc10-static-{n}", f"esc10-fold-{k}", 0, 40 if n == "16" else 0)
        made.append({**run, "validation_macc": macc})
    assert nested_choice(made) == {"esc10-fold-1": "esc10-static-16", "esc10-fold-2": "esc10-static-32"}


def test_of_equals_the_smaller_bank_is_chosen_and_the_fixed_one_first():
    names = ("esc10-static-32", "esc10-learned-16", "esc10-static-16")
    made = [sweep_run(name, "esc10-fold-1", 0, 20, learnable="learned" in name) for name in names]
    made[0]["validation_macc"] += 1e-12  # as many right, added up in another order
    assert nested_choice(made) == {"esc10-fold-1": "esc10-static-16"}
    assert nested_choice([{**made[0], "selection": "test-fold"}]) == {}


def test_on_record_no_clip_chooses_what_it_tests():
    mine = [r for r in load_results() if r["experiment"].startswith("esc10-")]
    picked = nested_choice(mine)
    runs = [r for r in mine if picked[r["split"]] == r["experiment"]]
    joined = join(runs)
    assert len(joined.names) == 400
    assert joined.n_units == 304
    for run in runs:
        assert not {row["name"] for row in run["recordings"]} & {row["name"] for row in run["validation"]}
