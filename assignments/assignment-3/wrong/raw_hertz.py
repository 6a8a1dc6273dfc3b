# Plain steps in raw hertz, as in the published system: the filter hardly moves.
# loses: 2
# hint: hardly moves
# %% find-tone
def find_tone(waveform, sample_rate, start, f_min, f_max, bandwidth=40.0, n_steps=100):
    place, path = hz(start).requires_grad_(), [start]
    optimizer = torch.optim.SGD([place], lr=0.1)
    for _ in range(n_steps):
        optimizer.zero_grad()
        (-log_energy(place, hz(bandwidth), waveform, sample_rate)).sum().backward()
        optimizer.step()
        path.append(place.item())
    return np.array(path)
