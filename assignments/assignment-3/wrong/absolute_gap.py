# Measures the gap in nats a hertz, so that small gradients always agree.
# loses: 2
# hint: Divide by the largest value
# %% differences
def central_difference(center_frequency, bandwidth, waveform, sample_rate, step=0.01):
    above = log_energy(center_frequency + step, bandwidth, waveform, sample_rate)
    below = log_energy(center_frequency - step, bandwidth, waveform, sample_rate)
    return (above - below) / (2 * step)


def relative_gap(first, second):
    return float(np.abs(np.asarray(first) - np.asarray(second)).max())
