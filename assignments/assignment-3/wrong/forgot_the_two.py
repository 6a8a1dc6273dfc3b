# Both sides, but divided by one step: every slope is twice too steep.
# loses: 1
# hint: how far apart
# %% differences
def central_difference(center_frequency, bandwidth, waveform, sample_rate, step=0.01):
    above = log_energy(center_frequency + step, bandwidth, waveform, sample_rate)
    below = log_energy(center_frequency - step, bandwidth, waveform, sample_rate)
    return (above - below) / step


def relative_gap(first, second):
    first, second = np.asarray(first), np.asarray(second)
    largest = max(np.abs(first).max(), np.abs(second).max())
    return float(np.abs(first - second).max() / largest) if largest > 0 else 0.0
