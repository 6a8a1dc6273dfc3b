# The borders stay in mel, so every filter is equally wide.
# loses: 2
# hint: take their differences in Hz
# %% bandwidths
def spacing_bandwidths(n_filters, f_min, f_max, order=4):
    places = np.linspace(hz_to_mel(f_min), hz_to_mel(f_max), 2 * n_filters + 3)
    return np.diff(places[1::2]) / (2 * np.sqrt(2 ** (1 / order) - 1))
