# Steps to one side only.
# loses: 1
# hint: Step up and step down
# %% differences
def central_difference(center_frequency, bandwidth, waveform, sample_rate, step=0.01):
    above = log_energy(center_frequency + step, bandwidth, waveform, sample_rate)
    here = log_energy(center_frequency, bandwidth, waveform, sample_rate)
    return (above - here) / step


def relative_gap(first, second):
    first, second = np.asarray(first), np.asarray(second)
    largest = max(np.abs(first).max(), np.abs(second).max())
    return float(np.abs(first - second).max() / largest) if largest > 0 else 0.0
