# Fills the last part of a frame with zeros that nobody recorded.
# loses: 2
# hint: a part of one does not
# %% frames
def frames(waveform, window_length, hop_length):
    starts = range(0, len(waveform), hop_length)
    padded = np.append(waveform, np.zeros(window_length))
    return np.stack([padded[start : start + window_length] for start in starts])
