"""How long the explorers take to redraw: every slider of each moved, in headless Chromium, at 64 filters.

    python -m benchmarks.explorers                     all of it, into results/benchmark-explorers.json
    python -m benchmarks.explorers --moves 5 --output x   a few moves each, to see that it works

Prints a Markdown table. Each explorer stands alone on a page 760 CSS pixels wide. A move sets a slider as a
hand would, and a redraw is all that follows by the next frame: every number computed again, every picture
drawn (``redraw_ms``, on the clock, so that other work on the machine counts too). ``cpu_ms`` is what the
page's main thread used for a move, the browser's own part with it; it says more on a busy machine. There,
``chrt -f 1`` in front of the command (as root, on Linux) lets the browser go before all other work; a row
says so.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anywidget
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from benchmarks import record
from benchmarks.explorer_page import explorer_page
from spectnet.doctor import chromium
from spectnet.explorers import (
    FilterbankExplorer,
    LearningExplorer,
    SegmentExplorer,
    SpectrogramExplorer,
    ThresholdExplorer,
    TrainingPlayer,
)
from spectnet.frontend import GammatoneSpectrogram

RESULT = record.ROOT / "results" / "benchmark-explorers.json"
RUN = record.ROOT / "results" / "runs" / "learned-16_paper-fold-0_seed0.json"
KEY = ("explorer", "control")
MOVES, N_FILTERS, GOAL_MS = 40, 64, 16.0
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

EXPLORERS: dict[str, Callable[[], anywidget.AnyWidget]] = {
    "filterbank": lambda: FilterbankExplorer(n_filters=N_FILTERS),
    "filterbank, 100 Hz for all": lambda: FilterbankExplorer(n_filters=N_FILTERS, bandwidth_rule=100.0),
    "filterbank, from a layer": lambda: FilterbankExplorer.from_layer(
        GammatoneSpectrogram(1000.0, N_FILTERS)
    ),
    "spectrogram, mel": lambda: SpectrogramExplorer(n_filters=N_FILTERS),
    "spectrogram, gammatone": lambda: SpectrogramExplorer(n_filters=N_FILTERS, front_end="gammatone"),
    "a filter learns": LearningExplorer,
    "training player": lambda: TrainingPlayer(RUN),
    "threshold": lambda: ThresholdExplorer(RUN),
    "segment": SegmentExplorer,
}

# Places along the slider in an order that never repeats one; the slider ends where it stood.
MOVE = """async ([label, moves]) => {
  const root = document.querySelector(".sn-explorer"), frame = () => new Promise(requestAnimationFrame);
  const sliders = [...root.querySelectorAll("input[type=range]")];
  const slider = sliders.find((node) => node.labels[0].textContent === label);
  const { min, max, value } = slider, took = [];
  const set = async (to) => {
    slider.value = to;
    slider.dispatchEvent(new Event("input"));
    await frame(), await frame();
  };
  for (let i = 0; i < moves; i++) {
    delete root.dataset.redrawMs;
    await set(Number(min) + (Number(max) - Number(min)) * ((0.5 + i * 0.6180339887) % 1));
    if (root.dataset.redrawMs) took.push(Number(root.dataset.redrawMs));
  }
  await set(value);
  return took;
}"""
LABELS = "nodes => nodes.map((node) => node.labels[0].textContent)"


def cpu_seconds(session: CDPSession) -> float:
    """What the page's main thread has used so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def opened(browser: Browser, explorer: anywidget.AnyWidget) -> Page:
    """The explorer alone on a page, drawn."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_content(explorer_page(explorer))
    page.wait_for_selector(".sn-explorer[data-redraw-ms]")
    return page


def rows_of(browser: Browser, name: str, moves: int) -> Iterator[dict[str, Any]]:
    """A row for each slider that has more than one place."""
    page = opened(browser, EXPLORERS[name]())
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for label in page.locator(".sn-explorer input[type=range]").evaluate_all(LABELS):
        page.evaluate(MOVE, [label, 3])  # for the compiler
        before = cpu_seconds(session)
        took = page.evaluate(MOVE, [label, moves])
        spent = cpu_seconds(session) - before
        if took:
            yield {
                "explorer": name,
                "control": label,
                "redraw_ms": statistics.median(took),
                "redraw_ms_range": [min(took), max(took)],
                "cpu_ms": round(1000 * spent / (moves + 1), 2),
                "redraws": len(took),
            }
    page.context.close()


def allowance() -> dict[str, Any]:
    """What of the machine this process and its browser have: how many cores, and whether they go first."""
    if not hasattr(os, "sched_getscheduler"):
        return {}
    first = os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR)
    return {"cores_used": len(os.sched_getaffinity(0)), "before_other_work": first}


def table(rows: list[dict[str, Any]]) -> str:
    """The rows in Markdown."""
    lines = [
        "| explorer | control | median (ms) | range (ms) | CPU (ms) | redraws |",
        "|---|---|---:|---|---:|---:|",
    ]
    for row in rows:
        low, high = row["redraw_ms_range"]
        lines.append(
            f"| {row['explorer']} | {row['control']} | {row['redraw_ms']:.1f} | {low:.1f} to {high:.1f} "
            f"| {row['cpu_ms']:.1f} | {row['redraws']} |"
        )
    return "\n".join(lines)


def measured(names: list[str], moves: int) -> list[dict[str, Any]]:
    """Every slider of these explorers, with what stands beside every number."""
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        beside = {
            "load": [round(value, 2) for value in os.getloadavg()[:2]],
            "run": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": record.commit(),
            "machine": record.machine() | allowance(),
            "browser": browser.version,
        }
        for name in names:
            rows += [row | beside for row in rows_of(browser, name, moves)]
        browser.close()
    return rows


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and write what may stand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--explorer", action="append", choices=EXPLORERS, help="only this one")
    parser.add_argument("--moves", type=int, default=MOVES, help="of each slider")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args(arguments)
    whole = options.moves >= MOVES and record.is_final(record.commit())
    if options.output == RESULT and not whole:
        parser.error("results/ takes whole runs of committed code only; give another --output")
    rows = measured(options.explorer or list(EXPLORERS), options.moves)
    record.merge(options.output, rows, KEY)
    print(table(rows))
    slow = [row for row in rows if row["redraw_ms"] > GOAL_MS]
    print(f"{len(slow)} of {len(rows)} medians above {GOAL_MS:g} ms", file=sys.stderr)


if __name__ == "__main__":
    main()
