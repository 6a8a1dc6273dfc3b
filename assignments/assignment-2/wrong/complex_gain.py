# Divides by the complex sum and keeps the real part: a phase is turned, not only a level.
# loses: 3
# hint: A gain is the absolute value of the sum
# %% unit-gain
def unit_gain(kernels, center_frequency, sample_rate):
    t = torch.arange(kernels.shape[1], dtype=torch.float64) / sample_rate
    turning = torch.exp(-2j * torch.pi * center_frequency[:, None] * t)
    return kernels / (kernels * turning).sum(dim=1, keepdim=True)
