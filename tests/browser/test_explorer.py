"""The filterbank explorer on the built page, without kernel and without network, against the package."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Locator, Page

from spectnet import filterbank, gammatone, scales
from spectnet.explorers import FilterbankExplorer
from tests.browser.conftest import DESKTOP, Watch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

POINTS = 401  # of the explorer's frequency grid
START = {"n": 16, "order": 4, "f_min": 25.0, "f_max": 400.0, "scale": "mel", "rule": "spacing"}
CONTROLS = (
    "Number of filters",
    "Order",
    "Lowest frequency",
    "Highest frequency",
    "Spacing of the centres",
    "Bandwidth",
)

# Counts what is played; nothing of the explorer knows.
LISTEN = """
window.played = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function () {
  const { buffer, playbackRate } = this;
  played.push({ seconds: buffer.duration, speed: playbackRate.value, samples: buffer.getChannelData(0) });
  start.call(this);
};
"""


class Explorer:
    """The explorer on an open page, and what it says and shows."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page, self.watch = page, watch
        self.root = page.locator(".sn-explorer")

    def reset(self) -> None:
        """Put every control back to where the page has it at first."""
        for name, value in (("Highest frequency", 400), ("Lowest frequency", 25), ("Order", 4)):
            self.control(name).fill(str(value))
        self.control("Number of filters").fill("16")
        self.control("Filter to name and play").fill("1")
        for name, value in (
            ("Spacing of the centres", "mel"),
            ("Bandwidth", "spacing"),
            ("Heart sound", "0"),
        ):
            self.control(name).select_option(value)
        self.control("Playback").select_option("4")
        self.page.evaluate("played.length = 0")

    def control(self, name: str) -> Locator:
        return self.root.get_by_label(name, exact=True)

    def canvas(self, title: str) -> Locator:
        return self.root.get_by_role("img", name=re.compile(f"^{title}"))

    def said(self) -> str:
        """The line for screen readers, when it has caught up with the controls."""
        self.page.wait_for_timeout(400)
        return self.root.get_by_role("status").inner_text()

    def table(self) -> np.ndarray:
        """Centre frequency, bandwidth and width at -3 dB of each filter, as the page lists them."""
        if not self.root.locator("details").evaluate("node => node.open"):
            self.root.locator("summary").click()
        self.said()
        rows = self.root.locator("tbody tr").all_inner_texts()
        return np.array([[float(cell) for cell in row.split()[1:]] for row in rows])

    def pixel(self, title: str, x: float, y: float) -> list[int]:
        """Colour at a place of a canvas, in CSS pixels."""
        return self.canvas(title).evaluate(
            """(canvas, [x, y]) => {
              const ratio = canvas.width / canvas.getBoundingClientRect().width;
              return [...canvas.getContext("2d").getImageData(x * ratio, y * ratio, 1, 1).data].slice(0, 3);
            }""",
            [x, y],
        )


def open_explorer(browser: Browser, address: str, **settings: object) -> Explorer:
    """Open the page with the network cut; what reaches for it, and every error, is noted."""
    context = browser.new_context(**{"viewport": DESKTOP} | settings)  # type: ignore[arg-type]
    context.add_init_script(LISTEN)
    watch = Watch()
    page = watch.over(context, (address,))
    page.goto(f"{address}/gammatone-filters.html")
    if settings.get("java_script_enabled", True):
        page.wait_for_selector(".sn-explorer[data-redraw-ms]", timeout=30_000)
    return Explorer(page, watch)


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[Explorer]:
    """One page for all tests, since only the explorer on it changes."""
    explorer = open_explorer(browser, address)
    yield explorer
    explorer.page.context.close()


@pytest.fixture
def explorer(opened: Explorer) -> Iterator[Explorer]:
    """The explorer as at first; a test fails where the page broke or reached outside."""
    opened.reset()
    yield opened
    assert not opened.watch.errors
    assert not opened.watch.outside


def bank(n: int, order: int, f_min: float, f_max: float, scale: str, rule: str | float) -> tuple:
    """Centres and bandwidths by the package."""
    centers = scales.spaced_frequencies(n, f_min, f_max, scale)
    if rule == "spacing":
        return centers, gammatone.bandwidth_from_spacing(n, f_min, f_max, scale, order)
    if rule == "erb":
        return centers, gammatone.bandwidth_from_erb(centers, order)
    return centers, torch.full_like(centers, float(rule))


def assert_drawn(
    explorer: Explorer, n: int, order: int, f_min: float, f_max: float, scale: str, rule: object
) -> None:
    """Every number that the explorer shows is the package's."""
    centers, widths = bank(n, order, f_min, f_max, scale, rule)  # type: ignore[arg-type]
    expected = torch.stack([centers, widths, widths * gammatone.half_power_factor(order)], dim=1)
    np.testing.assert_allclose(explorer.table(), expected, atol=0.00501)

    grid = torch.linspace(0, 500, POINTS, dtype=torch.float64)
    response = gammatone.frequency_response(centers, widths, grid, sample_rate=1000.0, order=order)
    total = 10 * torch.log10(response.abs().square().sum(dim=0))
    inside = total[(grid >= centers[0]) & (grid <= centers[-1])]
    said = explorer.said()
    assert f"{n} filter" in said
    assert f"order {order}, {f_min:.0f} to {f_max:.0f} Hz" in said
    if len(inside):
        low, high = re.findall(r"([−+]?[\d.]+)(?: to | dB\.)", said.split("sum lies from")[1])
        shown = [float(value.replace("−", "-")) for value in (low, high)]
        assert shown == pytest.approx([inside.min().item(), inside.max().item()], abs=0.051)


