r"""A filterbank's energies by recursion, sample by sample: compiled loops around the chain of poles.

There is no kernel, nothing is cut, and the cost does not grow with how long a filter rings. With
one stage more than the output $y$ needs, a second weighted sum $v$ has the envelope $k^n$: the
derivative of the output with respect to $\ln p$. So sums of $y\,v$ over a window are the derivatives of
its energy; they run beside the filter, and a backward pass to the parameters has nothing left to do.

A filter stands in a column of a table whose rows are `LANES` wide, flattened: its pole, the gain
of its input, the derivatives of ln(gain), then a weight for each stage, first for y and then for v.
Windows are sums of whole segments (`windows.Windows`). Taught in *Making it fast*.
"""

from __future__ import annotations

import numpy as np

from spectnet.filterbank.chain import LANES, advance, compiled, read, retreat, weighted, write

POLE_REAL, POLE_IMAG, INPUT_GAIN, BY_CENTER, BY_BANDWIDTH, WEIGHTS = (row * LANES for row in range(6))


@compiled
def _segment_length(segment, hop, rest):
    if rest == 0:
        return hop
    return hop - rest if segment % 2 else rest


@compiled
def filter_segments(x, table, state, like, stages_y, stages_v, hop, rest, phase, sums):
    """Filter `x` from `state` on, and sum y y, y Re v and y Im v over every segment.

    Args:
        x: samples, at least as many as the segments hold.
        table: of one block of `LANES` filters.
        state: flattened ``(2 stages, LANES)``; on return the state after the last segment.
        like: a tuple as long as the state has rows.
        stages_y: a tuple as long as y has weights.
        stages_v: a tuple as long as v has weights; of length one, v is left out.
        hop: in samples.
        rest: where in each hop a window ends, in samples.
        phase: segments since the start of a hop, 0 or 1.
        sums: ``(segments, 3 LANES)``, written to.
    """
    weights_v = WEIGHTS + len(stages_y) * LANES
    work = np.empty(3 * LANES, x.dtype)
    start = 0
    for segment in range(sums.shape[0]):
        work[:] = 0
        stop = start + _segment_length(segment + phase, hop, rest)
        for t in range(start, stop):
            sample = x[t]
            for lane in range(LANES):
                real, imag = table[POLE_REAL + lane], table[POLE_IMAG + lane]
                now = advance(read(state, lane, like), real, imag, sample * table[INPUT_GAIN + lane])
                write(state, lane, now)
                y = weighted(read(table, WEIGHTS + lane, stages_y), now, 0)
                work[lane] += y * y
                if len(stages_v) > 1:
                    weights = read(table, weights_v + lane, stages_v)
                    work[LANES + lane] += y * weighted(weights, now, 0)
                    work[2 * LANES + lane] += y * weighted(weights, now, 1)
        sums[segment] = work
        start = stop


@compiled
def energy(
    waveform, tables, like, stages_y, stages_v, hop, rest, in_window, scale, turn, first, last, means, by
):
    """Mean energy of every window, and its derivatives, for the tasks from `first` to `last`.

    Args:
        waveform: ``(batch, time)``.
        tables: ``(blocks, rows LANES)``.
        like, stages_y, stages_v, hop, rest: as in `filter_segments`.
        in_window: segments in a window.
        scale: one over the window's length.
        turn: radians a sample and Hz, 2 pi over the sample rate.
        first, last: tasks; task i is clip ``i // blocks`` and block ``i % blocks``.
        means: ``(batch, filters, frames)``, written to.
        by: derivatives by centre frequency and by bandwidth, ``(2, batch, filters, frames)``,
            written to; or empty.
    """
    n_blocks, n_filters, n_frames = tables.shape[0], means.shape[1], means.shape[2]
    step = 1 if rest == 0 else 2
    sums = np.empty(((n_frames - 1) * step + in_window, 3 * LANES), waveform.dtype)
    for task in range(first, last):
        clip, block = task // n_blocks, task % n_blocks
        table = tables[block]
        state = np.zeros(len(like) * LANES, waveform.dtype)
        filter_segments(waveform[clip], table, state, like, stages_y, stages_v, hop, rest, 0, sums)
        for lane in range(min(LANES, n_filters - block * LANES)):
            row = block * LANES + lane
            for frame in range(n_frames):
                yy = y_real = y_imag = waveform.dtype.type(0)
                for segment in range(frame * step, frame * step + in_window):
                    yy += sums[segment, lane]
                    y_real += sums[segment, LANES + lane]
                    y_imag += sums[segment, 2 * LANES + lane]
                means[clip, row, frame] = scale * yy
                if len(stages_v) > 1:
                    # d ln(p) is turn (-db + j df); what the gain changes comes off.
                    by_center = -turn * y_imag - yy * table[BY_CENTER + lane]
                    by_bandwidth = -turn * y_real - yy * table[BY_BANDWIDTH + lane]
                    by[0, clip, row, frame] = 2 * scale * by_center
                    by[1, clip, row, frame] = 2 * scale * by_bandwidth


