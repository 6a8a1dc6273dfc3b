"""The closed form is what the terms sum up to."""

import cmath

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spectnet.power_sums import power_sum


@given(order=st.integers(1, 8), size=st.floats(0.0, 0.95), turn=st.floats(-3.2, 3.2))
def test_the_closed_form_is_what_the_terms_sum_up_to(order, size, turn):
    z = cmath.rect(size, turn)
    terms = [k ** (order - 1) * z**k for k in range(1500)]  # 0.95 ** 1500 is 4e-34
    real, imaginary = power_sum(tuple(torch.tensor([z.real, z.imag], dtype=torch.float64)), order)
    # The terms may cancel: relative to their sizes.
    tolerance = 1e-12 * max(1.0, sum(abs(term) for term in terms))
    assert complex(real, imaginary) == pytest.approx(sum(terms), rel=0, abs=tolerance)
