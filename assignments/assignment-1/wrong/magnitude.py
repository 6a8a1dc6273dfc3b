# The magnitude, not its square.
# loses: 1
# hint: Power is the square of the magnitude
# %% power
def power(framed):
    n = np.arange(framed.shape[1])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / framed.shape[1])
    return np.abs(np.fft.rfft(window * framed, axis=1)).T
