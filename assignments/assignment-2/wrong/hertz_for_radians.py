# The cosine is given hertz where it wants radians.
# loses: 2
# hint: One turn of a cosine is 2 pi
# %% impulse-response
def impulse_response(center_frequency, bandwidth, kernel_size, sample_rate, order=4):
    t = torch.arange(kernel_size, dtype=torch.float64) / sample_rate
    envelope = t ** (order - 1) * torch.exp(-2 * torch.pi * bandwidth[:, None] * t)
    return envelope * torch.cos(center_frequency[:, None] * t)
