"""Scripts, fonts and styles that the site serves itself, so that no page asks anything of the network.

They come from the npm packages of the lock file and from anywidget's wheel; nothing of them is committed.
"""

import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from spectnet_book import provenance

FONTS = ("source-sans-3", "source-serif-4", "source-code-pro")
MATHJAX = Path("mathjax/es5")
# A template literal of JavaScript, `${name}`, may stand inside the rule.
FONT_AWESOME_5 = re.compile(r'@font-face\{font-family:"?Font ?Awesome(?:\$\{\w+\}|[^{}])*\}')


def copy_all(app: Sphinx) -> None:
    """Fill `_static/packages` of the site, and `_static/book` with the book's own style and script."""
    packages = provenance.root(app) / "node_modules"
    if not packages.is_dir():
        raise ExtensionError(
            "no node_modules: run `npm ci` first, or build with `python tools/build_book.py`"
        )
    static = Path(app.outdir) / "_static"
    served = static / "packages"
    copy_scripts(packages, served)
    for font in FONTS:
        copy_font(packages / "@fontsource-variable" / font, served / "fonts" / font)
        for style in ("index", "wght-italic"):
            app.add_css_file(f"packages/fonts/{font}/{style}.css")
    shutil.copytree(Path(app.srcdir) / "_assets", static / "book", dirs_exist_ok=True)
    app.add_css_file("book/book.css", priority=900)
    app.add_js_file("book/page.js")


def copy_scripts(packages: Path, served: Path) -> None:
    """MathJax with its fonts, require.js, the widget manager, and anywidget's half in the browser."""
    fonts = Path("output/chtml/fonts/woff-v2")
    shutil.copytree(packages / MATHJAX / fonts, served / "mathjax" / fonts, dirs_exist_ok=True)
    shutil.copy(packages / MATHJAX / "tex-chtml.js", served / "mathjax")
    shutil.copy(packages / "requirejs" / "require.js", served)
    manager = packages / "@jupyter-widgets" / "html-manager" / "dist" / "embed-amd.js"
    # Its icons would ask for a second, older set of Font Awesome files; the theme brings its own.
    (served / "embed-amd.js").write_text(FONT_AWESOME_5.sub("", manager.read_text("utf-8")), "utf-8")
    import anywidget

    shutil.copy(Path(anywidget.__file__).parent / "nbextension" / "index.js", served / "anywidget.js")
    shutil.copy(Path(__file__).with_name("widget-paths.js"), served)


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
