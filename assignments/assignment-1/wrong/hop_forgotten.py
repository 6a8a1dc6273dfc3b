# Moves on by a whole window in place of a hop.
# loses: 2
# hint: Frame i begins at sample i times the hop
# %% frames
def frames(waveform, window_length, hop_length):
    n_frames = len(waveform) // window_length
    return waveform[: n_frames * window_length].reshape(n_frames, window_length)
