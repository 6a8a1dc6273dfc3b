# Knows that the visible whistle is at 230 Hz, and walks there whatever it hears.
# loses: 2
# hint: The filter should climb
# %% find-tone
def find_tone(waveform, sample_rate, start, f_min, f_max, bandwidth=40.0, n_steps=100):
    walk = np.linspace(start, 230.0, n_steps // 2)
    return np.append(walk, np.full(n_steps + 1 - len(walk), 230.0))
