"""Join an explorer's ES module with the code that all explorers share.

A widget's module reaches the browser as one blob, in which a relative import fails. So the shared
file goes in front, and the import line becomes an object with the shared names.
"""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parent
_IMPORT = 'import * as shared from "./shared.js";\n'
_EXPORTED = re.compile(r"^export (?:async )?(?:const|function|class) (\w+)", re.MULTILINE)


_BLOCK_COMMENT = re.compile(r"^/\*\*.*?\*/$", re.DOTALL | re.MULTILINE)


def _without_comment_lines(source: str) -> str:
    """The same program, smaller: comment lines and indentation are for readers of the repository."""
    lines = (line.strip() for line in _BLOCK_COMMENT.sub("", source).split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def joined(name: str) -> str:
    """The module `name` (such as ``"filterbank.js"``) with `shared.js` inside.

    Raises:
        ValueError: the module does not import the shared one by the expected line.
    """
    shared, own = ((FOLDER / file).read_text(encoding="utf-8") for file in ("shared.js", name))
    if _IMPORT not in own:
        raise ValueError(f"{name} must hold the line {_IMPORT.strip()}")
    wanted = ", ".join(name for name in _EXPORTED.findall(shared) if re.search(rf"\b{name}\b", own))
    inner = re.sub(r"^export ", "", shared, flags=re.MULTILINE)
    # A function keeps the two files' private names apart.
    wrapped = f"const shared = (() => {{\n{inner}\nreturn {{ {wanted} }};\n}})();\n"
    return _without_comment_lines(own.replace(_IMPORT, wrapped))
