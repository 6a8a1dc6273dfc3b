"""The explorer of a filter that learns on its page, without kernel and network, against the package."""

from __future__ import annotations

import re

import matplotlib as mpl
import numpy as np
import pytest
import torch
from playwright.sync_api import Browser

from spectnet import scales
from spectnet.explorers import LearningExplorer
from spectnet.frontend.bounded import BoundedParameter
from tests.browser.explorers import Explorer, open_explorer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

NAME, PAGE = "A filter learns", "learnable-spectrogram"
MAP, STEPS = "Landscape of the loss", 10
CEILING = 16  # loss at which the map is black
CONTROLS = (
    "Tone",
    "Noise over tone",
    "Start: centre frequency",
    "Start: bandwidth",
    "Centre and bandwidth are held",
    "Who steps",
    "Learning rate",
    "Steps taken",
)
BUTTONS = ("Let it learn", "One step", "Back to the start", "Hear the sound", "Hear the filter")


def number(text: str) -> float:
    """A number as the page writes it."""
    return float(text.replace("−", "-"))


def worth(widget: LearningExplorer) -> list[float]:
    """Hz per unit of the layer's parameters, where the widget's filter stands, by autograd."""
    f_low, f_high, *widths = widget.bounds
    edges = scales.to_scale(torch.tensor([f_low, f_high], dtype=torch.float64), "mel"), np.log(widths)
    place = scales.to_scale(widget.center_frequency, "mel"), np.log(widget.bandwidth)
    found = []
    for value, (low, high), back in zip(
        place, edges, (lambda v: scales.from_scale(v, "mel"), torch.exp), strict=True
    ):
        held = BoundedParameter(torch.tensor([float(value)]), float(low), float(high), learnable=True)
        found.append(torch.autograd.grad(back(held()).sum(), held.theta)[0].item())
    return found


def assert_drawn(explorer: Explorer, **settings: object) -> None:
    """Every number that the explorer shows is the package's."""
    widget = LearningExplorer(**settings)  # type: ignore[arg-type]
    f, b, slopes = widget.center_frequency, widget.bandwidth, widget.slopes
    rows = explorer.table()  # centre and bandwidth on the scale, then in raw Hz
    np.testing.assert_allclose(rows[:, 0], [f, b, f, b], rtol=1e-6)
    np.testing.assert_allclose(rows[:, 1], slopes * 2, rtol=1e-6, atol=1e-12)
    # The layer's own parameters are float32.
    np.testing.assert_allclose(rows[:2, 2], worth(widget), rtol=1e-4)
    np.testing.assert_allclose(rows[:, 3], rows[:, 1] * rows[:, 2], rtol=1e-6)
    here = {"start_frequency": f, "start_bandwidth": b, "n_steps": 1}
    for rows_of, way in ((rows[:2], "scale"), (rows[2:], "hertz")):
        after = LearningExplorer(**settings | here | {"parametrisation": way})  # type: ignore[arg-type]
        steps = [after.center_frequency - f, after.bandwidth - b]
        np.testing.assert_allclose(rows_of[:, 4], steps, rtol=1e-5, atol=1e-9)

    said = explorer.said()
    centre, width, share, loss = (
        number(v)
        for v in re.findall(
            r"centre ([\d.]+) Hz, bandwidth ([\d.]+) Hz\. ([\d.e−]+) % .* loss ([\d.e+]+)\.", said
        )[0]
    )
    assert centre == pytest.approx(f, rel=5e-3)
    assert width == pytest.approx(b, rel=5e-3)
    assert 0.01 * share == pytest.approx(np.exp(-widget.loss), rel=0.06)
    assert loss == pytest.approx(widget.loss, rel=5e-3)
    n = widget.n_steps
    assert said.startswith(f"After {n} step" if n else "At the start")
    if n:
        other = "scale" if widget.parametrisation == "hertz" else "hertz"
        begun = widget.start_frequency
        gone = (
            abs(f - begun),
            abs(
                LearningExplorer(**settings | {"parametrisation": other}).center_frequency - begun  # type: ignore[arg-type]
            ),
        )
        shown = re.findall(r"would have moved ([\d.e−+]+) Hz, not ([\d.e−+]+) Hz", said)[0]
        assert [number(v) for v in shown] == pytest.approx(gone[::-1], rel=6e-3, abs=1e-9)


def test_page_draws_at_once_without_kernel_or_network(explorer: Explorer) -> None:
    assert_drawn(explorer)
    assert "250.0 Hz" in explorer.label(MAP)


