# Holds its numbers in plain tensors: no optimiser will ever see them.
# loses: 1
# hint: must be an nn.Parameter
# %% layer
class LearnableBank(nn.Module):
    def __init__(self, center_frequency, bandwidth, sample_rate, f_min, f_max):
        super().__init__()
        self.sample_rate, self.f_min, self.f_max = sample_rate, f_min, f_max
        self.theta = to_theta(center_frequency, f_min, f_max)
        self.log_bandwidth = bandwidth.log()
        for number in (self.theta, self.log_bandwidth):
            number.requires_grad_()

    @property
    def center_frequencies(self):
        return from_theta(self.theta, self.f_min, self.f_max)

    @property
    def bandwidths(self):
        return self.log_bandwidth.exp()

    def forward(self, waveform):
        return log_energy(self.center_frequencies, self.bandwidths, waveform, self.sample_rate)