@compiled
def _segment_weights(gradient, in_window, step, block, scale, weights):
    """What a sample's square weighs in the loss: the sum over the windows that hold its segment."""
    weights[:] = 0
    for lane in range(min(LANES, gradient.shape[0] - block * LANES)):
        for frame in range(gradient.shape[1]):
            for segment in range(frame * step, frame * step + in_window):
                weights[segment, lane] += scale * gradient[block * LANES + lane, frame]


@compiled
def _weighted_outputs(x, table, state, like, stages_y, hop, rest, first, last, weights, outputs):
    """Filter the segments from `first` to `last`; write each output times its segment's weight."""
    step = 1 if rest == 0 else 2
    start = at = first // step * hop
    for segment in range(first, last):
        stop = at + _segment_length(segment, hop, rest)
        for t in range(at, stop):
            sample = x[t]
            for lane in range(LANES):
                real, imag = table[POLE_REAL + lane], table[POLE_IMAG + lane]
                now = advance(read(state, lane, like), real, imag, sample * table[INPUT_GAIN + lane])
                write(state, lane, now)
                y = weighted(read(table, WEIGHTS + lane, stages_y), now, 0)
                outputs[t - start, lane] = y * weights[segment, lane]
        at = stop
    return at - start


@compiled
def waveform_gradient(
    waveform, tables, like, stages_y, hop, rest, in_window, scale, gradient, first, last, out
):
    """Gradient of the energies to the waveform, for the clips from `first` to `last`.

    The filter runs forwards once and leaves its state at the start of every chunk. Then the chunks
    are taken from the last to the first: filter again from the state that was left, and run the
    chain's transpose back in time.

    Args:
        waveform, tables, like, stages_y, hop, rest, in_window: as in `energy`.
        scale: two over the window's length.
        gradient: to the energy, ``(batch, filters, frames)``.
        first, last: clips.
        out: ``(batch, time)``, zeros; added to.
    """
    step = 1 if rest == 0 else 2
    n_segments = (gradient.shape[2] - 1) * step + in_window
    # Chunks of whole hops: long enough to be worth a state, short enough for the cache.
    in_chunk = step * max(1, 512 // hop)
    n_chunks = (n_segments + in_chunk - 1) // in_chunk
    weights = np.empty((n_segments, LANES), waveform.dtype)
    states = np.empty((n_chunks, len(like) * LANES), waveform.dtype)
    outputs = np.empty((in_chunk // step * hop, LANES), waveform.dtype)
    state, adjoint = np.empty_like(states[0]), np.empty_like(states[0])
    for clip in range(first, last):
        x = waveform[clip]
        for block in range(tables.shape[0]):
            table = tables[block]
            _segment_weights(gradient[clip], in_window, step, block, scale, weights)
            state[:] = 0
            for chunk in range(n_chunks):
                states[chunk] = state
                a, b = chunk * in_chunk, min((chunk + 1) * in_chunk, n_segments)
                _weighted_outputs(x, table, state, like, stages_y, hop, rest, a, b, weights, outputs)
            adjoint[:] = 0
            for chunk in range(n_chunks - 1, -1, -1):
                state[:] = states[chunk]
                a, b = chunk * in_chunk, min((chunk + 1) * in_chunk, n_segments)
                n = _weighted_outputs(x, table, state, like, stages_y, hop, rest, a, b, weights, outputs)
                start = a // step * hop
                for t in range(n - 1, -1, -1):
                    total = x.dtype.type(0)
                    for lane in range(LANES):
                        real, imag = table[POLE_REAL + lane], table[POLE_IMAG + lane]
                        weights_y = read(table, WEIGHTS + lane, stages_y)
                        now = retreat(read(adjoint, lane, like), real, imag, weights_y, outputs[t, lane])
                        write(adjoint, lane, now)
                        total += table[INPUT_GAIN + lane] * now[len(like) - 2]
                    out[clip, start + t] += total
