# Makes one number by a mean, which divides every slope by the number of filters.
# loses: 2
# hint: A mean divides every slope
# %% autograd
def autograd_gradient(center_frequency, bandwidth, waveform, sample_rate):
    f = center_frequency.clone().requires_grad_()
    b = bandwidth.clone().requires_grad_()
    log_energy(f, b, waveform, sample_rate).mean().backward()
    return f.grad, b.grad
