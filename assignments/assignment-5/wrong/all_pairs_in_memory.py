# Compares every sample of every heart with every other: more memory than there is.
# loses: 15
# hint: more memory than there is
# %% train
def train(recordings):
    samples = np.stack([recording["waveform"][:6000] for recording in recordings])
    apart = np.abs(samples[:, None] - samples[None, :].astype(np.float64))
    return {
        "apart": apart.mean(axis=-1),
        "far": np.abs(apart[..., None] - apart[..., None, :4]).mean(axis=-1),
    }
