# Takes the -3 dB width for b, whatever the order.
# loses: 1
# hint: b is not the width
# %% bandwidths
def spacing_bandwidths(n_filters, f_min, f_max, order=4):
    places = np.linspace(hz_to_mel(f_min), hz_to_mel(f_max), 2 * n_filters + 3)
    return np.diff(mel_to_hz(places[1::2]))
