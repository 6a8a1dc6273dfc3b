"""The filterbank explorer on every page that shows it, without kernel and network, against the package."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser

from spectnet import filterbank, gammatone, scales
from spectnet.explorers import FilterbankExplorer
from spectnet.model import DEFAULT_MODEL, load_model
from tests.browser.explorers import Explorer, open_explorer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAME = "Filterbank explorer"
POINTS = 401  # of the explorer's frequency grid
HEARTS = {
    "n": 16,
    "order": 4,
    "f_min": 25.0,
    "f_max": 400.0,
    "scale": "mel",
    "rule": "spacing",
    "learned": False,
}
PAGES = {
    "index": HEARTS,
    "gammatone-filters": HEARTS,
    "fixed-or-learned": HEARTS | {"learned": True},
    "mel-initialisation": HEARTS | {"f_min": 0.0, "f_max": 500.0, "rule": 100.0},
}
ONE_PAGE = "gammatone-filters"  # for what is the same on all of them


@pytest.fixture(scope="module", params=PAGES)
def opened(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[tuple[Explorer, dict]]:
    """A page that shows the explorer, once for all tests, and the settings that it starts with."""
    explorer = open_explorer(browser, address, request.param, NAME)
    yield explorer, PAGES[request.param]
    explorer.close()


@pytest.fixture
def explorer(opened: tuple[Explorer, dict]) -> Iterator[Explorer]:
    """The explorer as at first; a test fails where the page broke or reached outside."""
    opened[0].reset()
    yield opened[0]
    opened[0].assert_clean()


@pytest.fixture
def start(opened: tuple[Explorer, dict]) -> dict:
    """The settings that the page starts with."""
    return opened[1]


def bank(settings: dict) -> tuple[torch.Tensor, torch.Tensor]:
    """Centres and bandwidths by the package."""
    if settings["learned"]:
        layer = load_model(DEFAULT_MODEL).frontend
        return layer.center_frequencies.detach(), layer.bandwidths.detach()
    spacing = settings["n"], settings["f_min"], settings["f_max"], settings["scale"]
    centers, rule = scales.spaced_frequencies(*spacing), settings["rule"]
    if rule == "spacing":
        return centers, gammatone.bandwidth_from_spacing(*spacing, settings["order"])
    if rule == "erb":
        return centers, gammatone.bandwidth_from_erb(centers, settings["order"])
    return centers, torch.full_like(centers, rule)


def assert_drawn(explorer: Explorer, settings: dict) -> None:
    """Every number that the explorer shows is the package's."""
    centers, widths = bank(settings)
    n, order = settings["n"], settings["order"]
    expected = torch.stack([centers, widths, widths * gammatone.half_power_factor(order)], dim=1)
    np.testing.assert_allclose(explorer.table()[:, :3], expected, atol=0.00501)

    grid = torch.linspace(0, 500, POINTS, dtype=torch.float64)
    response = gammatone.frequency_response(centers, widths, grid, sample_rate=1000.0, order=order)
    total = 10 * torch.log10(response.abs().square().sum(dim=0))
    inside = total[(grid >= centers[0]) & (grid <= centers[-1])]
    said = explorer.said()
    assert f"{n} filter" in said
    how = "learned within " if settings["learned"] else ""
    assert f"order {order}, {how}{settings['f_min']:.0f} to {settings['f_max']:.0f} Hz" in said
    if len(inside):
        low, high = re.findall(r"([−+]?[\d.]+)(?: to | dB\.)", said.split("sum lies from")[1])
        shown = [float(value.replace("−", "-")) for value in (low, high)]
        assert shown == pytest.approx([inside.min().item(), inside.max().item()], abs=0.051)


def moved(start: dict, change: dict) -> dict:
    """The settings after a change, which leaves what was learned."""
    return start | change | {"learned": start["learned"] and start == start | change}


