"""The threshold explorer on its page, without kernel and without network, against the package."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Browser

from spectnet import metrics
from tests.browser.explorers import Explorer, open_explorer
from tests.explorers.write_threshold import runs

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAME, PAGE = "Threshold explorer", "judging-a-classifier"
RUN = runs()["on record"]
ROWS = sorted(RUN["recordings"], key=lambda row: row["score"])
LABELS, SCORES = (np.array([row[key] for row in RUN["recordings"]]) for key in ("label", "score"))
OWN = RUN["threshold"]
PLACES = np.unique(SCORES)[::-1]  # where a call changes, from high to low


def midway(n_places: int) -> float:
    """The threshold that calls the highest so many different scores abnormal."""
    above, below = PLACES[n_places - 1] if n_places else 1.0, PLACES[n_places]
    return (above + below) / 2


def percent(share: float) -> str:
    """As the explorer writes a share."""
    return f"{100 * share:.1f}"


@pytest.fixture
def explorer(explorer: Explorer) -> Explorer:
    """At the run's own threshold: the slider's steps are coarser than it."""
    explorer.button("The run's own threshold").click()
    return explorer


def assert_drawn(explorer: Explorer, threshold: float) -> None:
    """Every number that the explorer shows is the package's."""
    found = metrics.binary_metrics(LABELS, SCORES, threshold)
    low, high = metrics.macc_interval(LABELS, SCORES, threshold)
    said = explorer.said().replace("\xa0", " ")
    assert said.startswith(f"Threshold {threshold:.3f}: ")
    assert f"{found.true_positives:.0f} of {(LABELS == 1).sum()} abnormal found" in said
    assert f"{found.true_negatives:.0f} of {(LABELS == 0).sum()} normal left in peace" in said
    shares = f"Sensitivity {percent(found.sensitivity)} %, specificity {percent(found.specificity)} %"
    interval = f"(95 % interval {percent(low)} to {percent(high)} %)"
    assert f"{shares}, MACC {percent(found.macc)} % {interval}" in said
    assert ("looked at, not chosen" in said) == (threshold != OWN)

    counts = explorer.root.get_by_role("table", name="Four counts").locator("td").all_inner_texts()
    numbers = [int(number) for text in counts for number in re.findall(r"\d+", text)]
    assert numbers == [
        found.true_positives, found.false_negatives, found.false_positives, found.true_negatives
    ]  # fmt: skip
    roc, macc = (explorer.label(title) for title in ("ROC curve", "MACC at every threshold"))
    assert f"Area under it {metrics.roc_auc(LABELS, SCORES):.4f}" in roc
    assert f"{percent(1 - found.specificity)} % false alarms and {percent(found.sensitivity)} % found" in roc
    assert f"Now {percent(found.macc)} %, with an interval from {percent(low)} to {percent(high)} %" in macc
    assert_pixels(explorer, threshold, found)


def assert_pixels(explorer: Explorer, threshold: float, found: metrics.Metrics) -> None:
    """The line over the scores and the dots on both curves stand where the numbers say."""
    width, height = explorer.size("Scores")
    line = 66 + (width - 78) * threshold
    assert_accent(explorer, "Scores", line, height - 39)
    width, height = explorer.size("ROC curve")
    x = 48 + (width - 60) * (1 - found.specificity)
    assert_accent(explorer, "ROC curve", x, height - 40 - (height - 48) * found.sensitivity)
    width, height = explorer.size("MACC at every threshold")
    y = height - 40 - (height - 48) * (found.macc - 0.5) / 0.5  # nobody called: 50 %, the lowest
    assert_accent(explorer, "MACC at every threshold", 48 + (width - 60) * threshold, y)


def assert_accent(explorer: Explorer, title: str, x: float, y: float) -> None:
    around = [explorer.pixel(title, x + shift, y) for shift in (-1, 0, 1)]
    assert min(np.abs(color - explorer.accent()).sum() for color in around) < 60, (title, x, y, around)


