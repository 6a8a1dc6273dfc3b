# The symmetric window of np.hanning, which divides by W - 1.
# loses: 1
# hint: divides by W, not by W - 1
# %% power
def power(framed):
    return np.abs(np.fft.rfft(np.hanning(framed.shape[1]) * framed, axis=1)).T ** 2
