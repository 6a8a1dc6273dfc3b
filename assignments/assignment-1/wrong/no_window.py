# Takes the spectrum of the bare frame.
# loses: 2
# hint: multiplied by the window
# %% power
def power(framed):
    return np.abs(np.fft.rfft(framed, axis=1)).T ** 2
