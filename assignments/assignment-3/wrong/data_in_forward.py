# Makes a new tensor of an old one on the way: the place gets no gradient, and no filter ever moves.
# loses: 3
# hint: no new tensor made of an old one
# %% layer
class LearnableBank(nn.Module):
    def __init__(self, center_frequency, bandwidth, sample_rate, f_min, f_max):
        super().__init__()
        self.sample_rate, self.f_min, self.f_max = sample_rate, f_min, f_max
        self.theta = nn.Parameter(to_theta(center_frequency, f_min, f_max))
        self.log_bandwidth = nn.Parameter(bandwidth.log())

    @property
    def center_frequencies(self):
        return from_theta(self.theta.data, self.f_min, self.f_max)

    @property
    def bandwidths(self):
        return self.log_bandwidth.exp()

    def forward(self, waveform):
        return log_energy(self.center_frequencies, self.bandwidths, waveform, self.sample_rate)
