"""The package's docstrings as an API reference.

Docstrings are written to be read in the source: mathematics between dollars, names between single
backticks. Here both become what Sphinx expects. A page of `api/` asks for the sections of its modules
by name, and `api.md` for a list of what stands on each page.
"""

import ast
import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PACKAGE = "spectnet"
SECTIONS = re.compile(r"<!-- sections of ([\w ]+) -->")
LIST = re.compile(r"<!-- modules of ([\w/-]+) -->")
DISPLAY_MATH = re.compile(r"^([ ]*)\$\$(.+?)\$\$", re.DOTALL | re.MULTILINE)
TABLE = re.compile(r"^([ ]*)\|(.+)\|\n[ ]*\|[-:| ]+\|\n((?:[ ]*\|.+\|(?:\n|$))+)", re.MULTILINE)
# Left alone: code between double backticks and roles such as :func:`...`.
INLINE = re.compile(r"(``.+?``|:[a-z:]+:`[^`]+`)|(?<!\\)\$([^$\n]+?(?:\n[^$\n]+?)?)\$|`([^`\n]+)`")


def to_rst(docstring: str) -> str:
    """The same docstring with mathematics and names as reStructuredText."""
    docstring = TABLE.sub(table, DISPLAY_MATH.sub(display_math, docstring))
    return INLINE.sub(inline, docstring)


def display_math(match: re.Match[str]) -> str:
    """A block between double dollars as a `math` directive."""
    indent, formula = match[1], " ".join(match[2].split())
    return f"\n{indent}.. math:: {formula}\n"


def table(match: re.Match[str]) -> str:
    """A table of bars and dashes as a `list-table` directive."""
    indent, header, body = match.groups()
    rows = [
        [cell.strip() for cell in row.strip().strip("|").split("|")] for row in [header, *body.splitlines()]
    ]
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for first, *others in rows:
        lines += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    return "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)


def inline(match: re.Match[str]) -> str:
    """Mathematics between dollars as a role, a name between backticks as code."""
    kept, formula, name = match.groups()
    return kept or (f":math:`{' '.join(formula.split())}`" if formula else f"``{name}``")


def rewrite(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Rewrite one docstring in place, before napoleon reads its sections."""
    lines[:] = to_rst("\n".join(lines)).split("\n")


def skip(app: Sphinx, what: str, name: str, thing: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out a named tuple's fields: its docstring has them, and better."""
    return True if (getattr(thing, "__doc__", None) or "").startswith("Alias for field number") else None


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


def asked_for(text: str) -> list[tuple[str, str]]:
    """The modules of a page's marker with their first lines; a package comes with all that it holds."""
    rooms = [room for marker in SECTIONS.findall(text) for room in marker.split()]
    found = list(modules(package_folder()))
    return [
        (name, summary)
        for room in rooms
        for name, summary in found
        if f"{name}.".startswith(f"{PACKAGE}.{room}.")
    ]


def section(name: str) -> str:
    """One module of the reference; a package shows what it defines, not what it hands on."""
    options = "   :members:\n   :ignore-module-all:\n   :show-inheritance:\n"
    return f"## `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n{options}```\n"


def listing(page: str, text: str) -> str:
    """A table of the modules that a page documents, each with a way to its section."""
    rows = [
        f"| [`{name}`]({page}.md#{name.replace('.', '')}) | {summary} |" for name, summary in asked_for(text)
    ]
    return "\n".join(["| module | what it holds |", "|---|---|", *rows])


def import_all() -> None:
    """Import every module before autodoc looks at the first.

    To find attributes, autodoc writes hints into the classes that it documents and into their bases, and
    pydantic then cannot complete a class that is defined later.
    """
    for name, _ in modules(package_folder()):
        importlib.import_module(name)


def fill_reference(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put sections and lists where a page asks for them."""

    def list_of(asked: re.Match[str]) -> str:
        return listing(asked[1], Path(app.srcdir, f"{asked[1]}.md").read_text("utf-8"))

    if SECTIONS.search(source[0]):
        import_all()
        sections = "\n".join(section(name) for name, _ in asked_for(source[0]))
        source[0] = SECTIONS.sub(lambda _: sections, source[0], count=1)
    source[0] = LIST.sub(list_of, source[0])


def setup(app: Sphinx) -> None:
    """Rewrite before napoleon, whose priority is the usual 500."""
    app.connect("autodoc-process-docstring", rewrite, priority=400)
    app.connect("autodoc-skip-member", skip)
    app.connect("source-read", fill_reference)
