# The picture lies on its side: rows are frames.
# loses: 1
# hint: rows for the frequencies
# %% power
def power(framed):
    n = np.arange(framed.shape[1])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / framed.shape[1])
    return np.abs(np.fft.rfft(window * framed, axis=1)) ** 2
