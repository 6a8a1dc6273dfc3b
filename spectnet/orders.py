"""Orders of a bank's filters: one whole number for all of them, or one for each.

What depends on the order is computed once for each order that occurs, for all its filters together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

MAX_ORDER = 8


def check_order(order: Any) -> None:
    """Raise ValueError unless `order` is a whole number from 1 to 8."""
    if isinstance(order, bool) or not hasattr(order, "__index__") or not 1 <= order <= MAX_ORDER:
        raise ValueError(f"order must be a whole number from 1 to {MAX_ORDER}, got {order}")


def orders_per_filter(order: int | Sequence[int], n_filters: int) -> tuple[int, ...]:
    """One order for each filter, from one for all or a sequence.

    >>> orders_per_filter(4, 3)
    (4, 4, 4)

    Raises:
        ValueError: an order that is not a whole number from 1 to 8, a sequence of another length.
    """
    orders = tuple(order) if isinstance(order, Sequence) else (order,) * n_filters
    if len(orders) != n_filters:
        raise ValueError(
            f"order must be one for all or one for each of {n_filters} filters, got {len(orders)}"
        )
    for each in orders:
        check_order(each)
    return tuple(int(each) for each in orders)


def by_order(compute: Callable[..., Tensor], order: int | Sequence[int], *rows: Tensor) -> Tensor:
    """``compute(n, *rows)`` for the rows of each order n, put back in their places.

    Args:
        compute: takes an order and some tensors with the same number of rows, gives as many rows.
        order: for all rows, or one for each.
        rows: tensors with one row a filter.
    """
    orders = orders_per_filter(order, len(rows[0]))
    if len(set(orders)) == 1:
        return compute(orders[0], *rows)
    places = sorted(range(len(orders)), key=orders.__getitem__)  # equal orders stand together
    groups = [[place for place in places if orders[place] == n] for n in sorted(set(orders))]
    parts = torch.cat([compute(orders[group[0]], *(row[group] for row in rows)) for group in groups])
    return parts[sorted(range(len(places)), key=places.__getitem__)]
