# The envelope swells like t to the order, one power too many.
# loses: 2
# hint: t to the power of n - 1
# %% impulse-response
def impulse_response(center_frequency, bandwidth, kernel_size, sample_rate, order=4):
    t = torch.arange(kernel_size, dtype=torch.float64) / sample_rate
    envelope = t**order * torch.exp(-2 * torch.pi * bandwidth[:, None] * t)
    return envelope * torch.cos(2 * torch.pi * center_frequency[:, None] * t)
