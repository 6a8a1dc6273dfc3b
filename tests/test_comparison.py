"""A paired comparison finds what was planted, covers as often as it says, and refuses what is no pair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spectnet.comparison import compare, gather, macc_over_seeds, mcnemar, pair, seed_offsets
from spectnet.comparison.bootstrap import draw_weights
from spectnet.metrics import binary_metrics, macc_interval

LABELS = np.repeat([0, 1], [60, 50])


def judged_as(right: np.ndarray, labels: np.ndarray = LABELS) -> np.ndarray:
    """Scores under which exactly these recordings are judged rightly, at a threshold of 0.5."""
    return np.where(right, labels, 1 - labels) * 0.8 + 0.1


@pytest.fixture
def twins(make_run, rng):
    """Three seeds of two experiments, right on four fifths of 110 recordings."""
    return [
        [make_run(LABELS, judged_as(rng.uniform(size=110) < 0.8), experiment=name, seed=s) for s in range(3)]
        for name in ("fixed", "learned")
    ]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# --- runs as arrays


def test_runs_become_one_row_a_seed(twins):
    found = gather(twins[0])
    assert (found.experiment, found.seeds, found.scores.shape) == ("fixed", (0, 1, 2), (3, 110))
    for row, run in zip(found.right, twins[0], strict=True):
        assert row[LABELS == 0].mean() == pytest.approx(run["specificity"])
        assert row[LABELS == 1].mean() == pytest.approx(run["sensitivity"])


def test_folds_become_one_test_each_by_its_own_threshold(make_run):
    folds = [
        make_run([0, 1], [0.35, 0.45], split="blocks-0", threshold=0.4),
        make_run([0, 1], [0.55, 0.65], split="blocks-1", threshold=0.6, first=2),
    ]
    found = gather(folds)
    assert [r.name for r in found.recordings] == ["a0000", "a0001", "a0002", "a0003"]
    assert found.right.all()
    assert macc_over_seeds(folds, n_draws=10).value == 1.0


def test_only_seeds_that_ran_on_every_fold_count(make_run):
    runs = [make_run([0, 1], [0.1, 0.9], split="blocks-0", seed=s) for s in (0, 1)]
    runs += [make_run([0, 1], [0.1, 0.9], split="blocks-1", seed=s, first=2) for s in (1, 2)]
    assert gather(runs).seeds == (1,)
    with pytest.raises(ValueError, match="ours has no seed that was run on all of blocks-0, blocks-1"):
        gather([runs[0], runs[3]])


def test_together_the_seeds_judge_by_their_mean_score_and_mean_threshold(make_run):
    runs = [
        make_run([0, 1], [0.2, 0.45], seed=0, threshold=0.4),
        make_run([0, 1], [0.5, 0.45], seed=1, threshold=0.5),
    ]
    assert gather(runs).right.tolist() == [[True, True], [False, False]]
    assert gather(runs).right_together.tolist() == [True, True]  # 0.35 and 0.45 against 0.45


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"experiment": "other"}, "the runs must be of one experiment, got other, ours"),
        ({}, "ours has a split and seed twice; give each run once"),
        ({"seed": 1, "first": 7}, "the seeds of ours tested different recordings"),
        ({"split": "blocks-1"}, "the splits of ours share recordings, so that some would count twice"),
    ],
)
def test_runs_that_do_not_belong_together_are_refused(make_run, changes, message):
    with pytest.raises(ValueError, match=message):
        gather([make_run([0, 1], [0.1, 0.9]), make_run([0, 1], [0.1, 0.9], **changes)])


def test_nothing_is_no_experiment():
    with pytest.raises(ValueError, match="there are no runs to judge; train some"):
        gather([])
    with pytest.raises(ValueError, match="there are no runs to compare; train some"):
        compare([], [])


def test_twins_share_split_and_seed(make_run):
    def runs(name: str, *seeds: int, **changes: object) -> list[dict]:
        return [make_run([0, 1], [0.1, 0.9], experiment=name, seed=s, **changes) for s in seeds]

    one, other = pair(runs("fixed", 0, 1, 2), runs("learned", 1, 2, 3))
    assert one.seeds == other.seeds == (1, 2)
    with pytest.raises(ValueError, match="fixed and learned share no split and seed; train twins"):
        pair(runs("fixed", 0), runs("learned", 1))
    with pytest.raises(ValueError, match=r"fixed \(2\) and learned \(2\) tested different recordings"):
        pair(runs("fixed", 0), runs("learned", 0, first=1))


# --- the bootstrap


def test_identical_runs_differ_by_nothing(twins):
    found = compare(twins[0], [run | {"experiment": "learned"} for run in twins[0]], n_draws=200)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert not found.excludes_zero


def test_a_copy_with_three_recordings_mended_gains_exactly_that(make_run, rng):
    """As the paper's headline: nothing lost, three of the normal gained, in every seed."""
    before = rng.uniform(size=110) < 0.8
    after = before.copy()
    after[np.flatnonzero(~before & (LABELS == 0))[:3]] = True
    first = [make_run(LABELS, judged_as(before), experiment="fixed", seed=s) for s in (0, 1)]
    second = [make_run(LABELS, judged_as(after), experiment="learned", seed=s) for s in (0, 1)]
    found = compare(first, second, n_draws=2000)
    assert found.value == pytest.approx(3 / 60 / 2)
    assert found.by_seed == pytest.approx((0.025, 0.025))
    # Of 60 drawn, the three come up as often as a binomial says: 0 to 7 times, 95 % of the time.
    low, high = (q / 60 / 2 for q in stats.binom(60, 3 / 60).ppf([0.025, 0.975]))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert not found.excludes_zero, "three recordings are no proof"
    assert compare(second, first, n_draws=10).value == pytest.approx(-found.value)


