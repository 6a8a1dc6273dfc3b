# One number for the whole bank: the loudest filter's gain.
# loses: 2
# hint: Each row has a gain of its own
# %% unit-gain
def unit_gain(kernels, center_frequency, sample_rate):
    t = torch.arange(kernels.shape[1], dtype=torch.float64) / sample_rate
    turning = torch.exp(-2j * torch.pi * center_frequency[:, None] * t)
    gain = (kernels * turning).sum(dim=1, keepdim=True).abs()
    return kernels / gain.max()