def loudest(clip: int, settings: dict) -> tuple[int, float]:
    """Filter (from 1) and time in seconds at which the package hears most."""
    samples = np.frombuffer(FilterbankExplorer().clips[clip]["samples"], "<i2") / 32767
    energy = filterbank.energy(
        torch.tensor(samples)[None],
        *bank(settings),
        order=settings["order"],
        window_length=25,
        hop_length=10,
        sample_rate=1000.0,
    )[0]
    row, frame = divmod(int(energy.argmax()), energy.shape[1])
    return row + 1, (frame * 10 + 12.5) / 1000


@pytest.mark.parametrize(("clip", "name"), [(0, "a normal heart"), (1, "the same, with a murmur")])
def test_page_draws_the_chosen_sound_without_kernel_or_network(
    explorer: Explorer, start: dict, clip: int, name: str
) -> None:
    before = explorer.picture("Spectrogram")
    explorer.control("Sound").select_option(index=clip)
    assert_drawn(explorer, start)
    row, time = loudest(clip, start)
    label = explorer.label("Spectrogram")
    assert f"{name}: loudest behind filter {row} (" in label
    assert abs(float(re.findall(r"at ([\d.]+) s", label)[0]) - time) < 0.01
    assert (explorer.picture("Spectrogram") != before) == (clip != 0)


@pytest.mark.parametrize(
    ("control", "keys", "change"),
    [
        ("Number of filters", ["ArrowRight"] * 3, {"n": 19}),
        ("Number of filters", ["End"], {"n": 64}),
        ("Number of filters", ["Home"], {"n": 1}),
        ("Order", ["ArrowLeft"] * 2, {"order": 2}),
        ("Order", ["End"], {"order": 8}),
        ("Lowest frequency", ["Home"] + ["ArrowUp"] * 4, {"f_min": 20.0}),
        ("Lowest frequency", ["End"], {"f_min": 495.0, "f_max": 500.0}),
        ("Highest frequency", ["End", "PageDown"], {"f_max": 450.0}),
        ("Highest frequency", ["Home"], {"f_min": 0.0, "f_max": 5.0}),
        ("Spacing of the centres", ["ArrowDown"], {"scale": "slaney"}),
        ("Spacing of the centres", ["ArrowDown"] * 2, {"scale": "erb"}),
        ("Spacing of the centres", ["End"], {"scale": "linear"}),
        ("Bandwidth", ["Home"], {"rule": "spacing"}),
        ("Bandwidth", ["Home", "ArrowDown"], {"rule": "erb"}),
        ("Bandwidth", ["End"], {"rule": 100.0}),
    ],
)
def test_keyboard_moves_every_control(
    explorer: Explorer, start: dict, control: str, keys: list[str], change: dict
) -> None:
    explorer.press(control, *keys)
    assert_drawn(explorer, moved(start, change))


@pytest.mark.parametrize(
    ("control", "setting", "low", "high"),
    [
        ("Number of filters", "n", 1, 64),
        ("Order", "order", 1, 8),
        ("Lowest frequency", "f_min", 0, 500),
        ("Highest frequency", "f_max", 0, 500),
    ],
)
def test_mouse_drags_every_slider(
    explorer: Explorer, start: dict, control: str, setting: str, low: float, high: float
) -> None:
    explorer.drag(control, (start[setting] - low) / (high - low), 0.5)
    value = float(explorer.control(control).input_value())
    assert abs(value - (low + high) / 2) < 0.1 * (high - low)
    assert_drawn(explorer, moved(start, {setting: int(value) if high < 100 else value}))


def test_tab_reaches_every_control_in_order(explorer: Explorer) -> None:
    explorer.control("Number of filters").focus()
    rest = "Order", "Lowest frequency", "Highest frequency", "Spacing of the centres", "Bandwidth"
    for name in (*rest, "Filter to name and play", "Sound", "Playback"):
        explorer.page.keyboard.press("Tab")
        assert explorer.control(name).evaluate("node => node === document.activeElement"), name


