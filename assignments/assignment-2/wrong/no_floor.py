# No floor: silence becomes minus infinity.
# loses: 1
# hint: Add the floor to the energy
# %% log-energy
def log_energy(outputs, window_length, hop_length, floor=1e-6):
    windows = outputs.square().unfold(-1, window_length, hop_length)
    return torch.log(windows.mean(dim=-1))
