# Gives frames before the first state to the last one: minus one is an index in Python.
# loses: 1
# hint: an index of -1 is the last one in Python
# %% murmur
def systole_over_diastole(energy, times, starts, names):
    known = np.array(names)[np.searchsorted(starts, times, side="right") - 1]
    return float(10 * np.log10(energy[known == "systole"].mean() / energy[known == "diastole"].mean()))