def test_page_starts_at_the_runs_own_threshold(explorer: Explorer) -> None:
    assert_drawn(explorer, OWN)
    assert "The run's own threshold, chosen on inner validation." in explorer.said()
    assert f"MACC {percent(RUN['macc'])}" in explorer.said()


@pytest.mark.parametrize(
    ("keys", "threshold"),
    [
        (["Home"], 0.0),
        (["End"], 1.0),
        (["Home", *["ArrowRight"] * 3], 0.03),
        (["End", *["ArrowDown"] * 2], 0.98),
        (["Home", "PageUp"], 0.1),
    ],
)
def test_keyboard_moves_the_threshold(explorer: Explorer, keys: list[str], threshold: float) -> None:
    explorer.press("Threshold", *keys)
    assert_drawn(explorer, threshold)


def test_mouse_drags_the_slider(explorer: Explorer) -> None:
    explorer.drag("Threshold", OWN, 0.7)
    threshold = float(explorer.control("Threshold").input_value())
    assert abs(threshold - 0.7) < 0.03
    assert_drawn(explorer, threshold)


def test_buttons_call_one_more_and_one_fewer(explorer: Explorer) -> None:
    n_called = int((PLACES >= OWN).sum())
    explorer.button("Call one more abnormal").press("Enter")
    assert_drawn(explorer, midway(n_called + 1))
    for _ in range(2):
        explorer.button("Call one fewer").click()
    assert_drawn(explorer, midway(n_called - 1))
    explorer.button("The run's own threshold").press("Enter")
    assert_drawn(explorer, OWN)


def test_peek_finds_the_best_threshold_and_says_what_it_is_worth(explorer: Explorer) -> None:
    explorer.button("Peek").press("Enter")
    best = metrics.best_threshold(LABELS, SCORES)
    assert_drawn(explorer, best)
    gain = 100 * (metrics.binary_metrics(LABELS, SCORES, best).macc - RUN["macc"])
    assert f"+{gain:.1f} points of MACC against the run's own threshold" in explorer.said()


def test_line_over_the_scores_is_dragged(explorer: Explorer) -> None:
    canvas = explorer.canvas("Scores")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    middle = box["y"] + 100
    explorer.page.mouse.move(box["x"] + 66 + (box["width"] - 78) * OWN, middle)
    explorer.page.mouse.down()
    explorer.page.mouse.move(box["x"] + 66 + (box["width"] - 78) * 0.8, middle, steps=5)
    explorer.page.mouse.up()
    said = explorer.said()
    assert abs(float(said.split()[1].rstrip(":")) - 0.8) < 0.002
    assert explorer.control("Recording to name, by score").get_attribute("aria-valuetext") == nearest(OWN)


def nearest(score: float) -> str:
    """Name of the recording whose score is closest."""
    return min(ROWS, key=lambda row: abs(row["score"] - score))["name"]


def test_click_on_a_curve_moves_the_threshold_there(explorer: Explorer) -> None:
    width, height = explorer.size("MACC at every threshold")
    explorer.canvas("MACC at every threshold").click(
        position={"x": 48 + (width - 60) * 0.75, "y": height / 2}
    )
    threshold = float(explorer.said().split()[1].rstrip(":"))
    assert abs(threshold - 0.75) < 0.003

    place = 60
    found = metrics.binary_metrics(LABELS, SCORES, midway(place))
    width, height = explorer.size("ROC curve")
    x = 48 + (width - 60) * (1 - found.specificity)
    y = height - 40 - (height - 48) * found.sensitivity
    explorer.canvas("ROC curve").click(position={"x": x, "y": y})
    shown = float(explorer.said().split()[1].rstrip(":"))
    reached = metrics.binary_metrics(LABELS, SCORES, shown)
    # The mouse points at whole pixels, so that a neighbour on the curve may be nearer.
    assert abs(reached.sensitivity - found.sensitivity) < 1.5 / (height - 48)
    assert abs(reached.specificity - found.specificity) < 1.5 / (width - 60)


