# Averages decibels in place of energies: quiet frames count too much.
# loses: 1
# hint: Means first, logarithm last
# %% murmur
def systole_over_diastole(energy, times, starts, names):
    state = np.searchsorted(starts, times, side="right") - 1
    known = np.where(state >= 0, np.array(names)[state], "")
    decibels = 10 * np.log10(energy)
    return float(decibels[known == "systole"].mean() - decibels[known == "diastole"].mean())
