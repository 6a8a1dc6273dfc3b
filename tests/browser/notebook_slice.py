"""What of a notebook one of its cells needs: the cells that define the names it uses, and what those need."""

from __future__ import annotations

import symtable
from collections.abc import Iterator, Sequence

from IPython.core.inputtransformer2 import TransformerManager


def needed_cells(sources: Sequence[str], at: int) -> list[int]:
    """Numbers of the cells to run for cell `at`, in order and itself the last.

    Args:
        sources: of all cells; a cell without code is empty.
        at: number of the cell.
    """
    wanted: set[str] = set()
    kept: list[int] = []
    for i in reversed(range(at + 1)):
        scope = _scope(sources[i])
        defined = _defined(scope)
        if i == at or wanted & defined:
            # What a cell defines it is taken not to need: `n = n + 1` would hide where n began.
            wanted = (wanted | set(_used(scope))) - defined
            kept.append(i)
    return kept[::-1]


def _scope(source: str) -> symtable.SymbolTable:
    return symtable.symtable(TransformerManager().transform_cell(source), "cell", "exec")


def _defined(scope: symtable.SymbolTable) -> set[str]:
    return {name.get_name() for name in scope.get_symbols() if name.is_assigned() or name.is_imported()}


def _used(scope: symtable.SymbolTable, *, inner: bool = False) -> Iterator[str]:
    for name in scope.get_symbols():
        if name.is_referenced() and (not inner or name.is_global()):
            yield name.get_name()
    for child in scope.get_children():
        yield from _used(child, inner=True)