@pytest.mark.parametrize(
    ("control", "keys", "change"),
    [
        ("Tone", ["ArrowRight"] * 4, {"tone": 270.0}),
        ("Tone", ["End"], {"tone": 395.0}),
        ("Tone", ["Home"], {"tone": 30.0}),
        ("Noise over tone", ["ArrowLeft"] * 3, {"noise_db": 7.0}),
        ("Noise over tone", ["Home"], {"noise_db": -30.0}),
        ("Start: centre frequency", ["ArrowUp"] * 2, {"start_frequency": 130.0}),
        ("Start: centre frequency", ["Home"], {"start_frequency": 30.0}),
        ("Start: bandwidth", ["ArrowRight"] * 2, {"start_bandwidth": 20 * np.exp(4.2 * 0.05)}),
        ("Start: bandwidth", ["End"], {"start_bandwidth": 20 * np.exp(4.2 * 0.475)}),
        ("Centre and bandwidth are held", ["ArrowDown"], {"parametrisation": "hertz"}),
        ("Who steps", ["ArrowDown"], {"optimiser": "adam"}),
        ("Learning rate", ["ArrowRight"], {"learning_rate": 0.05}),
        ("Learning rate", ["ArrowRight"] * 3, {"learning_rate": 0.2}),
        ("Learning rate", ["Home"], {"learning_rate": 0.0001}),
        ("Steps taken", ["ArrowRight"] * 5, {"n_steps": STEPS + 5}),
        ("Steps taken", ["Home"], {"n_steps": 0}),
    ],
)
def test_keyboard_moves_every_control(
    explorer: Explorer, control: str, keys: list[str], change: dict
) -> None:
    explorer.control("Steps taken").fill(str(STEPS))
    explorer.press(control, *keys)
    assert_drawn(explorer, **{"n_steps": STEPS} | change)


def test_settings_together_are_the_packages(explorer: Explorer) -> None:
    explorer.control("Who steps").select_option("adam")
    explorer.control("Centre and bandwidth are held").select_option("hertz")
    explorer.control("Tone").fill("90")
    explorer.control("Learning rate").fill("15")  # 10
    explorer.control("Steps taken").fill("25")
    assert_drawn(
        explorer, optimiser="adam", parametrisation="hertz", tone=90.0, learning_rate=10.0, n_steps=25
    )


def test_tab_reaches_every_control_in_order(explorer: Explorer) -> None:
    explorer.control(CONTROLS[0]).focus()
    for name in CONTROLS[1:]:
        explorer.page.keyboard.press("Tab")
        assert explorer.control(name).evaluate("node => node === document.activeElement"), name
    for name in BUTTONS:
        explorer.page.keyboard.press("Tab")
        assert explorer.button(name).evaluate("node => node === document.activeElement"), name


def test_mouse_drags_the_steps(explorer: Explorer) -> None:
    explorer.drag("Steps taken", 0.02, 0.1)
    n = int(explorer.control("Steps taken").input_value())
    assert 20 <= n <= 40
    assert_drawn(explorer, n_steps=n)


def test_buttons_take_one_step_and_go_back(explorer: Explorer) -> None:
    for _ in range(3):
        explorer.button("One step").press("Enter")
    assert_drawn(explorer, n_steps=3)
    explorer.button("Back to the start").click()
    assert_drawn(explorer)


def test_learning_by_itself_can_be_stopped(explorer: Explorer) -> None:
    explorer.button("Let it learn").click()
    explorer.page.wait_for_function(
        "node => Number(node.value) > 8", arg=explorer.control("Steps taken").element_handle()
    )
    explorer.button("Stop").press("Enter")
    n = int(explorer.control("Steps taken").input_value())
    assert_drawn(explorer, n_steps=n)
    assert int(explorer.control("Steps taken").input_value()) == n


def test_in_raw_hz_it_stops_by_itself_and_says_why(explorer: Explorer) -> None:
    explorer.control("Centre and bandwidth are held").select_option("hertz")
    explorer.button("Let it learn").click()
    explorer.button("Stop").wait_for()
    explorer.button("Let it learn").wait_for(timeout=30_000)
    n = int(explorer.control("Steps taken").input_value())
    assert n == 20
    said = explorer.said()
    path = LearningExplorer(parametrisation="hertz", n_steps=n).path
    pace = path[-1].center_frequency - path[-2].center_frequency
    away = number(re.findall(r"the tone is ([\d.e+]+) steps away", said)[0])
    assert away == pytest.approx((250 - path[-1].center_frequency) / pace, rel=0.06)