def test_every_recording_can_be_named_by_keyboard(explorer: Explorer) -> None:
    for keys, row in ((["Home"], ROWS[0]), (["End"], ROWS[-1]), (["End", "ArrowLeft"], ROWS[-2])):
        explorer.press("Recording to name, by score", *keys)
        explorer.said()
        named = explorer.root.locator(".sn-named").inner_text()
        kind = ("normal", "abnormal")[row["label"]]
        called = row["score"] >= OWN
        assert named.startswith(f"{row['name']}: {kind}, subset {row['subset']}")
        assert f"Score {row['score']:.3f}, called {('normal', 'abnormal')[called]}: " in named
        assert ("poor signal quality" in named) == (not row["good_quality"])


def test_click_on_a_dot_names_its_recording(explorer: Explorer) -> None:
    explorer.press("Recording to name, by score", "Home")
    well = [row for row in ROWS if row["label"] == 0]
    # The normal heart with the highest score stands alone; every ninth lane is as high as the first.
    lane = ((len(well) - 1) * 4 % 9) / 8 - 0.5
    width, height = explorer.size("Scores")
    tall = (height - 64) / 2
    x = 66 + (width - 78) * well[-1]["score"]
    explorer.canvas("Scores").click(position={"x": x, "y": height - 40 - tall / 2 + 0.74 * tall * lane})
    explorer.said()
    named = explorer.root.locator(".sn-named").inner_text()
    assert named.startswith(f"{well[-1]['name']}: normal")
    assert named.endswith("called abnormal: a false alarm.")
    who = explorer.control("Recording to name, by score")
    assert ROWS[int(who.input_value()) - 1]["name"] == well[-1]["name"]


def test_table_lists_every_recording_as_it_is_called_now(explorer: Explorer) -> None:
    explorer.press("Threshold", "Home", *["PageUp"] * 6)
    rows = explorer.rows()
    threshold = float(explorer.control("Threshold").input_value())
    assert threshold == pytest.approx(0.6)
    assert [row[0] for row in rows] == [row["name"] for row in ROWS]
    assert [float(row[2]) for row in rows] == pytest.approx([row["score"] for row in ROWS], abs=5.1e-5)
    called = ["abnormal" if row["score"] >= threshold else "normal" for row in ROWS]
    assert [row[3] for row in rows] == called
    wrong = sum(row[4] in ("missed", "a false alarm") for row in rows)
    assert wrong == ((SCORES >= threshold) != LABELS).sum()


def test_tab_reaches_every_control_in_order(explorer: Explorer) -> None:
    explorer.control("Threshold").focus()
    controls = [explorer.control("Recording to name, by score")]
    controls += [
        explorer.button(name) for name in ("Call one more", "Call one fewer", "The run's own", "Peek")
    ]
    for control in controls:
        explorer.page.keyboard.press("Tab")
        assert control.evaluate("node => node === document.activeElement")


def test_phone_width_holds_everything_and_a_finger_taps(browser: Browser, address: str) -> None:
    phone = {"width": 390, "height": 844}
    explorer = open_explorer(browser, address, PAGE, NAME, viewport=phone, has_touch=True)
    assert explorer.page.evaluate("document.documentElement.scrollWidth") <= 390
    for node in explorer.root.locator("input, select, button, canvas").all():
        box = node.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 24, "a finger needs 24 pixels"
    canvas = explorer.canvas("MACC at every threshold")
    canvas.scroll_into_view_if_needed()
    canvas.tap(position={"x": 250, "y": 100})
    width, _ = explorer.size("MACC at every threshold")
    assert abs(float(explorer.said().split()[1].rstrip(":")) - (250 - 48) / (width - 60)) < 0.005
    explorer.assert_clean()
    explorer.close()
