"""The segment explorer on its page, without kernel and network, against the package."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Browser

from spectnet.explorers import SegmentExplorer
from spectnet.synthesis import MURMURS
from tests.browser.explorers import Explorer, open_explorer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAME, PAGE = "Segment explorer", "heart-sounds"
START = {"shape": "diamond", "f_min": 100.0, "f_max": 400.0, "murmur_db": -14.0, "heart_rate": 72.0}
KINDS = {
    "ejection": "diamond",
    "holosystolic": "plateau",
    "early diastolic": "decrescendo",
    "mid-diastolic": "rumble",
    "innocent": "diamond",
}
CONTROLS = (
    "A murmur of the book",
    "Shape and place",
    "Lowest frequency",
    "Highest frequency",
    "Loudness",
    "Heart rate",
)


def widget(**settings: object) -> SegmentExplorer:
    """The same cycle in Python."""
    made = SegmentExplorer()
    with made.hold_trait_notifications():
        for name, value in settings.items():
            setattr(made, name, value)
    return made


def assert_drawn(explorer: Explorer, **change: object) -> None:
    """Every number that the explorer shows is the package's."""
    settings = START | change
    made, clean = widget(**settings), widget(**settings | {"shape": "none"})
    levels = [list(one.levels().values()) for one in (clean, made)]
    edges = 1000 * np.array(made.cycle)
    expected = np.stack([edges[:-1], edges[1:], *levels], axis=1)
    shown = explorer.table()
    np.testing.assert_allclose(shown[:, :2], expected[:, :2], atol=0.0501)
    # The browser's random numbers have single precision.
    np.testing.assert_allclose(shown[:, 2:], expected[:, 2:], atol=0.00501)

    said = explorer.said()
    rate, length, s2 = settings["heart_rate"], edges[4], edges[2]
    assert said.startswith(f"{rate:g} beats a minute: a cycle of {length:.0f} ms, from S1 to S2 {s2:.0f} ms.")
    if settings["shape"] == "none":
        assert "No murmur." in said
        return
    kind = next(
        (
            name
            for name, m in MURMURS.items()
            if KINDS[name] == settings["shape"] and m.band == (settings["f_min"], settings["f_max"])
        ),
        None,
    )
    assert (f"the book's {kind} murmur" if kind else "a murmur of your own") in said
    phase = 1 if settings["shape"] in ("diamond", "plateau") else 3
    name = ("S1", "systole", "S2", "diastole")[phase]
    assert f"{name} rises from {levels[0][phase]:.1f} to {levels[1][phase]:.1f} dB".replace("-", "−") in said
    assert f"{settings['f_min']:g} to {settings['f_max']:g} Hz" in said
    murmur = np.flatnonzero(made.parts()["murmur"]) / 2  # in ms
    first, last = (float(ms) for ms in re.findall(r"Hz, from (\d+) to (\d+) ms", said)[0])
    assert murmur[0] == pytest.approx(first, abs=1.1)
    assert murmur[-1] == pytest.approx(last, abs=1.1)


def test_page_draws_at_once_without_kernel_or_network(explorer: Explorer) -> None:
    assert_drawn(explorer)
    assert explorer.label("Waveform").endswith(
        "S1 from 0 ms, systole from 130 ms, S2 from 312 ms, diastole from 412 ms."
    )


@pytest.mark.parametrize("kind", ["none", *MURMURS])
def test_every_murmur_of_the_book_can_be_chosen(explorer: Explorer, kind: str) -> None:
    explorer.control("A murmur of the book").select_option(kind)
    if kind == "none":
        assert_drawn(explorer, shape="none")
        return
    low, high = MURMURS[kind].band
    assert_drawn(explorer, shape=KINDS[kind], f_min=low, f_max=high)


@pytest.mark.parametrize(
    ("control", "keys", "change"),
    [
        ("A murmur of the book", ["ArrowDown"], {"shape": "plateau", "f_min": 150.0, "f_max": 500.0}),
        ("Shape and place", ["ArrowDown"], {"shape": "plateau"}),
        ("Shape and place", ["End"], {"shape": "rumble"}),
        ("Lowest frequency", ["ArrowRight"] * 3, {"f_min": 130.0}),
        ("Lowest frequency", ["End"], {"f_min": 680.0, "f_max": 700.0}),
        ("Highest frequency", ["ArrowDown"] * 2, {"f_max": 380.0}),
        ("Highest frequency", ["Home"], {"f_min": 20.0, "f_max": 40.0}),
        ("Loudness", ["ArrowUp"] * 4, {"murmur_db": -10.0}),
        ("Loudness", ["Home"], {"murmur_db": -50.0}),
        ("Loudness", ["End"], {"murmur_db": 0.0}),
        ("Heart rate", ["ArrowRight"], {"heart_rate": 73.0}),
        ("Heart rate", ["Home"], {"heart_rate": 40.0}),
        ("Heart rate", ["End"], {"heart_rate": 150.0}),
    ],
)
def test_keyboard_moves_every_control(
    explorer: Explorer, control: str, keys: list[str], change: dict
) -> None:
    explorer.press(control, *keys)
    assert_drawn(explorer, **change)