def test_learned_bank_is_left_and_found_again(browser: Browser, address: str) -> None:
    explorer = open_explorer(browser, address, "fixed-or-learned", NAME)
    start = PAGES["fixed-or-learned"]
    explorer.press("Filters", "ArrowDown")
    assert_drawn(explorer, start | {"learned": False})
    explorer.press("Order", "ArrowRight")
    explorer.press("Filters", "ArrowUp")
    assert_drawn(explorer, start)

    layer = load_model(DEFAULT_MODEL).frontend
    began = np.array([layer.initial_center_frequencies, layer.initial_bandwidths]).T
    np.testing.assert_allclose(explorer.table()[:, 3:], began, atol=0.00501)
    moves = layer.center_frequencies.detach().numpy() - began[:, 0]
    most = np.abs(moves).argmax()
    assert f"Filter {most + 1} went furthest, {moves[most]:+.1f} Hz".replace("-", "−") in explorer.said()
    explorer.assert_clean()
    explorer.close()


def test_chosen_filter_is_named_and_stands_out(explorer: Explorer, start: dict) -> None:
    explorer.press("Filter to name and play", "End")
    explorer.said()
    centers, widths = bank(start)
    named = explorer.root.locator(".sn-named").inner_text()
    assert named.startswith(
        f"Filter 16 of 16: centre {centers[-1]:.1f} Hz, bandwidth b = {widths[-1]:.1f} Hz"
    )
    width, height = explorer.size("Frequency responses")
    x = 48 + (width - 58) * centers[-1].item() / 500
    y = height - 40 - (height - 48) * 40 / 55  # 0 dB on an axis from -40 to 15
    around = [explorer.pixel("Frequency responses", x, y + shift) for shift in (-1, 0, 1, 2)]
    assert min(np.abs(color - explorer.accent()).sum() for color in around) < 60


def test_brightest_pixel_stands_where_the_package_hears_most(explorer: Explorer, start: dict) -> None:
    explorer.press("Filter to name and play", "End")  # its frame would lie over the lowest row
    explorer.said()
    width, height = explorer.size("Spectrogram")
    row, time = loudest(0, start)
    x = 48 + (width - 58) * time / 2.5
    y = height - 40 - (height - 48) * (row - 0.5) / 16
    assert np.abs(np.array(explorer.pixel("Spectrogram", x, y)) - [252, 253, 191]).max() < 12


def test_pointing_names_a_filter_and_clicking_plays_it(explorer: Explorer, start: dict) -> None:
    canvas = explorer.canvas("Impulse responses")
    canvas.scroll_into_view_if_needed()
    height = explorer.size("Impulse responses")[1]
    row = 6
    place = {"x": 100, "y": height - 40 - (height - 48) * (row - 0.5) / 16}
    canvas.hover(position=place)  # type: ignore[arg-type]
    explorer.said()
    centers, widths = bank(start)
    assert (
        explorer.root.locator(".sn-named")
        .inner_text()
        .startswith(f"Filter {row} of 16: centre {centers[5]:.1f}")
    )
    assert explorer.played() == [], "sound starts on a click and never before"

    canvas.click(position=place)  # type: ignore[arg-type]
    (sound,) = explorer.played()
    assert sound["seconds"] == pytest.approx(2.5)
    assert sound["speed"] == 4
    samples = np.array(sound["samples"])
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    heard = np.fft.rfftfreq(len(samples), 2.5 / len(samples))[spectrum.argmax()]
    assert abs(heard - centers[row - 1]) < widths[row - 1]
    assert np.abs(samples).max() <= 0.81


def test_buttons_play_at_the_chosen_speed_and_stop(explorer: Explorer) -> None:
    explorer.control("Playback").select_option("1")
    explorer.button("Play the sound").press("Enter")
    assert explorer.button("Stop").count() == 1
    explorer.page.keyboard.press("Enter")  # at once, before the sound ends by itself
    assert explorer.button("Play the sound").count() == 1
    assert [sound["speed"] for sound in explorer.played()] == [1]


def test_reduced_motion_leaves_the_cursor_out(browser: Browser, address: str) -> None:
    explorer = open_explorer(browser, address, ONE_PAGE, NAME, reduced_motion="reduce")
    explorer.button("Play the sound").click()
    assert explorer.button("Stop").count() == 1
    assert explorer.root.locator(".sn-cursor:visible").count() == 0
    explorer.close()
