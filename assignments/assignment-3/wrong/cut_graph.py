# Adds up plain numbers, which nobody can follow back.
# loses: 2
# hint: cut the graph
# %% autograd
def autograd_gradient(center_frequency, bandwidth, waveform, sample_rate):
    f = center_frequency.clone().requires_grad_()
    b = bandwidth.clone().requires_grad_()
    total = torch.tensor(sum(value.item() for value in log_energy(f, b, waveform, sample_rate)))
    total.backward()
    return f.grad, b.grad
