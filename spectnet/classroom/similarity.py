"""Find answers that look alike: a reason to ask, never a verdict.

Taught in *For the teacher*.
"""

from __future__ import annotations

import io
import itertools
import keyword
import tokenize
from collections.abc import Mapping, Sequence

_SKIPPED = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER
}  # fmt: skip
LENGTH = 5  # tokens that have to agree in a row
SHORTEST = 40  # below so many tokens, all right answers look alike


def alike(answers: Mapping[str, str], threshold: float = 0.9) -> list[tuple[str, str, float]]:
    """Pairs of students whose code shares most of its runs of five tokens.

    Comments, layout and the names of variables do not count.

    Args:
        answers: each student's code.
        threshold: the share of common runs, from 0 to 1, from which a pair is named.

    Returns:
        The two students and the share, the most alike first.

    >>> code = "\\n".join(f"a{i} = b{i} + {i}" for i in range(20))
    >>> alike({"ada": code, "bob": code.replace("a", "x")})
    [('ada', 'bob', 1.0)]
    """
    runs = {name: _runs(_tokens(code)) for name, code in answers.items()}
    found = []
    for one, two in itertools.combinations([name for name in runs if runs[name]], 2):
        share = len(runs[one] & runs[two]) / len(runs[one] | runs[two])
        if share >= threshold:
            found.append((one, two, share))
    return sorted(found, key=lambda pair: (-pair[2], pair[:2]))


def _tokens(code: str) -> list[str]:
    """The code's tokens, with every name but Python's own taken for the same."""
    tokens = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
                tokens.append("name")
            elif token.type not in _SKIPPED:
                tokens.append(token.string)
    except (tokenize.TokenError, SyntaxError):
        pass  # what was read up to the mistake is compared
    return tokens


def _runs(tokens: Sequence[str]) -> set[tuple[str, ...]]:
    if len(tokens) < SHORTEST:
        return set()
    return {tuple(tokens[i : i + LENGTH]) for i in range(len(tokens) - LENGTH + 1)}
