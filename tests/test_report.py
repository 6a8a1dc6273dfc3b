"""The report shows what was planned beside what was run, and every number follows from the runs."""

import csv

import numpy as np
import pytest
from matplotlib import pyplot as plt

from spectnet.comparison import compare, macc_over_seeds
from spectnet.experiment import load_experiment
from spectnet.report import Part, difference_rows, groups, load_plan, summary_rows, write_report
from spectnet.report.figures import gains_figure, macc_figure, scores_figure, subsets_figure
from spectnet.report.plan import PLAN, paper_figures, with_unplanned
from spectnet.report.summary import complete, twins
from spectnet.report.tables import difference_markdown, summary_markdown, summary_records
from spectnet.results import RUNS, load_results

LABELS = [0, 1] * 20
SUBSETS = ["a"] * 20 + ["b"] * 20
FOLD = Part.model_validate(
    {
        "title": "Fold 0",
        "splits": ["paper-fold-0"],
        "seeds": {"fixed": 3, "learned": 3, "mfcc": 3},
        "paper": {"learned": "learned, 16 filters"},
        "compare": [["fixed", "learned"], ["fixed", "mfcc"]],
    }
)
FOLDS = Part(
    title="Folds", splits=("blocks-0", "blocks-1"), seeds={"fixed": 1}, compare=(("fixed", "learned"),)
)


@pytest.fixture
def runs(make_run):
    """Two seeds of two experiments on fold 0, and one seed on the first of two folds."""
    rng = np.random.default_rng(0)

    def one(name: str, seed: int, split: str = "paper-fold-0", **changes: object) -> dict:
        scores = np.clip(np.array(LABELS) * 0.4 + rng.uniform(size=40) * 0.6, 0, 1)
        return make_run(LABELS, scores, experiment=name, seed=seed, split=split, subsets=SUBSETS, **changes)

    return [
        *(one(name, seed) for name in ("fixed", "learned") for seed in (0, 1)),
        one("fixed", 0, "blocks-0"),
        one("learned", 7, selection="test-fold"),
    ]


# --- the plan


def test_the_books_plan_is_of_committed_configs_and_known_twins():
    plan, configs = load_plan(), PLAN.parents[1] / "configs"
    names = {name for part in plan for name in part.seeds}
    assert {load_experiment(configs / f"{name}.toml").name for name in names} == names
    assert {twin for part in plan for twin in part.paper.values()} <= set(paper_figures())
    assert all(set(pair) <= set(part.seeds) for part in plan for pair in part.compare)
    fold_0 = plan[0]
    assert fold_0.splits == ("paper-fold-0",)
    assert (fold_0.seeds["static-16"], fold_0.seeds["learned-16"]) == (5, 5)
    assert min(fold_0.seeds.values()) == 3


def test_the_sweeps_plan_has_every_bank_of_the_paper_on_every_fold():
    plan, configs = load_plan(PLAN.parent / "scenes.toml"), PLAN.parents[1] / "configs"
    for part in plan:
        banks = [load_experiment(configs / f"{name}.toml").model.frontend for name in part.seeds]
        found = sorted((bank.n_filters, bank.learnable) for bank in banks)
        assert found == [(n, learns) for n in (16, 32, 46, 64, 128, 149) for learns in (False, True)]
    assert [s for part in plan for s in part.splits] == [f"esc10-fold-{k}" for k in range(1, 6)]


def test_runs_beside_the_plan_get_a_part_of_their_own(runs):
    added = with_unplanned([FOLD], runs)[1:]
    assert [(part.splits, part.seeds) for part in added] == [(("blocks-0",), {"fixed": 1})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"table\.toml does not exist; restore it"),
        ("[[part", r"table\.toml is not TOML"),
        ("[[part]]\ntitle = 'x'\nsplits = []\nseed = 3\n", r"table\.toml: .*'part\.0\.seed'"),
    ],
)
def test_a_plan_that_cannot_be_read_is_named(tmp_path, content, message):
    path = tmp_path / "table.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=message):
        load_plan(path)


# --- rows


