"""What every backbone asks of its arguments, so that all refuse the same mistakes in the same words."""

from __future__ import annotations


def check_classes(n_classes: int) -> None:
    """Raise ValueError for fewer than two classes."""
    if n_classes < 2:
        raise ValueError(f"n_classes must be at least 2, got {n_classes}")


def check_dropout(dropout: float) -> None:
    """Raise ValueError unless a share of what is dropped leaves something."""
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout must be at least 0 and below 1, got {dropout:g}")
