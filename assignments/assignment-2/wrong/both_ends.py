# A filter stands on each end of the range, and cannot move.
# loses: 2
# hint: A filter on an end of the range can never leave it
# %% mel-places
def mel_centers(n_filters, f_min, f_max):
    return mel_to_hz(np.linspace(hz_to_mel(f_min), hz_to_mel(f_max), n_filters))