def test_a_row_is_the_mean_over_seeds_with_its_interval(runs):
    fixed, learned, mfcc, *_ = summary_rows(runs, [FOLD], n_draws=300)
    mine = [r for r in runs if r["experiment"] == "fixed" and r["split"] == "paper-fold-0"]
    assert fixed.estimate == macc_over_seeds(mine, n_draws=300)
    assert fixed.estimate.value == pytest.approx(np.mean([r["macc"] for r in mine]))
    for name in ("sensitivity", "specificity", "precision", "f1", "challenge_score", "segment_accuracy"):
        assert fixed.measures[name] == pytest.approx(np.mean([r[name] for r in mine])), name
    assert (fixed.seeds_planned, fixed.core_seconds) == (3, 120)
    assert learned.paper["macc"] == 88.70
    assert mfcc.estimate is None, "a row that was not run stays empty"
    assert len(learned.estimate.seeds) == 2, "a run that chose on the test recordings does not count"


def test_a_run_that_chose_on_the_test_recordings_counts_nowhere(runs):
    assert {r["seed"] for r in complete(runs, "learned", ["paper-fold-0"])} == {0, 1}
    lesson = runs[-1] | {"experiment": "lesson"}
    found = summary_rows([*runs, lesson], [FOLD], n_draws=100)
    assert "lesson" not in {row.experiment for row in found}, "nor has it a part beside the plan"


def test_the_table_shows_empty_cells_as_such(runs):
    text = summary_markdown(summary_rows(runs, [FOLD], n_draws=100))
    (line,) = [line for line in text.splitlines() if line.startswith("| mfcc")]
    assert line == "| mfcc | paper-fold-0 | 0 of 3 |" + " – |" * 10
    (line,) = [line for line in text.splitlines() if line.startswith("| learned")]
    assert "| 2 of 3 |" in line
    assert line.endswith("| 88.7 |")
    record = summary_records(summary_rows(runs, [FOLD], n_draws=100))[2]
    assert (record["experiment"], record["macc"], record["macc_low"], record["seeds"]) == (
        "mfcc",
        None,
        None,
        0,
    )


def test_folds_that_are_not_all_run_say_so(runs):
    (row,) = summary_rows([r for r in runs if r["split"] == "blocks-0"], [FOLDS], n_draws=100)
    assert (row.splits_run, row.split) == (1, "blocks-0 to 1")
    assert "| blocks-0 to 1 (1 of 2 splits) |" in summary_markdown([row])


def test_whole_tests_come_first(make_run):
    """Of three seeds only one ran on both folds: it alone is shown."""
    runs = [make_run(LABELS, [0.5] * 40, split="blocks-0", seed=s) for s in (0, 1, 2)]
    runs += [make_run(LABELS, [0.5] * 40, split="blocks-1", seed=1, first=40)]
    chosen = complete(runs, "ours", ("blocks-0", "blocks-1"))
    assert {(r["split"], r["seed"]) for r in chosen} == {("blocks-0", 1), ("blocks-1", 1)}
    assert {r["seed"] for r in complete(runs[:3], "ours", ("blocks-0", "blocks-1"))} == {0}
    assert complete(runs, "theirs", ("blocks-0",)) == []


def test_subsets_left_out_are_shown_each_and_all_alike(make_run):
    part = Part(
        title="Left out",
        splits=("leave-out-a", "leave-out-b"),
        seeds={"ours": 1},
        each=True,
        over_subsets=True,
    )
    right, half = [0.1, 0.9] * 20, [0.1, 0.1] * 2
    runs = [
        make_run(LABELS, right, split="leave-out-a", subsets=["a"] * 40),
        make_run(LABELS[:4], half, split="leave-out-b", subsets=["b"] * 4),
    ]
    rows = summary_rows(runs, [part], n_draws=50)
    assert [row.split for row in rows] == ["leave-out-a", "leave-out-b", "leave-out-a to b"]
    assert [row.estimate.value for row in rows] == [1.0, 0.5, 0.75]


# --- differences


