"""The spectrogram explorer on its page, without kernel and network, against the package."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser

from spectnet.explorers import SpectrogramExplorer
from tests.browser.explorers import Explorer, open_explorer
from tests.explorers import write_spectrogram as package

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAME, PAGE = "Spectrogram explorer", "spectrograms"
CLIPS = ("two tones, then two clicks", "a normal heart", "the same, with a murmur")
MAGMA_TOP = [252, 253, 191]


def energies(clip: int = 0, **settings: object) -> np.ndarray:
    """What the package's layer hears in a clip, before the logarithm: (filters, frames)."""
    widget = SpectrogramExplorer(**settings)  # type: ignore[arg-type]
    samples = torch.tensor(np.frombuffer(widget.clips[clip]["samples"], "<i2") / 32767)
    with package.double_precision():
        return package.energies(widget, samples[None])[0].numpy()


def assert_drawn(explorer: Explorer, clip: int = 0, **settings: object) -> None:
    """Every number that the explorer shows is the package's."""
    widget = SpectrogramExplorer(**settings)  # type: ignore[arg-type]
    with package.double_precision():
        step = widget.sample_rate / 2 / package.GRID
        tones = package.tone_responses(widget).numpy()
        widths = np.array([package.half_width(row, step) for row in tones])
        lengths = package.click_lengths(widget).numpy()
    expected = np.stack([widget.center_frequencies, widths, 1000 * lengths, widths * lengths], axis=1)
    np.testing.assert_allclose(explorer.table(), expected, atol=0.00501)

    energy, said = energies(clip, **settings), explorer.said()
    plural = "" if widget.n_filters == 1 else "s"
    assert said.startswith(
        f"{widget.n_filters} {widget.front_end} filter{plural}; window {1000 * widget.window_s:g} ms, "
        f"hop {1000 * widget.hop_s:g} ms: {energy.shape[1]} frames."
    )
    (share,) = re.findall(r"(\d+) % of the picture lies below the floor", said)
    assert abs(int(share) - 100 * (energy < widget.floor).mean()) <= 0.51
    shown = explorer.label("Spectrogram")
    assert f"{CLIPS[clip]}: loudest in filter " in shown
    (row,), (time,) = re.findall(r"filter (\d+)", shown), re.findall(r"at ([\d.]+) s", shown)
    middles = np.arange(energy.shape[1]) * widget.hop_s + widget.window_s / 2
    there = energy[int(row) - 1, np.abs(middles - float(time)) < 0.0051]  # a steady tone has many such frames
    assert there.max() == pytest.approx(energy.max(), rel=1e-6)


@pytest.mark.parametrize("clip", range(len(CLIPS)))
def test_page_draws_the_chosen_sound_without_kernel_or_network(explorer: Explorer, clip: int) -> None:
    explorer.control("Sound").select_option(index=clip)
    assert_drawn(explorer, clip)


@pytest.mark.parametrize(
    ("control", "keys", "change"),
    [
        ("Front-end", ["End"], {"front_end": "gammatone"}),
        ("Window", ["ArrowRight"] * 3, {"window_s": 0.04}),
        ("Window", ["End"], {"window_s": 0.25}),
        ("Window", ["Home"], {"window_s": 0.005}),
        ("Hop", ["ArrowLeft"] * 2, {"hop_s": 0.006}),
        ("Hop", ["Home"], {"hop_s": 0.002}),
        ("Hop", ["End"], {"hop_s": 0.05}),
        ("Number of filters", ["ArrowUp"] * 3, {"n_filters": 19}),
        ("Number of filters", ["Home"], {"n_filters": 1}),
        ("Number of filters", ["End"], {"n_filters": 64}),
        ("Floor", ["ArrowRight"] * 2, {"floor": 1e-5}),
        ("Floor", ["End"], {"floor": 100.0}),
        ("Floor", ["Home"], {"floor": 1e-10}),
    ],
)
def test_keyboard_moves_every_control(
    explorer: Explorer, control: str, keys: list[str], change: dict
) -> None:
    explorer.press(control, *keys)
    assert_drawn(explorer, **change)


@pytest.mark.parametrize(("control", "keys"), [("Window", ["PageUp"]), ("Number of filters", ["Home"])])
def test_gammatones_follow_too(explorer: Explorer, control: str, keys: list[str]) -> None:
    explorer.control("Front-end").select_option("gammatone")
    explorer.press(control, *keys)
    value = float(explorer.control(control).input_value())
    change = {"window_s": value / 1000} if control == "Window" else {"n_filters": int(value)}
    assert_drawn(explorer, front_end="gammatone", **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("control", "setting", "scale"),
    [("Window", "window_s", 1000), ("Hop", "hop_s", 1000), ("Number of filters", "n_filters", 1)],
)
def test_mouse_drags_the_sliders(explorer: Explorer, control: str, setting: str, scale: int) -> None:
    start = explorer.control(control).evaluate("node => (node.value - node.min) / (node.max - node.min)")
    explorer.drag(control, start, 0.5)
    value = float(explorer.control(control).input_value())
    low, high = (float(explorer.control(control).get_attribute(end) or "nan") for end in ("min", "max"))
    assert abs((value - low) / (high - low) - 0.5) < 0.06
    assert_drawn(explorer, **{setting: value / scale if scale > 1 else int(value)})


