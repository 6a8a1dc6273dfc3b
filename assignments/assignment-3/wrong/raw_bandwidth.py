# Learns the bandwidth in hertz, which a long step makes negative.
# loses: 1
# hint: A logarithm keeps a bandwidth positive
# %% layer
class LearnableBank(nn.Module):
    def __init__(self, center_frequency, bandwidth, sample_rate, f_min, f_max):
        super().__init__()
        self.sample_rate, self.f_min, self.f_max = sample_rate, f_min, f_max
        self.theta = nn.Parameter(to_theta(center_frequency, f_min, f_max))
        self.b = nn.Parameter(bandwidth.clone())

    @property
    def center_frequencies(self):
        return from_theta(self.theta, self.f_min, self.f_max)

    @property
    def bandwidths(self):
        return self.b

    def forward(self, waveform):
        return log_energy(self.center_frequencies, self.bandwidths, waveform, self.sample_rate)
