"""Take the README's picture from the built site: run `python tools/readme_picture.py` after `make book`."""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from spectnet.doctor import chromium

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "_build" / "html" / "gammatone-filters.html"
PICTURE = ROOT / "book" / "images" / "readme.png"
VIEW = {"width": 1320, "height": 1120}
COLORS = 128  # flat areas and thin lines: a palette is a third of the size and looks the same


def screenshot() -> bytes:
    """The explorer of the gammatone page, with what stands just above it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=["--no-sandbox"])
        page = browser.new_page(viewport=VIEW, device_scale_factor=1.25, color_scheme="light")
        page.goto(PAGE.as_uri())
        explorer = page.locator(".sn-explorer").first
        explorer.wait_for(timeout=30_000)
        explorer.evaluate("node => window.scrollBy(0, node.getBoundingClientRect().top - 66)")
        page.wait_for_timeout(1000)
        return page.screenshot()


def main() -> None:
    """Picture, palette, file."""
    if chromium() is None or not PAGE.is_file():
        sys.exit("needs Chromium and the built book: see `spectnet doctor`, and run `make book`")
    image = Image.open(io.BytesIO(screenshot())).convert("RGB").quantize(COLORS)
    PICTURE.parent.mkdir(exist_ok=True)
    image.save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