def test_floor_is_dragged_in_decibels(explorer: Explorer) -> None:
    start = explorer.control("Floor").evaluate("node => (node.value - node.min) / (node.max - node.min)")
    explorer.drag("Floor", start, 0.75)
    floor_db = float(explorer.control("Floor").input_value())
    assert abs(floor_db + 10) <= 5
    assert_drawn(explorer, floor=10 ** (floor_db / 10))


def test_tab_reaches_every_control_in_order(explorer: Explorer) -> None:
    names = ("Front-end", "Window", "Hop", "Number of filters", "Floor")
    explorer.control(names[0]).focus()
    for name in names[1:]:
        explorer.page.keyboard.press("Tab")
        assert explorer.control(name).evaluate("node => node === document.activeElement"), name


def test_colours_are_decibels_below_the_loudest(explorer: Explorer) -> None:
    explorer.press("Filter to name", "Home")  # its frame lies over its row
    explorer.said()
    width, height = explorer.size("Spectrogram")
    energy = energies() + 1e-6
    share = 1 + 10 * np.log10(energy / energy.max()) / 60
    brightest = np.unravel_index(share.argmax(), share.shape)
    darkest = (12, 130)  # between the tones and the clicks
    half = (12, int(np.abs(share[12] - 0.8).argmin()))
    for row, frame in (brightest, darkest, half):
        x = 48 + (width - 58) * (frame * 0.01 + 0.0125) / 2
        y = height - 40 - (height - 48) * (row + 0.5) / 16
        pixel = np.array(explorer.pixel("Spectrogram", x, y)) / 255
        # Magma brightens all along: its luminance says the place on it.
        expected = package_magma(share[row, frame])
        assert np.abs(pixel - expected).max() < 0.04, (row, frame)


def package_magma(share: float) -> np.ndarray:
    """Matplotlib's magma, which the explorer draws from seventeen stops."""
    import matplotlib as mpl

    return np.array(mpl.colormaps["magma"](float(np.clip(share, 0, 1)))[:3])


def test_curves_stand_where_the_numbers_say(explorer: Explorer) -> None:
    explorer.press("Filter to name", "Home")
    explorer.said()
    for title, low, high, at in (("A tone", 0, 500, 43.0), ("A click", -100 / 3, 200 / 3, 0.0)):
        width, height = explorer.size(title)
        x = 48 + (width - 58) * (at - low) / (high - low)
        y = height - 40 - (height - 48) * 30 / 32  # 0 dB on an axis from -30 to 2
        around = [explorer.pixel(title, x, y + shift) for shift in (-1, 0, 1, 2)]
        assert min(np.abs(color - explorer.accent()).sum() for color in around) < 60, title


def test_pointing_names_a_filter_and_clicking_plays_from_there(explorer: Explorer) -> None:
    canvas = explorer.canvas("Spectrogram")
    canvas.scroll_into_view_if_needed()
    width, height = explorer.size("Spectrogram")
    place = {"x": 48 + 0.5 * (width - 58), "y": height - 40 - (height - 48) * 8.5 / 16}
    canvas.hover(position=place)  # type: ignore[arg-type]
    explorer.said()
    center = SpectrogramExplorer().center_frequencies[8]
    named = explorer.root.locator(".sn-named").inner_text()
    assert named.startswith(f"Filter 9 of 16 at {center:.1f} Hz")
    assert explorer.played() == [], "sound starts on a click and never before"
    canvas.click(position=place)  # type: ignore[arg-type]
    (sound,) = explorer.played()
    assert sound["seconds"] == pytest.approx(1.0, abs=0.01)  # the second half of two seconds


@pytest.mark.parametrize("speed", [1, 2, 4])
def test_button_plays_all_of_the_sound_at_the_chosen_pitch(explorer: Explorer, speed: int) -> None:
    explorer.control("Playback").select_option(str(speed))
    explorer.button("Play the sound").press("Enter")
    (sound,) = explorer.played()
    assert (sound["seconds"], sound["speed"]) == (pytest.approx(2.0), speed)


def test_cursor_runs_as_long_as_the_sound(explorer: Explorer) -> None:
    explorer.control("Playback").select_option("1")
    explorer.button("Play the sound").press("Enter")
    cursor = explorer.root.locator(".sn-cursor").first
    assert cursor.is_visible()
    lasts = cursor.evaluate("node => node.getAnimations()[0].effect.getTiming().duration")
    assert lasts == pytest.approx(2000)
    explorer.button("Stop").press("Enter")
    assert not cursor.is_visible()


def test_reduced_motion_leaves_the_cursor_out(browser: Browser, address: str) -> None:
    explorer = open_explorer(browser, address, PAGE, NAME, reduced_motion="reduce")
    explorer.control("Playback").select_option("1")
    explorer.button("Play the sound").click()
    assert explorer.button("Stop").count() == 1
    assert explorer.root.locator(".sn-cursor:visible").count() == 0
    explorer.close()
