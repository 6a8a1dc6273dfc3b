r"""From centre frequency, bandwidth and order to the numbers that `recursion` runs on.

A gammatone's pole, the weights of its stages, and a gain of one at its centre, in closed form:
since $\sum_k \binom{k+j}{j} z^k = (1 - z)^{-j-1}$, so are its gain and the gain's derivatives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from spectnet.filterbank.chain import LANES, envelope_weights

# Below this distance from the unit circle a float32 pole is too coarse: the distance is the bandwidth.
_NARROWEST_FLOAT32 = 1e-3


class Bank(NamedTuple):
    """Filters in blocks of `LANES`, and tuples whose lengths the recursion is compiled for.

    Attributes:
        tables: ``(blocks, rows LANES)``; the rows are named in `recursion`.
        like: as long as a filter's state.
        stages_y: as long as the output has weights.
        stages_v: as long as the derivative has weights; of length one without a gradient.
    """

    tables: np.ndarray
    like: tuple
    stages_y: tuple
    stages_v: tuple

    @property
    def dtype(self) -> np.dtype:
        """Of the tables, and of all that is computed with them."""
        return self.tables.dtype


def fitting_dtype(bandwidths: np.ndarray, sample_rate: float, dtype: np.dtype, *, exact: bool) -> np.dtype:
    """`dtype`, or float64 where exactness or a very narrow filter asks for it."""
    narrow = 2 * np.pi * bandwidths.min() / sample_rate < _NARROWEST_FLOAT32
    return np.dtype(np.float64) if exact or narrow else dtype


def build_bank(
    center_frequencies: np.ndarray,
    bandwidths: np.ndarray,
    orders: Sequence[int],
    sample_rate: float,
    dtype: np.dtype,
    *,
    with_gradient: bool,
) -> Bank:
    """Gammatones of unit gain at their centres, computed in float64 and stored in `dtype`.

    Args:
        center_frequencies: in Hz.
        bandwidths: decay b in Hz.
        orders: one a filter.
        sample_rate: in Hz.
        dtype: float32 or float64.
        with_gradient: one stage more, and the derivative's weights.
    """
    order = max(orders)
    turn = 2 * np.pi / sample_rate
    # The pole as it will be stored: its gain, and not the ideal one's, is brought to one.
    pole = _stored(np.exp(turn * (-bandwidths + 1j * center_frequencies)), dtype)
    radius, image = np.abs(pole), np.conj(pole) ** 2 / np.abs(pole)

    weights_y = np.array([_padded(envelope_weights(n - 1), order) for n in orders])
    weights_v = np.array([_padded(envelope_weights(n), order + 1) for n in orders])
    gain = 0.5 * (_power_sum(radius, weights_y) + _power_sum(image, weights_y))
    by_radius, by_image = _power_sum(radius, weights_v), _power_sum(image, weights_v)
    by_bandwidth = (-0.5 * turn * (by_radius + by_image) / gain).real
    by_center = (-1j * turn * by_image / gain).real  # seen from its centre, only the image moves

    # Every stage multiplies by up to 1 / (1 - r). Half of that comes off the input, half off the
    # weights, so that float32 holds all that lies between.
    stages = order + with_gradient
    input_gain = (1 - radius) ** (stages / 2)
    scale = 1 / (np.abs(gain) * input_gain)
    rows = [pole.real, pole.imag, input_gain, by_center, by_bandwidth, *(weights_y.T * scale)]
    if with_gradient:
        rows += [*(weights_v.T * scale)]

    n_blocks = -(-len(orders) // LANES)
    tables = np.zeros((len(rows), n_blocks * LANES), dtype)
    tables[:, : len(orders)] = rows
    return Bank(
        tables.reshape(len(rows), n_blocks, LANES).swapaxes(0, 1).reshape(n_blocks, -1),
        tuple(np.zeros(2 * stages, dtype)),
        tuple(np.zeros(order, dtype)),
        tuple(np.zeros(stages if with_gradient else 1, dtype)),
    )


def _stored(pole: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return pole.real.astype(dtype).astype(float) + 1j * pole.imag.astype(dtype).astype(float)


def _padded(weights: Sequence[int], length: int) -> list[int]:
    return [*weights, *[0] * (length - len(weights))]


def _power_sum(z: np.ndarray, weights: np.ndarray) -> np.ndarray:
    r"""$\sum_k \big(\sum_j c_j \binom{k+j}{j}\big) z^k$, with each filter's z and weights."""
    return sum(column / (1 - z) ** (j + 1) for j, column in enumerate(weights.T))
