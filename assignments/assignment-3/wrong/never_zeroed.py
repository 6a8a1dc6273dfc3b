# Never sets the gradients to zero: old ones push on, and the filter swings past the tone.
# loses: 2
# hint: set them to zero before each
# %% find-tone
def find_tone(waveform, sample_rate, start, f_min, f_max, bandwidth=40.0, n_steps=100):
    bank = LearnableBank(hz(start), hz(bandwidth), sample_rate, f_min, f_max)
    optimizer = torch.optim.Adam([bank.theta], lr=0.05)
    path = [bank.center_frequencies.item()]
    for _ in range(n_steps):
        (-bank(waveform[None])).sum().backward()
        optimizer.step()
        path.append(bank.center_frequencies.item())
    return np.array(path)
