"""Scripts, fonts and styles that the site serves itself, so that no page asks anything of the network.

They come from the npm packages of the lock file; nothing of them is committed.
"""

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from spectnet_book import provenance

FONTS = ("source-sans-3", "source-serif-4", "source-code-pro")
MATHJAX = Path("mathjax/es5")


def copy_all(app: Sphinx) -> None:
    """Fill `_static/packages` of the site, and `_static/book` with the book's own style and scripts."""
    packages = provenance.root(app) / "node_modules"
    if not packages.is_dir():
        raise ExtensionError(
            "no node_modules: run `npm ci` first, or build with `python tools/build_book.py`"
        )
    static = Path(app.outdir) / "_static"
    served = static / "packages"
    copy_mathjax(packages / MATHJAX, served / "mathjax")
    for font in FONTS:
        copy_font(packages / "@fontsource-variable" / font, served / "fonts" / font)
        for style in ("index", "wght-italic"):
            app.add_css_file(f"packages/fonts/{font}/{style}.css")
    shutil.copytree(Path(app.srcdir) / "_assets", static / "book", dirs_exist_ok=True)
    app.add_css_file("book/book.css", priority=900)
    app.add_js_file("book/page.js")


def copy_mathjax(package: Path, target: Path) -> None:
    """MathJax with its fonts."""
    fonts = Path("output/chtml/fonts/woff-v2")
    shutil.copytree(package / fonts, target / fonts, dirs_exist_ok=True)
    shutil.copy(package / "tex-chtml.js", target)


def copy_font(package: Path, target: Path) -> None:
    """One variable font: upright and italic."""
    (target / "files").mkdir(parents=True, exist_ok=True)
    for style in ("index.css", "wght-italic.css"):
        shutil.copy(package / style, target)
    for file in (package / "files").glob("*-wght-*.woff2"):
        shutil.copy(file, target / "files")


def setup(app: Sphinx) -> None:
    """Copy before the pages are written."""
    app.connect("builder-inited", copy_all)