def loudest(
    clip: int, n: int, order: int, f_min: float, f_max: float, scale: str, rule: str
) -> tuple[int, float]:
    """Filter (from 1) and time in seconds at which the package hears most."""
    samples = np.frombuffer(FilterbankExplorer().clips[clip]["samples"], "<i2") / 32767
    energy = filterbank.energy(
        torch.tensor(samples)[None],
        *bank(n, order, f_min, f_max, scale, rule),
        order=order,
        window_length=25,
        hop_length=10,
        sample_rate=1000.0,
    )[0]
    row, frame = divmod(int(energy.argmax()), energy.shape[1])
    return row + 1, (frame * 10 + 12.5) / 1000


def test_page_draws_at_once_without_kernel_or_network(explorer: Explorer) -> None:
    assert_drawn(explorer, **START)  # type: ignore[arg-type]
    row, time = loudest(0, **START)  # type: ignore[arg-type]
    label = explorer.canvas("Spectrogram").get_attribute("aria-label") or ""
    assert f"loudest behind filter {row} (" in label
    assert abs(float(re.findall(r"at ([\d.]+) s", label)[0]) - time) < 0.01


@pytest.mark.parametrize(
    ("control", "keys", "change"),
    [
        ("Number of filters", ["ArrowRight"] * 3, {"n": 19}),
        ("Number of filters", ["End"], {"n": 64}),
        ("Number of filters", ["Home"], {"n": 1}),
        ("Order", ["ArrowLeft"] * 2, {"order": 2}),
        ("Order", ["End"], {"order": 8}),
        ("Lowest frequency", ["ArrowUp"] * 4, {"f_min": 45.0}),
        ("Lowest frequency", ["End"], {"f_min": 495.0, "f_max": 500.0}),
        ("Highest frequency", ["PageDown"], {"f_max": 350.0}),
        ("Highest frequency", ["Home"], {"f_min": 0.0, "f_max": 5.0}),
        ("Spacing of the centres", ["ArrowDown"], {"scale": "erb"}),
        ("Spacing of the centres", ["End"], {"scale": "linear"}),
        ("Bandwidth", ["ArrowDown"], {"rule": "erb"}),
        ("Bandwidth", ["End"], {"rule": 100.0}),
    ],
)
def test_keyboard_moves_every_control(
    explorer: Explorer, control: str, keys: list[str], change: dict
) -> None:
    explorer.control(control).focus()
    for key in keys:
        explorer.page.keyboard.press(key)
    assert_drawn(explorer, **(START | change))


def test_tab_reaches_every_control_in_order(explorer: Explorer) -> None:
    explorer.control(CONTROLS[0]).focus()
    for name in CONTROLS[1:]:
        explorer.page.keyboard.press("Tab")
        assert explorer.control(name).evaluate("node => node === document.activeElement"), name


def test_mouse_drags_the_sliders(explorer: Explorer) -> None:
    slider = explorer.control("Number of filters")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    middle = box["y"] + box["height"] / 2
    explorer.page.mouse.move(box["x"] + 0.245 * box["width"], middle)
    explorer.page.mouse.down()
    explorer.page.mouse.move(box["x"] + 0.5 * box["width"], middle, steps=4)
    explorer.page.mouse.up()
    n = int(slider.input_value())
    assert 28 <= n <= 37
    assert_drawn(explorer, **(START | {"n": n}))  # type: ignore[arg-type]


def test_chosen_sound_is_the_one_drawn(explorer: Explorer) -> None:
    before = explorer.canvas("Spectrogram").evaluate("canvas => canvas.toDataURL()")
    explorer.control("Heart sound").select_option(index=1)
    explorer.said()
    assert explorer.canvas("Spectrogram").evaluate("canvas => canvas.toDataURL()") != before
    row, _ = loudest(1, **START)  # type: ignore[arg-type]
    label = explorer.canvas("Spectrogram").get_attribute("aria-label") or ""
    assert f"murmur: loudest behind filter {row} (" in label