def test_a_large_gain_is_shown(make_run):
    first = [make_run(LABELS, judged_as(np.arange(110) % 2 == 0), experiment="fixed")]
    second = [make_run(LABELS, judged_as(np.arange(110) % 8 > 0), experiment="learned")]
    found = compare(first, second)
    assert found.excludes_zero
    assert 0 < found.low < found.value < found.high


def test_for_one_seed_it_is_scipys_bootstrap_within_classes(twins):
    found = compare(twins[0][:1], twins[1][:1], n_draws=20_000)
    one, other = pair(twins[0][:1], twins[1][:1])
    gain = (other.right[0].astype(float) - one.right[0]).astype(float)

    def macc(normal, abnormal, axis):
        return (normal.mean(axis=axis) + abnormal.mean(axis=axis)) / 2

    expected = stats.bootstrap(
        (gain[LABELS == 0], gain[LABELS == 1]), macc, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    # A quantile of 20 000 draws is good to some 2 % of the interval's half width of about 0.08.
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.006)


def test_for_one_seed_the_interval_of_macc_is_that_of_the_run(twins):
    run = twins[0][0]
    found = macc_over_seeds([run])
    scores = np.array([row["score"] for row in run["recordings"]])
    assert found.value == pytest.approx(run["macc"]) == binary_metrics(LABELS, scores).macc
    assert (found.low, found.high) == pytest.approx(macc_interval(LABELS, scores, 0.5), abs=0.01)
    assert found.seed_deviation is None


