# conv1d as it is: the kernel is not flipped.
# loses: 2
# hint: conv1d does not flip the kernel
# %% filtering
def filter_waveform(waveform, kernels):
    padded = torch.nn.functional.pad(waveform, (kernels.shape[1] - 1, 0))
    return torch.nn.functional.conv1d(padded[None, None], kernels[:, None])[0]
