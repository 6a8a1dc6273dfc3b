"""The package's docstrings as an API reference.

Docstrings are written to be read in the source: mathematics between dollars, names between single
backticks. Here both become what Sphinx expects, and `api.md` gets one section for each module.
"""

import ast
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PACKAGE = "spectnet"
MARKER = "<!-- one section a module -->"
DISPLAY_MATH = re.compile(r"^([ ]*)\$\$(.+?)\$\$", re.DOTALL | re.MULTILINE)
# Left alone: code between double backticks and roles such as :func:`...`.
INLINE = re.compile(r"(``.+?``|:[a-z:]+:`[^`]+`)|(?<!\\)\$([^$\n]+?(?:\n[^$\n]+?)?)\$|`([^`\n]+)`")


def to_rst(docstring: str) -> str:
    """The same docstring with mathematics and names as reStructuredText."""
    docstring = DISPLAY_MATH.sub(display_math, docstring)
    return INLINE.sub(inline, docstring)


def display_math(match: re.Match[str]) -> str:
    """A block between double dollars as a `math` directive."""
    indent, formula = match[1], " ".join(match[2].split())
    return f"\n{indent}.. math:: {formula}\n"


def inline(match: re.Match[str]) -> str:
    """Mathematics between dollars as a role, a name between backticks as code."""
    kept, formula, name = match.groups()
    return kept or (f":math:`{' '.join(formula.split())}`" if formula else f"``{name}``")


def rewrite(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Rewrite one docstring in place, before napoleon reads its sections."""
    lines[:] = to_rst("\n".join(lines)).split("\n")


def modules(folder: Path, name: str = PACKAGE) -> Iterator[tuple[str, str]]:
    """Public modules of the package with the first line of their docstrings, in alphabetical order."""
    for module in sorted(pkgutil.iter_modules([str(folder)]), key=lambda found: found.name):
        if module.name.startswith("_"):
            continue
        path = folder / module.name / "__init__.py" if module.ispkg else folder / f"{module.name}.py"
        summary = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]
        yield f"{name}.{module.name}", summary
        if module.ispkg:
            yield from modules(folder / module.name, f"{name}.{module.name}")


def package_folder() -> Path:
    """Where the package lies, without importing it."""
    found = importlib.util.find_spec(PACKAGE)
    return Path(found.origin).parent  # type: ignore[union-attr, arg-type]


def section(name: str) -> str:
    """One module of the reference; a package shows what it defines, not what it hands on."""
    options = "   :members:\n   :ignore-module-all:\n   :show-inheritance:\n"
    return f"({name})=\n## `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n{options}```\n"


def fill_reference(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the sections where the page asks for them."""
    if MARKER in source[0]:
        found = list(modules(package_folder()))
        table = "\n".join(f"| [`{name}`](#{name}) | {summary} |" for name, summary in found)
        sections = "\n".join(section(name) for name, _ in found)
        source[0] = source[0].replace(MARKER, f"| module | what it holds |\n|---|---|\n{table}\n\n{sections}")


def setup(app: Sphinx) -> None:
    """Rewrite before napoleon, whose priority is the usual 500."""
    app.connect("autodoc-process-docstring", rewrite, priority=400)
    app.connect("source-read", fill_reference)
