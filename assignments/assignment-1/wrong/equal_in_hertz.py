# Equal steps of Hz in place of mel.
# loses: 1
# hint: Equal steps of mel
# %% mel
def mel_points(n_filters, f_min, f_max):
    return np.linspace(f_min, f_max, n_filters + 2)


def triangles(points, frequencies):
    low, center, high = points[:-2, None], points[1:-1, None], points[2:, None]
    rising = (frequencies - low) / (center - low)
    falling = (high - frequencies) / (high - center)
    return np.clip(np.minimum(rising, falling), 0, None)