def test_a_difference_is_the_comparison_of_the_twins(runs):
    found, missing = difference_rows(runs, [FOLD], n_draws=300)
    one, other = twins(runs, "fixed", "learned", ["paper-fold-0"])
    assert found.by_recordings == compare(one, other, n_draws=300)
    assert found.by_blocks == compare(one, other, n_draws=300, units="blocks")
    assert found.by_recordings.seeds == (0, 1)
    assert found.test.n_recordings == 40
    assert 0 < found.detectable < 0.5
    assert missing.by_recordings is None
    text = difference_markdown([found, missing]).splitlines()
    assert text[2].startswith("| learned less fixed | Fold 0 | 2 | ")
    assert text[3] == "| mfcc less fixed | Fold 0 | 0 |" + " – |" * 7


def test_twins_that_never_disagree_have_no_smallest_difference(runs):
    copies = [run | {"experiment": "learned"} for run in runs if run["experiment"] == "fixed"]
    (found, _) = difference_rows([r for r in runs if r["experiment"] == "fixed"] + copies, [FOLD], n_draws=50)
    assert (found.by_recordings.value, found.detectable) == (0, None)


# --- who is missed


def test_groups_count_errors_by_subset_and_quality(make_run):
    """Two seeds; of subset b both abnormal ones are missed, one of them by one seed only."""
    labels, subsets = [0, 1, 0, 1, 1], ["a", "a", "b", "b", "b"]
    runs = [
        make_run(labels, [0.1, 0.9, 0.1, 0.2, last], subsets=subsets, seed=s)
        for s, last in enumerate((0.3, 0.9))
    ]
    for run in runs:
        run["recordings"][3]["good_quality"] = False
    found = {group.name: group for group in groups(runs)}
    assert list(found) == ["subset a", "subset b", "good signal", "poor signal", "all"]
    assert (found["subset a"].macc, found["subset a"].share_of_errors) == (1, 0)
    assert (found["subset b"].sensitivity, found["subset b"].specificity) == (0.25, 1)
    assert (found["poor signal"].n_abnormal, found["poor signal"].n_normal) == (1, 0)
    assert (found["poor signal"].specificity, found["poor signal"].macc) == (None, None)
    assert found["poor signal"].share_of_errors == pytest.approx(2 / 3)
    assert found["all"].share_of_errors == 1


# --- on paper


def test_the_report_holds_tables_csv_and_figures(runs, tmp_path):
    written = write_report(runs, tmp_path / "deep", plan=[FOLD, FOLDS], n_draws=100)
    names = {path.name for path in written}
    assert {"results.md", "runs.csv", "experiments.csv", "differences.csv", "macc.png"} <= names
    assert all(path.stat().st_size > 0 for path in written)
    text = (tmp_path / "deep" / "results.md").read_text()
    for head in ("## Experiments", "### Fold 0", "### Folds", "## Differences", "## Runs"):
        assert head in text
    assert "epoch chosen on the test recordings" in text, "the lesson's run is listed as what it is"
    with (tmp_path / "deep" / "runs.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(runs)
    with (tmp_path / "deep" / "experiments.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["experiment"], row["macc"] == "") for row in rows[:3]] == [
        ("fixed", False), ("learned", False), ("mfcc", True)
    ]  # fmt: skip
    assert not plt.get_fignums()


def test_a_report_before_the_first_run_is_all_empty_cells(tmp_path):
    write_report([], tmp_path, n_draws=10)
    text = (tmp_path / "results.md").read_text()
    assert text.count("| 0 of ") == sum(
        len(part.seeds) * (1 + part.each * len(part.splits)) for part in load_plan()
    )


def test_figures_draw_the_rows(runs):
    rows = summary_rows(runs, [FOLD, FOLDS], n_draws=50)
    figure = macc_figure(rows)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Fold 0", "Folds"]
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["fixed", "learned", "mfcc"]
    (ax,) = gains_figure(difference_rows(runs, [FOLD], n_draws=50)).axes
    assert [t.get_text() for t in ax.get_yticklabels()] == [
        "learned less fixed\nFold 0",
        "mfcc less fixed\nFold 0",
    ]
    mine = [r for r in runs if r["experiment"] == "fixed" and r["split"] == "paper-fold-0"]
    assert [ax.get_title() for ax in scores_figure(mine).axes] == ["subset a", "subset b"]
    (ax,) = subsets_figure({"fixed": mine}).axes
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b"]


def test_what_is_on_record_can_be_written_up(tmp_path):
    assert write_report(load_results(RUNS), tmp_path, n_draws=50)
