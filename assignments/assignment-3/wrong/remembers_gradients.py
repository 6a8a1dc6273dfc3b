# Keeps its parameters from one call to the next, so gradients add up.
# loses: 2
# hint: without changing a slope
# %% autograd
kept = {}


def autograd_gradient(center_frequency, bandwidth, waveform, sample_rate):
    if len(center_frequency) not in kept:
        filters = center_frequency.clone().requires_grad_(), bandwidth.clone().requires_grad_()
        kept[len(center_frequency)] = filters
    f, b = kept[len(center_frequency)]
    with torch.no_grad():
        f.copy_(center_frequency)
        b.copy_(bandwidth)
    log_energy(f, b, waveform, sample_rate).sum().backward()
    return f.grad, b.grad
