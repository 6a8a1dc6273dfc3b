# One frame too few: forgets that the first one needs no hop.
# loses: 1
# hint: The last whole frame counts
# %% frames
def frames(waveform, window_length, hop_length):
    n_frames = max(0, (len(waveform) - window_length) // hop_length)
    cut = [waveform[i * hop_length : i * hop_length + window_length] for i in range(n_frames)]
    return np.array(cut).reshape(n_frames, window_length)
