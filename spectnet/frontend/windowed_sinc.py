"""Ideal band-passes, cut to length by a Hamming window."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor


def band_pass(
    low: Float[Tensor, " filters"],
    high: Float[Tensor, " filters"],
    *,
    kernel_size: int,
    sample_rate: float,
    antisymmetric: bool = False,
) -> Float[Tensor, "filters {kernel_size}"]:
    r"""Impulse responses that pass `low` to `high`, symmetric around their middle or antisymmetric.

    $$h(k) = w(k)\, \frac{\sin(2\pi f_h k/f_s) - \sin(2\pi f_l k/f_s)}{\pi k} \quad\text{or}\quad
      h(k) = w(k)\, \frac{\cos(2\pi f_l k/f_s) - \cos(2\pi f_h k/f_s)}{\pi k}$$

    with $k$ counted from the middle (in halves, where the number of taps is even) and the window
    $w(k) = 0.54 + 0.46 \cos(2\pi k/(K - 1))$. The antisymmetric form turns every tone by a quarter of its
    period besides. Well inside the band the gain is one, at its edges a half.

    Args:
        low: lower edges $f_l$ in Hz; 0 makes a low-pass.
        high: upper edges $f_h$ in Hz; Nyquist makes a high-pass.
        kernel_size: $K$ in samples.
        sample_rate: $f_s$ in Hz.
        antisymmetric: which of the two.

    Returns:
        Taps ``(filters, kernel_size)``, float64, differentiable.
    """
    k = torch.arange(kernel_size, dtype=torch.float64, device=low.device) - (kernel_size - 1) / 2
    window = 0.54 + 0.46 * torch.cos(2.0 * math.pi * k / (kernel_size - 1))

    def up_to(edge: Float[Tensor, " filters"]) -> Float[Tensor, "filters taps"]:
        share = 2.0 * edge.double()[:, None] / sample_rate
        if not antisymmetric:
            return share * torch.sinc(share * k)
        # (1 - cos 2x) / 2x as sin(x) sin(x)/x, which knows its value in the middle: zero.
        return torch.sin(math.pi * share * k / 2) * share * torch.sinc(share * k / 2)

    return window * (up_to(high) - up_to(low))
