"""A filterbank's energies by `recursion`, as PyTorch operators: exact, gradients carried along.

Autograd, autocast and `torch.compile` see one step where Numba runs loops. CPU only. Taught in
*Making it fast*.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from spectnet.filterbank import recursion
from spectnet.filterbank.poles import Bank, build_bank, fitting_dtype
from spectnet.filterbank.windows import Windows


@lru_cache(maxsize=1)
def _workers(n_threads: int) -> ThreadPoolExecutor:
    # What fades into silence ends in subnormal numbers, which are many times slower. These threads
    # take them for zero; the caller's own threads are left as they are.
    return ThreadPoolExecutor(n_threads, "spectnet", initializer=torch.set_flush_denormal, initargs=(True,))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_workers.cache_clear)  # threads do not survive a fork


def share_out(task: Callable[[int, int], None], n_tasks: int) -> None:
    """Run ``task(first, last)`` over all tasks, on as many threads as PyTorch may use."""
    n_threads = torch.get_num_threads()
    n_shares = min(n_threads, n_tasks)
    edges = [n_tasks * share // max(1, n_shares) for share in range(n_shares + 1)]
    for _ in _workers(n_threads).map(task, edges[:-1], edges[1:]):
        pass  # the results are None, but a task's error is raised here


# Arguments that every operator takes, in the language of PyTorch's schemas.
_ARGUMENTS = (
    "Tensor waveform, Tensor center_frequencies, Tensor bandwidths, int[] orders, "
    "int window_length, int hop_length, float sample_rate, bool exact"
)


def _prepare(
    waveform: Tensor,
    center_frequencies: Tensor,
    bandwidths: Tensor,
    orders: Sequence[int],
    sample_rate: float,
    *,
    exact: bool,
    with_gradient: bool,
) -> tuple[np.ndarray, Bank]:
    x, f, b = (each.detach().contiguous().numpy() for each in (waveform, center_frequencies, bandwidths))
    dtype = fitting_dtype(b, sample_rate, x.dtype, exact=exact)
    return x.astype(dtype, copy=False), build_bank(
        f, b, orders, sample_rate, dtype, with_gradient=with_gradient
    )


@torch.library.custom_op(
    "spectnet::gammatone_energy",
    mutates_args=(),
    device_types="cpu",
    schema=f"({_ARGUMENTS}, bool with_gradient) -> (Tensor, Tensor)",
)
def gammatone_energy(
    waveform: Tensor,
    center_frequencies: Tensor,
    bandwidths: Tensor,
    orders: Sequence[int],
    window_length: int,
    hop_length: int,
    sample_rate: float,
    exact: bool,
    with_gradient: bool,
) -> tuple[Tensor, Tensor]:
    """Mean energies ``(batch, filters, frames)``, and their derivatives ``(2, batch, filters, frames)``.

    The derivatives are by each filter's own centre frequency and bandwidth; without `with_gradient`
    there are none. Arguments as in `energy`.
    """
    x, bank = _prepare(
        waveform,
        center_frequencies,
        bandwidths,
        orders,
        sample_rate,
        exact=exact,
        with_gradient=with_gradient,
    )
    windows = Windows(window_length, hop_length)
    means = np.empty((len(x), len(orders), windows.n_frames(x.shape[1])), x.dtype)
    derivatives = np.empty((2 if with_gradient else 0, *means.shape), x.dtype)
    lie = windows.hop_length, windows.rest, windows.in_window
    scale, turn = x.dtype.type(1 / window_length), x.dtype.type(2 * np.pi / sample_rate)

    def task(first: int, last: int) -> None:
        recursion.energy(x, *bank, *lie, scale, turn, first, last, means, derivatives)

    share_out(task, len(x) * len(bank.tables))
    return torch.from_numpy(means).to(waveform.dtype), torch.from_numpy(derivatives).to(waveform.dtype)


@gammatone_energy.register_fake
def _shapes(waveform, f, b, orders, window_length, hop_length, rate, exact, with_gradient):  # type: ignore[no-untyped-def]
    n_frames = 1 + (waveform.shape[1] - window_length) // hop_length
    shape = waveform.shape[0], len(orders), n_frames
    return waveform.new_empty(shape), waveform.new_empty((2 if with_gradient else 0, *shape))


@torch.library.custom_op(
    "spectnet::gammatone_energy_to_waveform",
    mutates_args=(),
    device_types="cpu",
    schema=f"(Tensor gradient, {_ARGUMENTS}) -> Tensor",
)
def gammatone_energy_to_waveform(
    gradient: Tensor,
    waveform: Tensor,
    center_frequencies: Tensor,
    bandwidths: Tensor,
    orders: Sequence[int],
    window_length: int,
    hop_length: int,
    sample_rate: float,
    exact: bool,
) -> Tensor:
    """Gradient to the waveform ``(batch, time)`` of `gammatone_energy`, from the one to the energy."""
    x, bank = _prepare(
        waveform, center_frequencies, bandwidths, orders, sample_rate, exact=exact, with_gradient=False
    )
    windows = Windows(window_length, hop_length)
    lie = windows.hop_length, windows.rest, windows.in_window
    scale = x.dtype.type(2 / window_length)
    to_energy, out = np.ascontiguousarray(gradient.detach().numpy(), x.dtype), np.zeros_like(x)

    def task(first: int, last: int) -> None:
        recursion.waveform_gradient(
            x, bank.tables, bank.like, bank.stages_y, *lie, scale, to_energy, first, last, out
        )

    share_out(task, len(x))
    return torch.from_numpy(out).to(waveform.dtype)


@gammatone_energy_to_waveform.register_fake
def _like_waveform(gradient, waveform, *arguments):  # type: ignore[no-untyped-def]
    return torch.empty_like(waveform, memory_format=torch.contiguous_format)


def _keep(ctx, inputs, output):  # type: ignore[no-untyped-def]
    waveform, center_frequencies, bandwidths, *ctx.settings, _ = inputs
    ctx.save_for_backward(waveform, center_frequencies, bandwidths, output[1])
    ctx.set_materialize_grads(False)


def _backward(ctx, gradient, to_derivatives):  # type: ignore[no-untyped-def]
    if to_derivatives is not None:
        raise NotImplementedError("the recursion has no second derivatives; use algorithm='fft'")
    waveform, *filters, derivatives = ctx.saved_tensors
    to_waveform = to_center = to_bandwidth = None
    if gradient is not None and ctx.needs_input_grad[0]:
        to_waveform = gammatone_energy_to_waveform(gradient, waveform, *filters, *ctx.settings)
    if gradient is not None and len(derivatives):
        # Frames are summed by a matrix product, which needs no room for the products.
        over_frames = gradient[..., None, :] @ derivatives[..., None]  # (2, batch, filters, 1, 1)
        to_center, to_bandwidth = over_frames[..., 0, 0].sum(1, dtype=filters[0].dtype)
    return to_waveform, to_center, to_bandwidth, *[None] * (len(ctx.settings) + 1)


gammatone_energy.register_autograd(_backward, setup_context=_keep)


def energy(
    waveform: Float[Tensor, "batch time"],
    center_frequencies: Float[Tensor, " filters"],
    bandwidths: Float[Tensor, " filters"],
    orders: Sequence[int],
    windows: Windows,
    sample_rate: float,
    *,
    exact: bool = False,
) -> Float[Tensor, "batch filters frames"]:
    """Mean square of each filter's output, window by window; see `filterbank.energy`.

    Args:
        waveform: ``(batch, time)``, float32 or float64, at least one window long.
        center_frequencies: in Hz.
        bandwidths: decay b in Hz.
        orders: one a filter.
        windows: in samples.
        sample_rate: in Hz.
        exact: compute in float64 whatever comes in.

    Raises:
        ValueError: a waveform that is not on the CPU.
    """
    if waveform.device.type != "cpu":
        raise ValueError(
            f"algorithm 'state-space' runs on the CPU, got a waveform on {waveform.device.type}; use 'auto'"
        )
    with_gradient = torch.is_grad_enabled() and (center_frequencies.requires_grad or bandwidths.requires_grad)
    filters = center_frequencies.double(), bandwidths.double(), orders
    means, _ = gammatone_energy(waveform, *filters, *windows, float(sample_rate), exact, with_gradient)
    return means