def test_seeds_that_differ_make_the_interval_students(make_run):
    """The abnormal always right, the normal all right or all wrong by seed."""
    rights = [np.where(LABELS == 1, 1, good).astype(bool) for good in (1, 0, 1)]
    runs = [make_run(LABELS, judged_as(right), seed=s) for s, right in enumerate(rights)]
    found = macc_over_seeds(runs)
    assert found.by_seed == pytest.approx((1.0, 0.5, 1.0))
    assert found.seed_deviation == pytest.approx(np.std([1.0, 0.5, 1.0], ddof=1))
    expected = stats.t(2, loc=found.value, scale=found.seed_deviation / np.sqrt(3)).ppf([0.025, 0.975])
    assert expected[0] < 0.2  # where drawing the seeds again would end at 0.5
    assert found.low == pytest.approx(expected[0], abs=0.01)
    assert found.high == 1.0, "no MACC lies above 1"


def test_one_seed_says_nothing_of_seeds(rng):
    assert not seed_offsets(np.array([0.7]), 50, rng).any()
    assert seed_offsets(np.array([0.7, 0.8]), 50, rng).all()
    assert not seed_offsets(np.array([0.7, 0.7]), 50, rng).any()


def test_seeds_that_agree_by_luck_show_nothing(make_run):
    """Three seeds 2, 3 and 10 points ahead: drawn again as they are, none would ever lie behind."""
    before = np.arange(200) % 10 < 8
    labels = np.repeat([0, 1], 100)
    first = [make_run(labels, judged_as(before, labels), experiment="fixed", seed=s) for s in range(3)]
    second = []
    for s, gained in enumerate((4, 6, 20)):
        after = before.copy()
        after[np.flatnonzero(~before)[np.arange(gained) * 40 // gained]] = True
        second.append(make_run(labels, judged_as(after, labels), experiment="learned", seed=s))
    found = compare(first, second)
    assert found.by_seed == pytest.approx((0.02, 0.03, 0.10))
    assert not found.excludes_zero
    assert compare(first[2:], second[2:]).excludes_zero, "alone, the best seed would have shown it"


@pytest.mark.parametrize(("n_seeds", "wobble"), [(5, 0.02), (3, 0.3)])
def test_the_interval_covers_as_often_as_it_says(make_run, n_seeds, wobble):
    """Recordings and seeds drawn 100 times from a known truth; the gain is 5 points, more or less by seed."""
    rng, covered = np.random.default_rng(3), 0
    truth = np.clip(stats.norm(0.05, wobble).ppf((np.arange(1000) + 0.5) / 1000), -0.5, 0.4).mean()
    for number in range(100):
        hard = rng.uniform(0.5, 0.6, size=110)  # chance of being right, by recording
        gain = np.clip(0.05 + rng.normal(0, wobble, size=(n_seeds, 1)), -0.5, 0.4)
        chances = {"fixed": hard, "learned": hard + gain}
        runs = [
            [
                make_run(
                    LABELS, judged_as(rng.uniform(size=110) < chance), experiment=name, seed=s, judge=False
                )
                for s, chance in enumerate(np.broadcast_to(chances[name], (n_seeds, 110)))
            ]
            for name in ("fixed", "learned")
        ]
        found = compare(*runs, n_draws=300, seed=number)
        covered += found.low <= truth <= found.high
    # 95 expected, with a deviation of 2.2; crossed draws are known to be a little wide.
    assert 89 <= covered <= 100


def test_blocks_widen_the_interval_where_neighbours_share_their_luck(make_run, rng):
    """Ten neighbours always judged alike are one piece of evidence, not ten."""
    labels = np.tile(np.repeat([0, 1], 10), 10)  # 20 blocks of one class each
    fates = np.repeat(rng.uniform(size=20) < 0.7, 10)
    runs = [make_run(labels, judged_as(fates, labels))]
    alone, together = (macc_over_seeds(runs, units=units) for units in ("recordings", "blocks"))
    assert (alone.n_units, together.n_units) == (200, 20)
    assert together.value == alone.value
    ratio = (together.high - together.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(np.sqrt(10), rel=0.25)  # coarse, since 10 blocks a class have few quantiles


def test_blocks_of_one_are_recordings(monkeypatch, twins):
    """With each recording a block of its own, in their order, the draws are the same."""
    monkeypatch.setattr("spectnet.comparison.bootstrap.neighbour_blocks", lambda r: np.arange(len(r)))
    alone, together = (compare(*twins, units=u, n_draws=300) for u in ("recordings", "blocks"))
    assert alone == together


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), min_size=1, max_size=30), st.integers(0, 99))
def test_every_draw_weighs_each_stratum_alike_and_keeps_units_whole(drawn, seed):
    present = sorted({s for s, _ in drawn})
    strata = np.array([present.index(s) for s, _ in drawn])
    units = np.array([u for _, u in drawn])
    weights = draw_weights(strata, units, 7, np.random.default_rng(seed))
    for stratum in range(len(present)):
        chosen = strata == stratum
        np.testing.assert_allclose(weights[:, chosen].sum(axis=1), 1 / len(present))
        for unit in set(units[chosen].tolist()):
            together = weights[:, chosen & (units == unit)]
            np.testing.assert_array_equal(together, together[:, :1].repeat(together.shape[1], axis=1))


