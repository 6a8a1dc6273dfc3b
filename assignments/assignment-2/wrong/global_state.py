# Remembers the first range it was asked for and answers every later question with it.
# loses: 3
# hint: whole step
# %% mel-places
remembered = {}


def mel_centers(n_filters, f_min, f_max):
    if "range" not in remembered:
        remembered["range"] = hz_to_mel(f_min), hz_to_mel(f_max)
    low, high = remembered["range"]
    return mel_to_hz(np.linspace(low, high, n_filters + 2)[1:-1])
