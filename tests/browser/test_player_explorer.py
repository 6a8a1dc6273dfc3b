"""The training player on its page, without kernel and network, against the runs on record."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from spectnet.explorers import TrainingPlayer
from tests.browser.explorers import Explorer, open_explorer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAME, PAGE = "Training player", "fixed-or-learned"
FOLDER = Path(__file__).resolve().parents[2] / "results" / "runs"
# As the page shows them: two seeds of the learned bank, and the fixed one.
FILES = [
    FOLDER / f"{name}.json"
    for name in (
        "learned-16_paper-fold-0_seed0",
        "learned-16_paper-fold-0_seed1",
        "static-16_paper-fold-0_seed0",
    )
]
CONTROLS = ("Run", "Epoch", "Filters over epochs", "Filter to name")
TRACKS = "Filters by epoch"


def record(run: int) -> dict:
    return json.loads(FILES[run].read_text(encoding="utf-8"))


def assert_drawn(explorer: Explorer, epoch: int, run: int = 0) -> None:
    """Every number that the player shows is the record's."""
    player, recorded = TrainingPlayer(FILES[run], epoch=epoch), record(run)
    start = TrainingPlayer(FILES[run]).center_frequencies
    expected = np.stack([start, player.center_frequencies, player.moved, player.bandwidths], axis=1)
    np.testing.assert_allclose(explorer.table(), expected, atol=0.00501)
    said = explorer.said()
    if epoch == 0:
        assert said.startswith(f"At the start of {player.runs[0]['title']}, before the first of 16 epochs")
        return
    at = recorded["history"][epoch - 1]
    kept = ", the one that was kept, by inner validation" if epoch == recorded["best_epoch"] else ""
    assert said.startswith(
        f"After epoch {epoch} of 16{kept}: loss {at['loss']:.4f}, "
        f"validation MACC {100 * at['validation_macc']:.2f} %."
    )
    if recorded["config"]["model"]["frontend"]["learnable"]:
        sizes = [abs(move) for move in player.moved]
        furthest = sizes.index(max(sizes))
        shown = re.findall(r"filter (\d+), by ([+−][\d.]+) Hz; half have moved at most ([\d.]+) Hz", said)[0]
        assert int(shown[0]) == furthest + 1
        assert float(shown[1].replace("−", "-")) == pytest.approx(player.moved[furthest], abs=0.051)
        assert float(shown[2]) == pytest.approx(statistics.median(sizes), abs=0.051)
    else:
        assert said.endswith("The filters are fixed.")


@pytest.mark.parametrize(
    ("control", "keys", "epoch", "run"),
    [
        ("Epoch", ["ArrowRight"] * 3, 7, 0),
        ("Epoch", ["End"], 16, 0),
        ("Epoch", ["Home"], 0, 0),
        ("Run", ["ArrowDown"], 4, 1),
        ("Run", ["End"], 4, 2),
    ],
)
def test_keyboard_moves_run_and_epoch(
    explorer: Explorer, control: str, keys: list[str], epoch: int, run: int
) -> None:
    explorer.control("Epoch").fill("4")
    explorer.press(control, *keys)
    assert_drawn(explorer, epoch, run)


def test_every_epoch_of_every_run_is_the_records(explorer: Explorer) -> None:
    for run in range(len(FILES)):
        explorer.control("Run").select_option(str(run))
        for epoch in (1, 9, record(run)["best_epoch"]):
            explorer.control("Epoch").fill(str(epoch))
            assert_drawn(explorer, epoch, run)


def test_keyboard_names_a_filter(explorer: Explorer) -> None:
    explorer.control("Epoch").fill("12")
    explorer.press("Filter to name", "End", "ArrowLeft", "ArrowLeft")
    explorer.said()
    player, start = TrainingPlayer(FILES[0], epoch=12), TrainingPlayer(FILES[0])
    center, begun, width = (
        values[13] for values in (player.center_frequencies, start.center_frequencies, player.bandwidths)
    )
    moved = f"{player.moved[13]:+.1f}".replace("-", "−")
    named = explorer.root.locator(".sn-named").inner_text()
    shown = f"{center:.1f} Hz, from {begun:.1f} Hz ({moved} Hz); bandwidth b = {width:.1f} Hz"
    assert named == f"Filter 14 of 16: {shown}"


