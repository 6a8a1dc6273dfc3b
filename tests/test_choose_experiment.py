"""The book's experiment is the one that inner validation likes best, over equal seeds."""

import json

import pytest

from tools.choose_experiment import CHOICE, choose


def run(name: str, seed: int, *maccs: float, split: str = "paper-fold-0") -> dict:
    experiment = {"name": name, "split": split, "training": {"seed": seed}}
    return {"experiment": experiment, "history": [{"validation_macc": macc} for macc in maccs]}


def test_the_highest_mean_of_the_best_epochs_is_chosen():
    runs = [run("plain", 0, 0.8, 0.9), run("plain", 1, 0.7, 0.6), run("new", 0, 0.85), run("new", 1, 0.76)]
    choice = choose(runs)
    assert choice["chosen"] == "new"
    assert [row["mean"] for row in choice["candidates"]] == pytest.approx([0.805, 0.8])


@pytest.mark.parametrize("other", [run("new", 1, 0.9), run("new", 0, 0.9, split="blocks-0")])
def test_means_over_other_seeds_or_splits_are_refused(other):
    with pytest.raises(ValueError, match="the same split and seeds"):
        choose([run("plain", 0, 0.8), other])


def test_the_choice_on_record_follows_its_rule():
    choice = json.loads(CHOICE.read_text())
    means = {row["experiment"]: row["mean"] for row in choice["candidates"]}
    assert choice["chosen"] == max(means, key=means.get)
    for row in choice["candidates"]:
        values = list(row["validation_macc"].values())
        assert row["mean"] == pytest.approx(sum(values) / len(values), abs=1e-5)
