# Rounds the window down: a little too short.
# loses: 1
# hint: round up
# %% axes
def row_frequencies(window_length, sample_rate):
    return np.arange(window_length // 2 + 1) * sample_rate / window_length


def frame_times(n_frames, window_length, hop_length, sample_rate):
    return (np.arange(n_frames) * hop_length + window_length / 2) / sample_rate


def window_for(distance_hz, sample_rate):
    return int(1.44 * sample_rate / distance_hz)
