"""The same energies from a waveform that arrives in pieces: the recursion carries its state along.

Taught in *Making it fast*.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from spectnet.filterbank import recursion
from spectnet.filterbank.chain import LANES
from spectnet.filterbank.poles import build_bank, fitting_dtype
from spectnet.filterbank.state_space import share_out
from spectnet.filterbank.windows import Windows


class EnergyStream:
    """Mean square of each filter's output, from pieces of any size, down to one sample.

    A frame comes out as soon as its last sample is in. All frames together are those that
    `filterbank.energy` gives for the whole waveform. Between pieces it keeps each filter's state, what
    is left of a window, and less than a hop of samples: however long it runs, its memory does not grow.
    No gradient flows through it; the filters are those that it was made with.

    Args:
        center_frequencies: in Hz.
        bandwidths: decay b in Hz.
        orders: one a filter.
        windows: in samples.
        sample_rate: in Hz.
        exact: compute in float64 whatever comes in.

    Example:
        >>> filters = torch.tensor([100.0]), torch.tensor([20.0]), [4]
        >>> stream = EnergyStream(*filters, Windows(25, 10), 1000)
        >>> [stream.push(torch.ones(1, n)).shape[-1] for n in (24, 1, 9, 1)]
        [0, 1, 0, 1]
    """

    def __init__(
        self,
        center_frequencies: Float[Tensor, " filters"],
        bandwidths: Float[Tensor, " filters"],
        orders: Sequence[int],
        windows: Windows,
        sample_rate: float,
        *,
        exact: bool = False,
    ) -> None:
        self.windows = windows
        self._center_frequencies = center_frequencies.detach().cpu().double().numpy().copy()
        self._bandwidths = bandwidths.detach().cpu().double().numpy().copy()
        self._orders, self._sample_rate, self._exact = tuple(orders), sample_rate, exact
        self._dtype: torch.dtype | None = None

    def _start(self, n_clips: int, dtype: torch.dtype) -> None:
        wanted = np.dtype(np.float64 if dtype == torch.float64 else np.float32)
        fitting = fitting_dtype(self._bandwidths, self._sample_rate, wanted, exact=self._exact)
        filters = self._center_frequencies, self._bandwidths, self._orders
        self._bank = build_bank(*filters, self._sample_rate, fitting, with_gradient=False)
        self._dtype = torch.float64 if dtype == torch.float64 else torch.float32
        self._state = np.zeros((n_clips, len(self._bank.tables), len(self._bank.like) * LANES), fitting)
        self._pending = np.zeros((n_clips, 0), fitting)  # samples of a segment that is not whole
        self._sums = np.zeros((n_clips, len(self._orders), 0), fitting)  # segments of windows not whole
        self._phase = 0  # segments since the start of a hop
        self._skip = 0  # segments to come that lie between two windows

    def push(self, waveform: Float[Tensor, "batch time"]) -> Float[Tensor, "batch filters frames"]:
        """Take the next samples of every clip, and give the frames that they complete (perhaps none).

        Raises:
            ValueError: another number of clips than before.
        """
        if self._dtype is None:
            self._start(len(waveform), waveform.dtype)
        if len(waveform) != len(self._state):
            raise ValueError(
                f"waveform must hold the next samples of {len(self._state)} clips, got {len(waveform)}; "
                "a stream serves one batch from its start to its end"
            )
        new = waveform.detach().cpu().to(torch.float64 if self._bank.dtype == np.float64 else torch.float32)
        samples = np.concatenate([self._pending, new.numpy()], axis=1)
        n_segments, used = self._whole_segments(samples.shape[1])
        sums = np.empty((*self._state.shape[:2], n_segments, 3 * LANES), samples.dtype)

        def task(first: int, last: int) -> None:
            bank, windows = self._bank, self.windows
            for i in range(first, last):
                clip, block = divmod(i, len(bank.tables))
                recursion.filter_segments(
                    samples[clip],
                    bank.tables[block],
                    self._state[clip, block],
                    *bank[1:],
                    windows.hop_length,
                    windows.rest,
                    self._phase,
                    sums[clip, block],
                )

        share_out(task, len(samples) * len(self._bank.tables))
        self._pending = samples[:, used:].copy()
        self._phase = (self._phase + n_segments) % self.windows.step
        squares = (
            sums[..., :LANES].swapaxes(2, 3).reshape(len(samples), len(self._bank.tables) * LANES, n_segments)
        )
        return self._frames(squares[:, : len(self._orders)])

    def _whole_segments(self, n_samples: int) -> tuple[int, int]:
        """How many whole segments lie in so many samples, and how many samples they hold."""
        hop, rest, step = self.windows.hop_length, self.windows.rest, self.windows.step
        before = rest if self._phase else 0  # samples of the hop that went before
        hops, left = divmod(n_samples + before, hop)
        half = int(rest > 0 and left >= rest)
        return hops * step + half - self._phase, hops * hop + half * rest - before

    def _frames(self, squares: np.ndarray) -> Tensor:
        sums = np.concatenate([self._sums, squares[:, :, self._skip :]], axis=2)
        self._skip = max(0, self._skip - squares.shape[2])
        windows = self.windows
        n_frames = max(0, (sums.shape[2] - windows.in_window) // windows.step + 1)
        done = n_frames * windows.step
        self._sums = sums[:, :, done:].copy()
        self._skip += max(0, done - sums.shape[2])  # a hop may be longer than a window
        if not n_frames:
            return torch.zeros(*sums.shape[:2], 0, dtype=self._dtype)
        return windows.means(torch.from_numpy(sums), n_frames).to(self._dtype)
