"""One order for all filters, or one for each; what is computed by order comes back in its place."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spectnet.orders import by_order, check_order, orders_per_filter


@pytest.mark.parametrize(
    ("order", "expected"), [(4, (4, 4, 4)), ([1, 8, 2], (1, 8, 2)), ((3, 3, 3), (3, 3, 3))]
)
def test_an_order_is_for_all_filters_or_for_each(order, expected):
    orders = orders_per_filter(order, 3)
    assert orders == expected
    assert {type(each) for each in orders} == {int}


@given(orders=st.lists(st.integers(1, 8), min_size=1, max_size=12))
def test_rows_come_back_in_their_places(orders):
    """However orders are mixed, and each order is computed once."""
    rows, seen = torch.arange(len(orders)).double()[:, None], []

    def compute(n: int, part: torch.Tensor) -> torch.Tensor:
        seen.append(n)
        return 100 * n + part

    together = by_order(compute, orders, rows)
    assert together[:, 0].tolist() == [100 * n + i for i, n in enumerate(orders)]
    assert sorted(seen) == sorted(set(orders))


@pytest.mark.parametrize("order", [0, 9, -1, True, 4.0, "4", None, 2.5])
def test_an_order_is_a_whole_number(order):
    with pytest.raises(ValueError, match=f"order must be a whole number from 1 to 8, got {order}"):
        check_order(order)


@pytest.mark.parametrize(
    ("orders", "message"),
    [
        ([4, 4], "order must be one for all or one for each of 3 filters, got 2"),
        ([4, 4, 9], "order must be a whole number from 1 to 8, got 9"),
    ],
)
def test_wrong_orders_are_named(orders, message):
    with pytest.raises(ValueError, match=message):
        orders_per_filter(orders, 3)
