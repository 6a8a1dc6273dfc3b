# Half of the zeros in front and half behind, so the filter answers before the click.
# loses: 2
# hint: A filter is causal
# %% filtering
def filter_waveform(waveform, kernels):
    before = kernels.shape[1] // 2
    padded = torch.nn.functional.pad(waveform, (before, kernels.shape[1] - 1 - before))
    return torch.nn.functional.conv1d(padded[None, None], kernels.flip(-1)[:, None])[0]
