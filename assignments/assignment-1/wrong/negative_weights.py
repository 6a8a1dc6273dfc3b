# Lets the sides run on below zero.
# loses: 2
# hint: at its neighbours' and beyond it weighs 0
# %% mel
def mel_points(n_filters, f_min, f_max):
    low, high = (2595 * np.log10(1 + f / 700) for f in (f_min, f_max))
    return 700 * (10 ** (np.linspace(low, high, n_filters + 2) / 2595) - 1)


def triangles(points, frequencies):
    low, center, high = points[:-2, None], points[1:-1, None], points[2:, None]
    rising = (frequencies - low) / (center - low)
    falling = (high - frequencies) / (high - center)
    return np.minimum(rising, falling)