def test_pixels_stand_where_the_numbers_say(explorer: Explorer) -> None:
    explorer.control("Filter to name and play").press("End")
    explorer.said()
    box = explorer.canvas("Frequency responses").bounding_box()
    assert box
    center = bank(**START)[0][-1].item()  # type: ignore[arg-type]
    x = 48 + (box["width"] - 58) * center / 500
    y = box["height"] - 40 - (box["height"] - 48) * 40 / 55  # 0 dB on an axis from -40 to 15
    around = [explorer.pixel("Frequency responses", x, y + shift) for shift in (-1, 0, 1, 2)]
    accent = explorer.root.evaluate("node => getComputedStyle(node.querySelector('.sn-named')).color")
    red, green, blue = (int(value) for value in re.findall(r"\d+", accent)[:3])
    assert min(abs(r - red) + abs(g - green) + abs(b - blue) for r, g, b in around) < 60

    box = explorer.canvas("Spectrogram").bounding_box()
    assert box
    row, time = loudest(0, **START)  # type: ignore[arg-type]
    x = 48 + (box["width"] - 58) * time / 2.5
    y = box["height"] - 40 - (box["height"] - 48) * (row - 0.5) / 16
    assert np.abs(np.array(explorer.pixel("Spectrogram", x, y)) - [252, 253, 191]).max() < 12


def test_pointing_names_a_filter_and_clicking_plays_it(explorer: Explorer) -> None:
    canvas = explorer.canvas("Impulse responses")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    row = 6
    y = box["height"] - 40 - (box["height"] - 48) * (row - 0.5) / 16
    canvas.hover(position={"x": 100, "y": y})
    explorer.said()
    centers, widths = bank(**START)  # type: ignore[arg-type]
    named = explorer.root.locator(".sn-named").inner_text()
    assert named.startswith(
        f"Filter {row} of 16: centre {centers[row - 1]:.1f} Hz, bandwidth b = {widths[row - 1]:.1f} Hz"
    )

    assert explorer.page.evaluate("played.length") == 0, "sound starts on a click and never before"
    canvas.click(position={"x": 100, "y": y})
    (sound,) = explorer.page.evaluate("played.map((s) => ({ ...s, samples: [...s.samples] }))")
    assert sound["seconds"] == pytest.approx(2.5)
    assert sound["speed"] == 4
    samples = np.array(sound["samples"])
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    heard = np.fft.rfftfreq(len(samples), 2.5 / len(samples))[spectrum.argmax()]
    assert abs(heard - centers[row - 1]) < widths[row - 1]
    assert np.abs(samples).max() <= 0.81


def test_buttons_play_at_the_chosen_speed_and_stop(explorer: Explorer) -> None:
    explorer.control("Playback").select_option("1")
    button = explorer.root.get_by_role("button", name="Play the sound")
    button.press("Enter")
    stop = explorer.root.get_by_role("button", name="Stop")
    assert stop.count() == 1
    assert explorer.page.evaluate("played.map((s) => s.speed)") == [1]
    stop.press("Enter")
    assert explorer.root.get_by_role("button", name="Play the sound").count() == 1


def test_redraws_in_a_blink_at_64_filters(explorer: Explorer) -> None:
    explorer.control("Number of filters").press("End")
    slider, took = explorer.control("Lowest frequency"), []
    for _ in range(15):
        slider.press("ArrowRight")
        explorer.page.wait_for_timeout(50)
        took.append(float(explorer.root.get_attribute("data-redraw-ms") or "inf"))
    # About 14 ms on an idle machine. The quickest of them says what the work takes, however busy this one is.
    assert min(took) < 50, took


def test_colours_follow_the_page(explorer: Explorer) -> None:
    style = "node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).color]"
    seen = {}
    for theme in ("light", "dark"):
        explorer.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        explorer.said()
        picture = explorer.canvas("Frequency responses").evaluate("canvas => canvas.toDataURL()")
        paper, ink = (
            np.array([int(value) for value in re.findall(r"\d+", color)[:3]]).mean()
            for color in explorer.root.evaluate(style)
        )
        seen[theme] = picture
        assert (paper > ink) == (theme == "light")
    assert seen["light"] != seen["dark"]


def test_phone_width_holds_everything(browser: Browser, address: str) -> None:
    explorer = open_explorer(browser, address, color_scheme="dark")
    explorer.page.set_viewport_size({"width": 390, "height": 844})
    assert explorer.page.evaluate("document.documentElement.scrollWidth") <= 390
    for node in explorer.root.locator("input, select, button, canvas").all():
        box = node.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 24, "a finger needs 24 pixels"
    assert not explorer.watch.errors
    explorer.page.context.close()


def test_reduced_motion_leaves_the_cursor_out(browser: Browser, address: str) -> None:
    explorer = open_explorer(browser, address, reduced_motion="reduce")
    explorer.root.get_by_role("button", name="Play the sound").click()
    assert explorer.root.get_by_role("button", name="Stop").count() == 1
    assert explorer.root.locator(".sn-cursor:visible").count() == 0
    explorer.page.context.close()


def test_still_picture_stands_in_on_paper_and_without_scripts(browser: Browser, address: str) -> None:
    picture = "img[alt^='The explorer as a still picture']"
    explorer = open_explorer(browser, address)
    assert not explorer.page.locator(picture).is_visible()
    explorer.page.emulate_media(media="print")
    assert explorer.page.locator(picture).is_visible()
    assert not explorer.root.is_visible()
    explorer.page.context.close()
    without = open_explorer(browser, address, java_script_enabled=False)
    assert without.page.locator(picture).is_visible()
    without.page.context.close()
