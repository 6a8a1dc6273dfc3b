# Twenty times the logarithm, as for amplitudes.
# loses: 1
# hint: Energies are powers already
# %% murmur
def systole_over_diastole(energy, times, starts, names):
    state = np.searchsorted(starts, times, side="right") - 1
    known = np.where(state >= 0, np.array(names)[state], "")
    return float(20 * np.log10(energy[known == "systole"].mean() / energy[known == "diastole"].mean()))
