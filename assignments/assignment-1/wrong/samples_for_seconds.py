# Rows reach up to the sample rate, frames stand at their first sample, and the window is in milliseconds.
# loses: 3
# hint: half a window after its first sample
# %% axes
def row_frequencies(window_length, sample_rate):
    return np.linspace(0, sample_rate, window_length // 2 + 1)


def frame_times(n_frames, window_length, hop_length, sample_rate):
    return np.arange(n_frames) * hop_length / sample_rate


def window_for(distance_hz, sample_rate):
    return int(np.ceil(1.44 * 1000 / distance_hz))