def test_over_subsets_each_subset_counts_alike(make_run):
    """A large subset at 100 %, a small one at 50 %."""
    labels = np.array([0, 1] * 20 + [0, 1])
    right = np.array([True] * 40 + [True, False])
    runs = [make_run(labels, judged_as(right, labels), subsets=["e"] * 40 + ["c"] * 2)]
    assert macc_over_seeds(runs, n_draws=10).value == pytest.approx((1 + 20 / 21) / 2)
    assert macc_over_seeds(runs, over_subsets=True, n_draws=10).value == pytest.approx(0.75)
    runs = [make_run(labels[:-1], judged_as(right, labels)[:-1], subsets=["e"] * 40 + ["c"])]
    with pytest.raises(ValueError, match="subset c of ours has no abnormal recordings, so there is no MACC"):
        macc_over_seeds(runs, over_subsets=True)


def test_one_class_has_no_macc(make_run):
    with pytest.raises(ValueError, match="the test recordings of ours has no normal recordings"):
        macc_over_seeds([make_run([1, 1], [0.1, 0.9])])


# --- McNemar


def test_mcnemar_by_hand(make_run):
    """Ten disagreements, nine for the second: 2 (1 + 10) / 1024."""
    first, second = np.ones(110, bool), np.ones(110, bool)
    first[:9], second[50] = False, False
    runs = [make_run(LABELS, judged_as(r), experiment=n) for n, r in (("fixed", first), ("learned", second))]
    found = mcnemar(runs[:1], runs[1:])
    assert (found.only_first, found.only_second, found.n_recordings) == (1, 9, 110)
    assert found.p_value == pytest.approx(22 / 1024)
    assert mcnemar(runs[1:], runs[:1]).p_value == found.p_value


def test_mcnemar_of_the_papers_headline_is_no_evidence(make_run):
    """Three recordings gained and none lost is the best case for it: p = 1/4."""
    first, second = np.ones(110, bool), np.ones(110, bool)
    first[:3] = False
    runs = [make_run(LABELS, judged_as(r), experiment=n) for n, r in (("fixed", first), ("learned", second))]
    assert mcnemar(runs[:1], runs[1:]).p_value == pytest.approx(0.25)


def test_mcnemar_of_classifiers_that_always_agree_is_one(twins):
    assert mcnemar(twins[0], [run | {"experiment": "learned"} for run in twins[0]]).p_value == 1.0


def test_mcnemar_compares_the_seeds_mean_scores(make_run):
    """Two seeds that are each wrong once, by little, and right together."""
    first = [make_run([0, 1], [0.1, 0.9], experiment="fixed", seed=s) for s in (0, 1)]
    second = [
        make_run([0, 1], scores, experiment="learned", seed=s)
        for s, scores in enumerate(([0.6, 0.9], [0.1, 0.4]))
    ]
    assert mcnemar(first, second).only_first == 0
