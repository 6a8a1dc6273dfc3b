"""Join an explorer's ES module with the code that all explorers share.

A widget's module reaches the browser as one blob, in which a relative import fails. So what it uses of
the shared files goes in front, and each import line becomes an object with the shared names.
"""

from __future__ import annotations

import re
from pathlib import Path

from rjsmin import jsmin

FOLDER = Path(__file__).parent
SHARED = ("dsp", "shared", "sound")  # their names at the left margin are all different
_IMPORT = re.compile(r'^import \* as (\w+) from "\./\1\.js";\n', re.MULTILINE)
_IMPORT_BETWEEN_SHARED = re.compile(r"^import \{.*\n", re.MULTILINE)
_PIECE = re.compile(r"\n\n+(?=\S)")  # a blank line before the left margin parts a file into declarations
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:const|function|class) (\w+)", re.MULTILINE)
STYLE = (FOLDER / "explorer.css").read_text(encoding="utf-8")


def joined(name: str) -> str:
    """The module `name` (such as ``"filterbank.js"``) with what it uses of the shared files inside.

    Raises:
        ValueError: the module imports no shared file by the expected line.
    """
    own = (FOLDER / name).read_text(encoding="utf-8")
    imported = [module for module in _IMPORT.findall(own) if module in SHARED]
    if not imported:
        raise ValueError(f'{name} must hold the line import * as shared from "./shared.js";')
    files = {module: _source(module) for module in SHARED}
    wanted = {module: sorted(set(_EXPORTED.findall(files[module])) & _words(own)) for module in imported}
    inner = _needed("\n\n".join(files.values()), {word for words in wanted.values() for word in words})
    objects = ", ".join(f"{module}: {{ {', '.join(words)} }}" for module, words in wanted.items())
    # A function keeps the files' private names apart from the module's own.
    wrapped = f"const {{ {', '.join(imported)} }} = (() => {{\n{inner}\nreturn {{ {objects} }};\n}})();\n"
    return jsmin(wrapped + _IMPORT.sub("", own))


def _source(module: str) -> str:
    return _IMPORT_BETWEEN_SHARED.sub("", (FOLDER / f"{module}.js").read_text(encoding="utf-8"))


def _words(source: str) -> set[str]:
    return set(re.findall(r"\b[A-Za-z]\w*\b", source))


def _needed(source: str, wanted: set[str]) -> str:
    """The declarations that `wanted` names, and those that they need in turn."""
    pieces = _PIECE.split(source)
    kept: set[int] = set()
    while more := {i for i, p in enumerate(pieces) if i not in kept and wanted & set(_DECLARED.findall(p))}:
        kept |= more
        wanted = wanted.union(*(_words(jsmin(pieces[i])) for i in more))
    return re.sub(r"^export ", "", "\n".join(pieces[i] for i in sorted(kept)), flags=re.MULTILINE)
