"""The sum over all samples of a power times a decaying phasor, in closed form.

A sampled gammatone's transfer function is two of them, so that no long impulse response need be drawn.
"""

from __future__ import annotations

import torch
from torch import Tensor

# A complex number as its real and its imaginary part: what every compiler and exporter knows.
Pair = tuple[Tensor, Tensor]


def _eulerian(order: int) -> list[int]:
    """Coefficients of the Eulerian polynomial of degree ``order - 2``, from the lowest power."""
    row = [1]
    for n in range(2, order):
        padded = [0, *row, 0]
        row = [(k + 1) * padded[k + 1] + (n - k) * padded[k] for k in range(n)]
    return row


def _product(a: Pair, b: Pair) -> Pair:
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def power_sum(z: Pair, order: int) -> Pair:
    r"""$\sum_{k \ge 0} k^{n-1} z^k$ in closed form, for $|z| < 1$.

    $$\sum_{k=0}^{\infty} k^{n-1} z^k = \frac{z\, A_{n-1}(z)}{(1 - z)^n}$$

    where $A$ is the Eulerian polynomial; $1 / (1 - z)$ for order 1, whose first term is one.

    Args:
        z: real and imaginary part, tensors of one shape.
        order: $n$.
    """
    distance = (1.0 - z[0]).square() + z[1].square()
    inverse = (1.0 - z[0]) / distance, z[1] / distance  # of 1 - z
    if order == 1:
        return inverse
    total = torch.zeros_like(z[0]), torch.zeros_like(z[1])
    for coefficient in reversed(_eulerian(order)):
        real, imaginary = _product(total, z)
        total = real + coefficient, imaginary
    for factor in (z, *[inverse] * order):
        total = _product(total, factor)
    return total
