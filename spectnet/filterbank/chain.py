r"""A gammatone is a chain of complex poles: one step of that chain, and one step of its transpose.

With $p = e^{2\pi(-b + j f_c)/f_s}$ and $D_{-1} = x$, stage $j$ of the chain is

$$D_j(t) = p\,D_j(t-1) + D_{j-1}(t) = \sum_k \binom{k+j}{j}\, p^k\, x(t-k)$$

so a weighted sum of $n$ stages has the envelope $k^{n-1}$, exactly (`envelope_weights`).

Numba compiles what stands here. A filter's state is a tuple of numbers and not an array, because
then it lives in registers; and since a compiled tuple has a fixed length, a loop over the stages
is a function that calls itself on a shorter tuple. The plain function says what is computed, and
runs without the compiler; the one under `overload` is what is compiled in its place. Taught in
*Making it fast*.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from inspect import unwrap
from math import comb

from numba import njit
from numba.extending import overload

LANES = 16  # filters side by side: a loop over them becomes one vector instruction


def compiled(function: Callable) -> Callable:
    """Compile a function at its first call; the machine code is kept beside this file."""
    # Sums may be reordered and fused; nothing is assumed that would hide a NaN. Tests put checks of
    # shapes around every function, which `unwrap` takes off.
    fast = {"contract", "reassoc", "nsz"}
    return njit(nogil=True, error_model="numpy", fastmath=fast, cache=True)(unwrap(function))


@lru_cache
def envelope_weights(degree: int) -> tuple[int, ...]:
    r"""Integers $c_j$ with $k^d = \sum_{j=0}^{d} c_j \binom{k+j}{j}$ for every k.

    >>> envelope_weights(3)
    (-1, 7, -12, 6)
    """
    weights: list[int] = []
    for m in range(degree + 1):  # at k = -m - 1 only the first m + 1 terms are not zero
        known = sum((-1) ** j * comb(m, j) * weight for j, weight in enumerate(weights))
        weights.append((-1) ** m * ((-m - 1) ** degree - known))
    return tuple(weights)


def read(table, at, like):
    """As many rows of a table as the tuple `like` is long, at one lane; rows are `LANES` wide."""
    return tuple(table[at + row * LANES] for row in range(len(like)))


@overload(read)
def _compile_read(table, at, like):
    last = (len(like) - 1) * LANES
    if len(like) == 1:
        return lambda table, at, like: (table[at],)
    return lambda table, at, like: read(table, at, like[:-1]) + (table[at + last],)


def write(table, at, values):
    """Put a tuple into the rows of a table, at one lane."""
    for row, value in enumerate(values):
        table[at + row * LANES] = value


@overload(write)
def _compile_write(table, at, values):
    last = len(values) - 1

    def write_first(table, at, values):
        table[at] = values[0]

    def write_all(table, at, values):
        write(table, at, values[:-1])
        table[at + last * LANES] = values[last]

    return unwrap(write_all if last else write_first)


def advance(state, real, imag, x):
    """The chain's state after one more sample: real and imaginary part of each stage in turn."""
    after, into = (), (x, 0 * x)
    for a, b in zip(state[::2], state[1::2], strict=True):
        into = real * a - imag * b + into[0], real * b + imag * a + into[1]
        after += into
    return after


@overload(advance)
def _compile_advance(state, real, imag, x):
    at = len(state) - 2

    def advance_first(state, real, imag, x):
        return real * state[0] - imag * state[1] + x, real * state[1] + imag * state[0]

    def advance_all(state, real, imag, x):
        after = advance(state[:-2], real, imag, x)
        # What stands in brackets need not wait for the stage before.
        a = (real * state[at] - imag * state[at + 1]) + after[at - 2]
        b = (real * state[at + 1] + imag * state[at]) + after[at - 1]
        return after + (a, b)

    return unwrap(advance_all if at else advance_first)


def retreat(adjoint, real, imag, weights, y):
    """One step back in time of the chain's transpose; its first pair belongs to the last stage."""
    after, into = (), (0 * y, 0 * y)
    for a, b, weight in zip(adjoint[::2], adjoint[1::2], weights[::-1], strict=True):
        into = real * a + imag * b + weight * y + into[0], real * b - imag * a + into[1]
        after += into
    return after


@overload(retreat)
def _compile_retreat(adjoint, real, imag, weights, y):
    at = len(adjoint) - 2

    def retreat_first(adjoint, real, imag, weights, y):
        a = real * adjoint[0] + imag * adjoint[1] + weights[0] * y
        return a, real * adjoint[1] - imag * adjoint[0]

    def retreat_all(adjoint, real, imag, weights, y):
        after = retreat(adjoint[:-2], real, imag, weights[1:], y)
        a = (real * adjoint[at] + imag * adjoint[at + 1] + weights[0] * y) + after[at - 2]
        b = (real * adjoint[at + 1] - imag * adjoint[at]) + after[at - 1]
        return after + (a, b)

    return unwrap(retreat_all if at else retreat_first)


def weighted(weights, state, part):
    """Weighted sum of the stages' real parts (`part` 0) or imaginary parts (1)."""
    return sum(weight * state[2 * j + part] for j, weight in enumerate(weights))


@overload(weighted)
def _compile_weighted(weights, state, part):
    last = len(weights) - 1

    def weighted_first(weights, state, part):
        return weights[0] * state[part]

    def weighted_all(weights, state, part):
        return weighted(weights[:-1], state, part) + weights[last] * state[2 * last + part]

    return unwrap(weighted_all if last else weighted_first)
