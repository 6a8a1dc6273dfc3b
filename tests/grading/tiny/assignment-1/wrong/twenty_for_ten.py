# Twenty times the logarithm, as if energy were an amplitude.
# loses: 3
# hint: Energy is a power
# %% level
def level(waveform):
    return float(20 * np.log10(energy(waveform)))