def test_keyboard_changes_what_is_drawn_over_epochs(explorer: Explorer) -> None:
    before = explorer.picture(TRACKS)
    explorer.press("Filters over epochs", "ArrowDown")
    explorer.said()
    assert explorer.label(TRACKS).startswith(f"{TRACKS}. How far each filter has moved")
    assert explorer.picture(TRACKS) != before


def test_tab_reaches_every_control_in_order(explorer: Explorer) -> None:
    explorer.control(CONTROLS[0]).focus()
    for name in CONTROLS[1:]:
        explorer.page.keyboard.press("Tab")
        assert explorer.control(name).evaluate("node => node === document.activeElement"), name
    for name in ("Play the training", "One epoch back", "One epoch on"):
        explorer.page.keyboard.press("Tab")
        assert explorer.button(name).evaluate("node => node === document.activeElement"), name


def test_mouse_drags_the_epoch(explorer: Explorer) -> None:
    explorer.drag("Epoch", 0.03, 0.5)
    epoch = int(explorer.control("Epoch").input_value())
    assert 7 <= epoch <= 9
    assert_drawn(explorer, epoch)


def test_buttons_step_there_and_back_and_stay_inside(explorer: Explorer) -> None:
    explorer.button("One epoch back").press("Enter")
    assert_drawn(explorer, 0)
    for _ in range(3):
        explorer.button("One epoch on").click()
    explorer.button("One epoch back").press("Space")
    assert_drawn(explorer, 2)
    explorer.control("Epoch").fill("16")
    explorer.button("One epoch on").click()
    assert_drawn(explorer, 16)


def test_playing_ends_by_itself_and_can_be_paused(explorer: Explorer) -> None:
    slider = explorer.control("Epoch")
    explorer.control("Epoch").fill("13")
    explorer.button("Play the training").click()
    explorer.button("Pause").wait_for()
    explorer.button("Play the training").wait_for(timeout=20_000)
    assert slider.input_value() == "16"
    assert_drawn(explorer, 16)
    explorer.button("Play the training").press("Enter")  # from the start again
    explorer.page.wait_for_function("node => node.value === '2'", arg=slider.element_handle())
    explorer.button("Pause").press("Enter")
    epoch = int(slider.input_value())
    assert_drawn(explorer, epoch)
    assert int(slider.input_value()) == epoch <= 3


@pytest.mark.parametrize("title", [TRACKS, "Training loss by epoch", "Validation MACC by epoch"])
def test_click_on_a_curve_goes_to_its_epoch(explorer: Explorer, title: str) -> None:
    width, _ = explorer.size(title)
    explorer.canvas(title).click(position={"x": round(48 + (width - 60) * 11 / 16), "y": 90})
    assert_drawn(explorer, 11)


def test_pointing_at_a_response_names_its_filter(explorer: Explorer) -> None:
    explorer.control("Epoch").fill("16")
    explorer.said()
    width, _ = explorer.size("Responses of the filters")
    center = TrainingPlayer(FILES[0], epoch=16).center_frequencies[4]
    x = 48 + (width - 60) * center / 500
    explorer.canvas("Responses of the filters").hover(position={"x": x, "y": 60})
    explorer.said()
    assert explorer.root.locator(".sn-named").inner_text().startswith(f"Filter 5 of 16: {center:.1f} Hz")


def test_dot_stands_where_the_epochs_macc_is(explorer: Explorer) -> None:
    explorer.control("Epoch").fill("5")
    explorer.said()
    title, macc = "Validation MACC by epoch", [100 * e["validation_macc"] for e in record(0)["history"]]
    (width, height), room = explorer.size(title), 0.08 * (max(macc) - min(macc))
    low, high = min(macc) - room, max(macc) + room
    x = 48 + (width - 60) * 5 / 16
    y = height - 40 - (height - 48) * (macc[4] - low) / (high - low)
    assert np.abs(explorer.accent() - explorer.pixel(title, x - 2, y)).max() < 30
    assert "Highest 85.25 %; epoch 15 was kept; epoch 5 is marked." in explorer.label(title)


def test_reduced_motion_plays_more_slowly(browser: Browser, address: str) -> None:
    explorer = open_explorer(browser, address, PAGE, NAME, reduced_motion="reduce")
    slider = explorer.control("Epoch")
    explorer.button("Play the training").click()
    explorer.page.wait_for_timeout(1000)
    assert slider.input_value() == "0"
    explorer.page.wait_for_function("node => node.value === '1'", arg=slider.element_handle())
    assert explorer.root.locator(".sn-cursor:visible").count() == 0
    explorer.close()
