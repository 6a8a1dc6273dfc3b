# Notes the place only after each step: the start is missing.
# loses: 1
# hint: one place more than steps
# %% find-tone
def find_tone(waveform, sample_rate, start, f_min, f_max, bandwidth=40.0, n_steps=100):
    bank = LearnableBank(hz(start), hz(bandwidth), sample_rate, f_min, f_max)
    optimizer = torch.optim.Adam([bank.theta], lr=0.05)
    path = []
    for _ in range(n_steps):
        optimizer.zero_grad()
        (-bank(waveform[None])).sum().backward()
        optimizer.step()
        path.append(bank.center_frequencies.item())
    return np.array(path)
