# Equal steps of Hz in place of mel.
# loses: 2
# hint: So count in mel
# %% mel-places
def mel_centers(n_filters, f_min, f_max):
    return np.linspace(f_min, f_max, n_filters + 2)[1:-1]
