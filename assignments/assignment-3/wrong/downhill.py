# Goes down where it should climb.
# loses: 2
# hint: An optimiser goes down
# %% find-tone
def find_tone(waveform, sample_rate, start, f_min, f_max, bandwidth=40.0, n_steps=100):
    bank = LearnableBank(hz(start), hz(bandwidth), sample_rate, f_min, f_max)
    optimizer = torch.optim.Adam([bank.theta], lr=0.05)
    path = [bank.center_frequencies.item()]
    for _ in range(n_steps):
        optimizer.zero_grad()
        bank(waveform[None]).sum().backward()
        optimizer.step()
        path.append(bank.center_frequencies.item())
    return np.array(path)
