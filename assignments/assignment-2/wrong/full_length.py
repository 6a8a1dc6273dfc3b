# The whole convolution, tail included: longer than the waveform.
# loses: 2
# hint: One sample out for each sample in
# %% filtering
def filter_waveform(waveform, kernels):
    return np.stack([np.convolve(waveform.numpy(), kernel) for kernel in kernels.numpy()])
