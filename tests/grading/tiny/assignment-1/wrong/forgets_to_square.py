# The mean itself, in place of the mean of the squares.
# loses: 5
# hint: Square each value
# %% energy
def energy(waveform):
    return float(np.mean(waveform))
