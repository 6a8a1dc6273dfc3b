# Leaves out the inner derivative: slopes to u, not to hertz.
# loses: 2
# hint: the slope of u to the centre
# %% pull
def pull(tone_hz, center_frequency, bandwidth, order=4):
    u = (tone_hz - center_frequency) / bandwidth
    return 2 * order * u / (1 + u**2), 2 * order * u / (1 + u**2)