@pytest.mark.parametrize(
    ("control", "setting"),
    [
        ("Lowest frequency", "f_min"),
        ("Highest frequency", "f_max"),
        ("Loudness", "murmur_db"),
        ("Heart rate", "heart_rate"),
    ],
)
def test_mouse_drags_the_sliders(explorer: Explorer, control: str, setting: str) -> None:
    start = explorer.control(control).evaluate("node => (node.value - node.min) / (node.max - node.min)")
    explorer.drag(control, start, 0.45)
    value = float(explorer.control(control).input_value())
    assert value != START[setting]
    assert_drawn(explorer, **{setting: value})


def test_a_murmur_that_the_book_has_not_is_ones_own(explorer: Explorer) -> None:
    explorer.press("Highest frequency", "ArrowRight")
    explorer.said()
    assert explorer.control("A murmur of the book").input_value() == "own"
    explorer.press("Highest frequency", "ArrowLeft")
    explorer.said()
    assert explorer.control("A murmur of the book").input_value() == "ejection"


def test_tab_reaches_every_control_in_order(explorer: Explorer) -> None:
    explorer.control(CONTROLS[0]).focus()
    for name in CONTROLS[1:]:
        explorer.page.keyboard.press("Tab")
        assert explorer.control(name).evaluate("node => node === document.activeElement"), name


def test_states_and_murmur_stand_where_the_numbers_say(explorer: Explorer) -> None:
    explorer.said()
    width, _ = explorer.size("Waveform")
    made = widget(**START)
    # Okabe and Ito's colours, as in every figure of the book.
    colors = ([0x00, 0x72, 0xB2], [0xE6, 0x9F, 0x00], [0x00, 0x9E, 0x73], [0x99] * 3)
    for color, start, end in zip(colors, made.cycle, made.cycle[1:], strict=False):
        for inside in (0.1, 0.9):
            time = start + inside * (end - start)
            x = 48 + (width - 58) * time / made.cycle[-1]
            assert np.abs(np.array(explorer.pixel("Waveform", x, 26)) - color).max() < 4
    width, height = explorer.size("Spectrogram")
    top = 700 // (2000 / 256) * 2000 / 256 + 1000 / 256  # half a row above the last one
    for time, frequency in ((0.06, 250.0), (0.2916, 250.0), (0.17, 100.0), (0.17, 400.0)):
        x = 48 + (width - 58) * time / made.cycle[-1]
        y = height - 40 - (height - 48) * frequency / top
        near = [explorer.pixel("Spectrogram", x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        assert max(sum(color) for color in near) > 690, "the white box of the murmur"


def test_spectrogram_is_bright_where_the_murmur_is(explorer: Explorer) -> None:
    def brightness(time: float, frequency: float) -> float:
        explorer.said()
        width, height = explorer.size("Spectrogram")
        x = 48 + (width - 58) * time / (60 / 72)
        y = height - 40 - (height - 48) * frequency / 699
        around = [explorer.pixel("Spectrogram", x + i, y + j) for i in range(-12, 13, 4) for j in (-8, 0, 8)]
        return float(np.mean(around))

    explorer.press("Loudness", "End")
    loud = brightness(0.165, 250.0)
    assert loud > brightness(0.6, 250.0) + 60
    explorer.control("A murmur of the book").select_option("none")
    assert brightness(0.165, 250.0) < loud - 60


def test_buttons_play_four_beats_with_and_without_the_murmur(explorer: Explorer) -> None:
    explorer.control("Playback").select_option("1")
    explorer.button("Play four beats").press("Enter")
    explorer.button("Without the murmur").press("Enter")
    explorer.button("Stop").press("Enter")
    both = explorer.played()
    parts = widget(**START).parts()
    for sound, expected in zip(both, (parts["heart"] + parts["murmur"], parts["heart"]), strict=True):
        assert (sound["seconds"], sound["speed"]) == (pytest.approx(4 * len(expected) / 2000), 1)
        samples = np.array(sound["samples"])[:: len(sound["samples"]) // (4 * len(expected))]
        beat = samples[len(expected) : 2 * len(expected)]
        # The second of the four beats has no soft end.
        np.testing.assert_allclose(beat / np.abs(beat).max(), expected / np.abs(expected).max(), atol=0.01)


def test_cursor_runs_once_a_beat(explorer: Explorer) -> None:
    explorer.control("Playback").select_option("1")
    explorer.canvas("Spectrogram").click()
    cursor = explorer.root.locator(".sn-cursor:visible")
    timing = cursor.evaluate("node => node.getAnimations()[0].effect.getTiming()")
    assert timing["duration"] == pytest.approx(1000 * 60 / 72, rel=1e-3)
    assert timing["iterations"] == 4
    explorer.button("Stop").press("Enter")
    assert cursor.count() == 0


def test_reduced_motion_leaves_the_cursor_out(browser: Browser, address: str) -> None:
    explorer = open_explorer(browser, address, PAGE, NAME, reduced_motion="reduce")
    explorer.control("Playback").select_option("1")
    explorer.button("Play four beats").click()
    assert explorer.button("Stop").count() == 1
    assert explorer.root.locator(".sn-cursor:visible").count() == 0
    explorer.close()