def on_map(explorer: Explorer, f: float, b: float) -> tuple[float, float]:
    """Place of a filter on the map, in CSS pixels."""
    width, height = explorer.size(MAP)
    f_low, f_high, b_low, b_high = LearningExplorer().bounds
    across, tall = width - 106, height - 48
    x = 48 + across * (f - f_low) / (f_high - f_low)
    return x, height - 40 - tall * np.log(b / b_low) / np.log(b_high / b_low)


def test_click_on_the_map_starts_there(explorer: Explorer) -> None:
    explorer.control("Steps taken").fill("4")
    x, y = on_map(explorer, 320.0, 60.0)
    explorer.canvas(MAP).click(position={"x": round(x), "y": round(y)})
    explorer.said()
    bandwidth = (
        explorer.root.get_by_text(re.compile(r"^Start: bandwidth$")).locator("xpath=../span").inner_text()
    )
    frequency = explorer.root.get_by_text(re.compile(r"^Start: centre frequency$")).locator("xpath=../span")
    assert abs(number(frequency.inner_text().split()[0]) - 320) < 2
    assert abs(number(bandwidth.split()[0]) - 60) < 1
    assert "After 4 steps" in explorer.said()


def test_pixels_stand_where_the_numbers_say(explorer: Explorer) -> None:
    explorer.control("Steps taken").fill("60")
    explorer.said()
    widget = LearningExplorer(n_steps=60)
    x, y = on_map(explorer, widget.center_frequency, widget.bandwidth)
    assert explorer.pixel(MAP, x, y) == [255, 255, 255], "the filter is a white dot"
    for f, b in ((60.0, 120.0), (330.0, 60.0), (160.0, 60.0), (240.0, 90.0)):
        loss = widget.losses(np.array([f]), np.array([b]))[0]
        expected = np.array(mpl.colormaps["magma"](max(1 - loss / CEILING, 0.0))[:3]) * 255
        drawn = explorer.pixel(MAP, *on_map(explorer, f, b))
        assert np.abs(expected - drawn).max() < 14, (f, b)


def test_curve_of_the_filter_passes_unit_gain_where_it_stands(explorer: Explorer) -> None:
    explorer.control("Steps taken").fill("20")
    explorer.said()
    width, height = explorer.size("The filter")
    center = LearningExplorer(n_steps=20).center_frequency
    x = 48 + (width - 60) * center / 500
    y = height - 40 - (height - 48) * 60 / 65  # 0 dB on an axis from -60 to 5
    around = [explorer.pixel("The filter", x, y + shift) for shift in (-1, 0, 1, 2)]
    assert min(np.abs(explorer.accent() - color).sum() for color in around) < 60


def test_sound_is_heard_through_the_filter_and_only_on_a_click(explorer: Explorer) -> None:
    explorer.control("Steps taken").fill("100")
    explorer.said()
    assert explorer.played() == []
    explorer.button("Hear the sound").click()
    explorer.button("Hear the filter").press("Enter")
    whole, filtered = (np.array(sound["samples"]) for sound in explorer.played())
    share = []
    for samples in (whole, filtered):
        power = np.abs(np.fft.rfft(samples)) ** 2
        frequency = np.fft.rfftfreq(len(samples), 2.0 / len(samples))
        share.append(power[np.abs(frequency - 250) < 3].sum() / power.sum())
    assert share[0] < 0.2
    assert share[1] > 0.5, "the filter has learned to let the tone through"
    explorer.button("Stop").click()
    assert explorer.button("Hear the filter").count() == 1


def test_why_is_said_in_numbers(explorer: Explorer) -> None:
    named = explorer.root.locator(".sn-named")
    widget = LearningExplorer()
    explorer.said()
    assert f"worth {worth(widget)[0]:.0f} Hz here" in named.inner_text()
    explorer.control("Centre and bandwidth are held").select_option("hertz")
    explorer.control("Who steps").select_option("adam")
    explorer.said()
    assert "Adam steps by the rate, whatever the slope: 0.02 Hz" in named.inner_text()


def test_reduced_motion_leaps_instead_of_running(browser: Browser, address: str) -> None:
    explorer = open_explorer(browser, address, PAGE, NAME, reduced_motion="reduce")
    slider = explorer.control("Steps taken")
    explorer.button("Let it learn").click()
    explorer.page.wait_for_timeout(500)
    assert slider.input_value() == "0", "nothing moves for a second"
    explorer.page.wait_for_function("node => node.value !== '0'", arg=slider.element_handle())
    assert slider.input_value() == "10"
    explorer.close()
