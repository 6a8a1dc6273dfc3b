# Divides by the first gradient, value by value: nothing by nothing is no number.
# loses: 2
# hint: there is nothing to divide by
# %% differences
def central_difference(center_frequency, bandwidth, waveform, sample_rate, step=0.01):
    above = log_energy(center_frequency + step, bandwidth, waveform, sample_rate)
    below = log_energy(center_frequency - step, bandwidth, waveform, sample_rate)
    return (above - below) / (2 * step)


def relative_gap(first, second):
    first, second = np.asarray(first), np.asarray(second)
    return float((np.abs(first - second) / np.abs(first)).max())
