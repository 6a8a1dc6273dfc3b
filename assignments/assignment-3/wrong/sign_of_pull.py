# Forgets that u falls when the centre rises: the filter runs away from the tone.
# loses: 1
# hint: mind the sign
# %% pull
def pull(tone_hz, center_frequency, bandwidth, order=4):
    u = (tone_hz - center_frequency) / bandwidth
    strength = 2 * order / bandwidth / (1 + u**2)
    return -strength * u, strength * u**2
