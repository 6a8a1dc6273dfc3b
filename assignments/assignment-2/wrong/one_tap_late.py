# The time axis starts at one tap in place of zero.
# loses: 2
# hint: Where does your time axis start
# %% impulse-response
def impulse_response(center_frequency, bandwidth, kernel_size, sample_rate, order=4):
    t = torch.arange(1, kernel_size + 1, dtype=torch.float64) / sample_rate
    envelope = t ** (order - 1) * torch.exp(-2 * torch.pi * bandwidth[:, None] * t)
    return envelope * torch.cos(2 * torch.pi * center_frequency[:, None] * t)
